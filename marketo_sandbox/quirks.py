"""Quirks of replies: seven date formats, numbers as text, incomplete pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Spelling = str | Callable[[re.Match[str]], str]

Record = dict[str, Any]
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)Z")
NOTHING = "No assets found for the given search criteria."


def _with_offset(match: re.Match[str]) -> str:
    local = datetime.fromisoformat(match[0].replace("Z", "+00:00")) - timedelta(hours=8)
    return f"{local.isoformat()[:19]}-08:00"


# Each format appears in Adobe's documentation; see field-types.md.
DATABASE = r"\1-\2-\3T\4Z"
OFFSET = _with_offset
EVENTS = r"\1-\2-\3T\4+0000"
ASSETS = r"\1-\2-\3T\4Z+0000"
USERS = r"\1\2\3T\4.0t+0000"
ROLES = r"\1-\2-\3T\4.000t+0000"


def spelled(value: Any, spelling: Spelling) -> Any:
    """A value with its datetimes in the format of an endpoint.

    Args:
        value: Any JSON value.
        spelling: Spelling from this module.
    """
    if isinstance(value, dict):
        return {key: spelled(item, spelling) for key, item in value.items()}
    if isinstance(value, list):
        return [spelled(item, spelling) for item in value]
    return DATE.sub(spelling, value) if isinstance(value, str) else value


def loosely(records: list[Record]) -> list[Record]:
    """Records, some with numbers and ids as text and with folders in capitals.

    Args:
        records: Records as a correct reader returns them.
    """
    return [_loose(record) if place % 3 == 0 else record for place, record in enumerate(records)]


def _loose(record: Record) -> Record:
    loose = {
        name: str(value) if type(value) is int else value
        for name, value in record.items()
        # The id of a folder is also used in paths, so it stays a number.
        if name != "folderId"
    }
    folder = record.get("folderId")
    if folder:
        loose["folderId"] = {"id": str(folder["id"]), "type": str(folder["type"]).upper()}
    return loose


def with_hidden(records: list[Record], _: int) -> list[Record | None]:
    """Short pages: emails of A/B tests are counted but not returned.

    Args:
        records: All records.
    """
    rows: list[Record | None] = []
    for place, record in enumerate(records):
        rows += [None, record] if place % 5 == 0 else [record]
    return rows


def shifted(records: list[Record], size: int) -> list[Record | None]:
    """Overlapping pages, as after a record was added: a page starts with the last one's end.

    Args:
        records: All records.
        size: Size of a page.
    """
    rows: list[Record | None] = []
    for record in records:
        if rows and len(rows) % size == 0:
            rows.append(rows[-1])
        rows.append(record)
    return rows


def late(records: list[Record], size: int) -> list[Record | None]:
    """An empty first page.

    Args:
        records: All records.
        size: Size of a page.
    """
    return [*[None] * size, *records]


PAGED = {"emails": with_hidden, "forms": shifted, "snippets": late}
"""Lists with incomplete or overlapping pages."""
# Writes use the ids of these records, so they stay exact.
EXACT = frozenset({"emails"})


def nothing(place: int) -> Record:
    """One of the forms in which a list ends.

    Args:
        place: Offset of the request.
    """
    if place % 2:
        return {"result": None, "warnings": [{"code": "702", "message": NOTHING}]}
    return {"warnings": [NOTHING]}
