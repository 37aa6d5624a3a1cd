"""`tap-marketo export`: from Marketo into one file, without a target."""
