"""What callers may ask for: requests as Adobe documents them, one module for each family."""
