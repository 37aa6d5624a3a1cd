"""Check for streams that are too wide for PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo.doctor.finding import Finding, warned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk import Stream

WIDTH = "Width of rows"
MOST_FIELDS = 1000
"""Approximate number of filled fields that fit into the 8 KB of a row."""
MOST_COLUMNS = 1600


def check_width(streams: Iterable[Stream]) -> Iterator[Finding]:
    """Warn about streams that may be too wide for PostgreSQL.

    Args:
        streams: Streams of the tap.
    """
    widths = {
        stream.name: sum(
            stream.mask.get(("properties", name), True) for name in stream.schema["properties"]
        )
        for stream in streams
        if stream.selected
    }
    wide = {name: width for name, width in widths.items() if width > MOST_FIELDS}
    if wide:
        listed = ", ".join(f"{name} ({width} columns)" for name, width in sorted(wide.items()))
        yield warned(
            WIDTH,
            f"Too wide for PostgreSQL: {listed}. Its rows fit about {MOST_FIELDS} filled fields,"
            f" its tables {MOST_COLUMNS} columns.",
            "Select fewer fields of these streams, or load into DuckDB, Snowflake or BigQuery.",
            columns=wide,
        )
