"""A verified export file, read row by row."""
