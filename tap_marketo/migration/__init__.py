"""From the saved state of other Marketo connectors to that of this tap."""
