"""The Singer streams."""
