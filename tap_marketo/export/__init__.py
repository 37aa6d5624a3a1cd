"""From Marketo into one file, without a target: `tap-marketo export`."""
