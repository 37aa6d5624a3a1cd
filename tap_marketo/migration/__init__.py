"""Converts the state of other Marketo connectors."""
