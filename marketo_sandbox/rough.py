"""How loosely replies are spelled: dates in seven ways, digits as text, pages with gaps."""

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
    moment = datetime.fromisoformat(match[0].replace("Z", "+00:00")) - timedelta(hours=8)
    return f"{moment.isoformat()[:19]}-08:00"


# Each as a page of Adobe's documentation has it; see field-types.md.
DATABASE = r"\1-\2-\3T\4Z"
OFFSET = _with_offset
EVENTS = r"\1-\2-\3T\4+0000"
ASSETS = r"\1-\2-\3T\4Z+0000"
USERS = r"\1\2\3T\4.0t+0000"
ROLES = r"\1-\2-\3T\4.000t+0000"


def spelled(value: Any, spelling: Spelling) -> Any:
    """A value with its datetimes as an endpoint writes them.

    Args:
        value: Any JSON value.
        spelling: One of this module's.
    """
    if isinstance(value, dict):
        return {key: spelled(one, spelling) for key, one in value.items()}
    if isinstance(value, list):
        return [spelled(one, spelling) for one in value]
    return DATE.sub(spelling, value) if isinstance(value, str) else value


def loosely(records: list[Record]) -> list[Record]:
    """Some records with their numbers and ids as text, and with folders in capitals.

    Args:
        records: As a perfect reader has them.
    """
    return [_loose(one) if place % 3 == 0 else one for place, one in enumerate(records)]


def _loose(record: Record) -> Record:
    loose = {
        name: str(value) if type(value) is int else value
        for name, value in record.items()
        # A folder's id names it in paths too; people read the others alone.
        if name != "folderId"
    }
    folder = record.get("folderId")
    if folder:
        loose["folderId"] = {"id": str(folder["id"]), "type": str(folder["type"]).upper()}
    return loose


def with_hidden(records: list[Record], _: int) -> list[Record | None]:
    """Emails of A/B tests are counted in a page and not shown: pages are short.

    Args:
        records: All of them.
    """
    rows: list[Record | None] = []
    for place, one in enumerate(records):
        rows += [None, one] if place % 5 == 0 else [one]
    return rows


def shifted(records: list[Record], size: int) -> list[Record | None]:
    """What was added while people read moves the others: a page begins with the last one's end.

    Args:
        records: All of them.
        size: Of a page.
    """
    rows: list[Record | None] = []
    for one in records:
        if rows and len(rows) % size == 0:
            rows.append(rows[-1])
        rows.append(one)
    return rows


def late(records: list[Record], size: int) -> list[Record | None]:
    """Nothing on the first page is shown.

    Args:
        records: All of them.
        size: Of a page.
    """
    return [*[None] * size, *records]


PAGED = {"emails": with_hidden, "forms": shifted, "snippets": late}
"""Lists whose pages are not what one expects."""
# People write to them by the ids that they have read.
EXACT = frozenset({"emails"})


def nothing(place: int) -> Record:
    """One of the ways in which a list says that it is over.

    Args:
        place: Where it was asked to go on.
    """
    if place % 2:
        return {"result": None, "warnings": [{"code": "702", "message": NOTHING}]}
    return {"warnings": [NOTHING]}
