"""The unmodified SDK: a stream that yields typed dicts, with defaults for everything else."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cost import report_cost
from export_files import ACTIVITY_COLUMNS, LEAD_FIELDS
from singer_sdk import Stream, Tap
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

KINDS: dict[str, Any] = {
    "integer": th.IntegerType,
    "float": th.NumberType,
    "boolean": th.BooleanType,
    "date": th.DateType,
    "datetime": th.DateTimeType,
    "string": th.StringType,
    "object": th.ObjectType(additional_properties=True),
}
READ: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "float": float,
    "boolean": lambda cell: cell == "true",
    "object": json.loads,
}
ACTIVITY = dict.fromkeys(
    ["leadId", "activityTypeId", "campaignId", "primaryAttributeValueId"], "integer"
) | {"activityDate": "datetime", "attributes": "object"}


class FileStream(Stream):
    """The rows of a file."""

    path: Path
    columns: ClassVar[dict[str, str]]

    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
        """Yield a dict for each row."""
        del context
        readers = [(name, READ.get(kind, str)) for name, kind in self.columns.items()]
        with self.path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield {
                    name: None if row[name] == "null" else read(row[name]) for name, read in readers
                }


class StockTap(Tap):
    """A tap of one stream."""

    name = "tap-stock"
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}

    def discover_streams(self) -> Sequence[Stream]:
        """Create the stream."""
        columns = FileStream.columns
        schema = th.PropertiesList(
            *(th.Property(name, KINDS[kind]) for name, kind in columns.items())
        )
        return [FileStream(self, schema=schema.to_dict(), name="records")]


def main() -> None:
    """Write the records of a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["leads", "activities"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--batch", choices=["jsonl", "parquet"])
    parser.add_argument("--folder", type=Path, help="folder for BATCH files")
    arguments = parser.parse_args()
    config: dict[str, Any] = {}
    if arguments.batch:
        compression = "gzip" if arguments.batch == "jsonl" else "none"
        config["batch_config"] = {
            "encoding": {"format": arguments.batch, "compression": compression},
            "storage": {"root": arguments.folder.as_uri()},
            "batch_size": 50_000,
        }
    FileStream.columns = (
        LEAD_FIELDS
        if arguments.kind == "leads"
        else {name: ACTIVITY.get(name, "string") for name in ACTIVITY_COLUMNS}
    )
    FileStream.path = arguments.file
    tap = StockTap(config=config)
    with report_cost():
        tap.sync_all()


if __name__ == "__main__":
    main()
