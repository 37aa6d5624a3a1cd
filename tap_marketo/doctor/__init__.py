"""Whether an instance is ready for a sync, found out in under a dozen API calls."""
