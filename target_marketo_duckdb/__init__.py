"""A Singer target for DuckDB: DuckDB's own readers take the messages, in transactions."""
