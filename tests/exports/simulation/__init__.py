"""Simulates nights of the export engine with a seeded Marketo queue in virtual time."""
