"""Rows leave as Singer messages or as BATCH files."""
