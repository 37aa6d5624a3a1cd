"""Checks whether an instance is ready for a sync, in under a dozen API calls."""
