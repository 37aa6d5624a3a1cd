"""The bulk-export engine: from windows that are missing to verified files."""
