"""Tests that need heavy tools, each in an environment of its own: `make test-tools`."""
