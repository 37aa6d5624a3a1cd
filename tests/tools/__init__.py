"""Tests that need heavy tools, each in a separate environment: `make test-tools`."""
