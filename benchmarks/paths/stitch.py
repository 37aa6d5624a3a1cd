"""Stitch's tap 2.9.4: its functions from the bytes of a file to messages, without the network.

Runs in a separate environment, in which `tap-marketo` is Stitch's package.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import singer
from cost import report_cost
from export_files import ACTIVITY_TYPES, LEAD_FIELDS
from singer import utils

if TYPE_CHECKING:
    from collections.abc import Iterator

# The package has a function of the same name.
sync = import_module("tap_marketo.sync")

SCHEMAS: dict[str, dict[str, Any]] = {
    "integer": {"type": ["null", "integer"]},
    "float": {"type": ["null", "number"]},
    "boolean": {"type": ["null", "boolean"]},
    "date": {"type": ["null", "string"], "format": "date-time"},
    "datetime": {"type": ["null", "string"], "format": "date-time"},
    "string": {"type": ["null", "string"]},
}
CHUNK = 10 * 1024 * 1024


class FileClient:
    """Returns the bytes of a file like an answer of the API."""

    def __init__(self, path: str) -> None:
        """Store the path."""
        self._path = path

    def stream_export(self, *_: Any, **__: Any) -> FileClient:
        """Return the answer."""
        return self

    def iter_content(self, **_: Any) -> Iterator[bytes]:
        """Yield the bytes."""
        with Path(self._path).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def close(self) -> None:
        """Do nothing: no file is open."""


def main() -> None:
    """Write the messages of a file as `sync_leads` and `sync_activities` do."""
    kind, path = sys.argv[1:3]
    if kind == "leads":
        columns = LEAD_FIELDS
    else:
        columns = {
            "marketoGUID": "string",
            "leadId": "integer",
            "activityDate": "datetime",
            "activityTypeId": "integer",
            "campaignId": "integer",
            "primary_attribute_name": "string",
            "primary_attribute_value": "string",
            "primary_attribute_value_id": "string",
        }
        for attributes in ACTIVITY_TYPES.values():
            columns |= {
                name.lower().replace(" ", "_"): attribute for name, attribute in attributes.items()
            }
    stream = {
        "schema": {"properties": {name: SCHEMAS[column] for name, column in columns.items()}},
        "metadata": [
            {"breadcrumb": ["properties", name], "metadata": {"selected": True}} for name in columns
        ],
    }
    selected = sync.get_available_fields(stream)
    with report_cost():
        for row in sync.stream_rows(FileClient(path), kind, "export"):
            extracted = utils.now()
            flat = row if kind == "leads" else sync.flatten_activity(row, "webpage_id")
            record = sync.format_values(stream, flat, selected)
            singer.write_record(kind, record, time_extracted=extracted)


if __name__ == "__main__":
    main()
