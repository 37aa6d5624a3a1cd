"""Load an export file into DuckDB with dlt, as Arrow tables: `dlt_load.py FILE DATABASE`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import dlt
from pyarrow import csv

if TYPE_CHECKING:
    from collections.abc import Iterator


@dlt.resource(name="leads", primary_key="id", write_disposition="merge")
def leads(file: str) -> Iterator[Any]:
    """Yield the file in blocks."""
    reading = csv.ParseOptions(newlines_in_values=True)
    converting = csv.ConvertOptions(null_values=["null"], strings_can_be_null=True)
    yield from csv.open_csv(file, parse_options=reading, convert_options=converting)


if __name__ == "__main__":
    dlt.pipeline(
        "leads", destination=dlt.destinations.duckdb(sys.argv[2]), dataset_name="marketo"
    ).run(leads(sys.argv[1]))
