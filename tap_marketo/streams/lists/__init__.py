"""Streams that page through a REST list."""
