"""Streams whose records come from export files."""
