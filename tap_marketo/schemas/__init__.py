"""From what Marketo says of its objects to JSON Schemas."""
