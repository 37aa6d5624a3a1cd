"""Reproducible export files for the benchmarks."""

from __future__ import annotations

import csv
import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXTS = [
    *(
        "Acme Ltd",
        "Größe & Söhne",
        "12 Main Street",
        "Zürich",
        "sales, marketing",
        'the "best" one',
    ),
    *("first line\nsecond line", "a text of some forty characters, as such", "x"),
]


def _day(chance: random.Random) -> str:
    return f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"


VALUES: dict[str, Callable[[random.Random], str]] = {
    "integer": lambda chance: str(chance.randrange(1_000_000)),
    "datetime": lambda chance: (
        f"{_day(chance)}T{chance.randrange(10, 24)}:{chance.randrange(10, 60)}:00Z"
    ),
    "boolean": lambda chance: chance.choice(("true", "false")),
    "float": lambda chance: f"{chance.random() * 1000:.2f}",
    "date": _day,
    "string": lambda chance: chance.choice(TEXTS),
}
COUNTS = {"integer": 10, "datetime": 5, "boolean": 6, "float": 4, "date": 2, "string": 33}
LEAD_FIELDS = {
    f"{kind}Field{number}": kind for kind, count in COUNTS.items() for number in range(count)
} | {"id": "integer", "updatedAt": "datetime"}
LEAD_FIELDS = {
    name: kind
    for name, kind in LEAD_FIELDS.items()
    if name not in {"integerField0", "datetimeField0"}
}

ACTIVITY_COLUMNS = [
    *("marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId"),
    *("primaryAttributeValueId", "primaryAttributeValue", "attributes"),
]
_ATTRIBUTES = {
    6: "Campaign Run ID:integer, Choice Number:integer, Step ID:integer",
    10: "Campaign Run ID:integer, Device:string, Is Mobile Device:boolean, User Agent:string",
    11: "Campaign Run ID:integer, Is Mobile Device:boolean, Link:string, User Agent:string",
    13: "Source:string, Reason:string, New Value:string, Old Value:string",
    1: "Webpage URL:string, Referrer URL:string, User Agent:string",
}
ACTIVITY_TYPES = {
    type_id: dict(part.split(":") for part in attributes.split(", "))
    for type_id, attributes in _ATTRIBUTES.items()
}
"""Attributes of five common types, with their data types."""


def write_leads(path: Path, rows: int) -> None:
    """Write leads with sixty columns.

    Args:
        path: Path of the file.
        rows: Number of rows.
    """
    chance = random.Random(60)  # noqa: S311 - the same every time
    makers = [VALUES[kind] for kind in LEAD_FIELDS.values()]
    keys = list(LEAD_FIELDS).index("id")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(LEAD_FIELDS)
        for number in range(rows):
            row = [make(chance) if chance.random() < 0.75 else "null" for make in makers]  # noqa: PLR2004
            row[keys] = str(number + 1)
            writer.writerow(row)


def write_activities(path: Path, rows: int) -> None:
    """Write activities of five types.

    Args:
        path: Path of the file.
        rows: Number of rows.
    """
    chance = random.Random(8)  # noqa: S311 - the same every time
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ACTIVITY_COLUMNS)
        for number in range(rows):
            type_id = chance.choice(list(ACTIVITY_TYPES))
            attributes = {
                name: _value(kind, chance) for name, kind in ACTIVITY_TYPES[type_id].items()
            }
            row = [str(number), VALUES["integer"](chance), VALUES["datetime"](chance), str(type_id)]
            campaign = "null" if chance.random() < 0.3 else "1002"  # noqa: PLR2004
            asset = [str(chance.randrange(999)), f"Program.Mail {chance.randrange(99)}"]
            writer.writerow([*row, campaign, *asset, json.dumps(attributes)])


def _value(kind: str, chance: random.Random) -> Any:
    if kind == "string":
        return "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" if chance.random() < 0.5 else "unknown"  # noqa: PLR2004
    return chance.randrange(9999) if kind == "integer" else chance.random() < 0.5  # noqa: PLR2004
