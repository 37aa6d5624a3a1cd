"""Types, names and times."""
