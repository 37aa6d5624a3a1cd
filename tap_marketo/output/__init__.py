"""Writes records as Singer messages or as BATCH files."""
