"""A lower bound in Python: csv.reader, one compiled expression per column, msgspec.

It selects, counts and tolerates nothing: any unusual cell ends it.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec
from cost import report_cost
from export_files import ACTIVITY_COLUMNS, LEAD_FIELDS

EXPRESSIONS = {
    "integer": "None if {v} == 'null' else int({v})",
    "float": "None if {v} == 'null' else float({v})",
    "boolean": "booleans[{v}]",
    "object": "None if {v} == 'null' else decode({v})",
}
BOOLEANS = {"true": True, "false": False, "null": None}
ACTIVITY = dict.fromkeys(
    ["leadId", "activityTypeId", "campaignId", "primaryAttributeValueId"], "integer"
) | {"attributes": "object"}


def main() -> None:
    """Write the messages of a file."""
    kind, path = sys.argv[1:3]
    columns = (
        LEAD_FIELDS
        if kind == "leads"
        else {name: ACTIVITY.get(name, "string") for name in ACTIVITY_COLUMNS}
    )
    record = msgspec.defstruct("Record", list(columns), gc=False)
    message = msgspec.defstruct(
        "Message",
        ["record", ("stream", str, kind), ("time_extracted", str, "2026-11-23T00:00:00.000000Z")],
        tag_field="type",
        tag="RECORD",
        gc=False,
    )
    cells = [f"v{place}" for place in range(len(columns))]
    values = ", ".join(
        EXPRESSIONS.get(data_type, "None if {v} == 'null' else {v}").format(v=cell)
        for cell, data_type in zip(cells, columns.values(), strict=True)
    )
    scope = {
        "booleans": BOOLEANS,
        "decode": msgspec.json.decode,
        "record": record,
        "message": message,
    }
    exec(f"def made({', '.join(cells)}): return message(record({values}))", scope)  # noqa: S102
    made = scope["made"]
    encoder, buffer, out = msgspec.json.Encoder(), bytearray(), sys.stdout.buffer
    with report_cost(), Path(path).open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            encoder.encode_into(made(*row), buffer, -1)
            buffer.extend(b"\n")
            if len(buffer) > 1 << 16:
                out.write(buffer)
                buffer.clear()
        out.write(buffer)


if __name__ == "__main__":
    main()
