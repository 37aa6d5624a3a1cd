"""Streams that are wider than a row of PostgreSQL, found before anything is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo.doctor.finding import Finding, warned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk import Stream

WIDTH = "Width of rows"
MOST_FIELDS = 1000
"""About as many filled fields fit into the 8 KB of a row."""
MOST_COLUMNS = 1600


def check_width(streams: Iterable[Stream]) -> Iterator[Finding]:
    """Warn of streams that PostgreSQL may not hold.

    Args:
        streams: Those of a sync.
    """
    widths = {
        one.name: sum(one.mask.get(("properties", name), True) for name in one.schema["properties"])
        for one in streams
        if one.selected
    }
    wide = {name: width for name, width in widths.items() if width > MOST_FIELDS}
    if wide:
        named = ", ".join(f"{name} ({width} columns)" for name, width in sorted(wide.items()))
        yield warned(
            WIDTH,
            f"Too wide for PostgreSQL: {named}. Its rows hold about {MOST_FIELDS} filled fields,"
            f" its tables {MOST_COLUMNS} columns.",
            "Select fewer fields of these streams, or load into DuckDB, Snowflake or BigQuery.",
            columns=wide,
        )
