"""A night of the export engine in a millisecond: Marketo's queue in virtual time, seeded."""
