"""Reads verified export files."""
