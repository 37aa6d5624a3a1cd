"""A Singer target for DuckDB, which loads messages with DuckDB's readers, in transactions."""
