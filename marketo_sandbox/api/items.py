"""Answers of writes: one result per item, with reasons for skipped items."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

Record = dict[str, Any]
MOST_ITEMS = 300
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def items(most: int = MOST_ITEMS) -> list[Record]:
    """The `input` of a call.

    Args:
        most: Maximum number of items.

    Raises:
        Refused: 1002 or 1003.
    """
    records = parameters.json_body().get("input")
    if not isinstance(records, list) or not records:
        raise Refused("1002", "Missing value for required parameter 'input'")
    if len(records) > most:
        raise Refused("1003", f"At most {most} records are allowed")
    if not all(isinstance(record, dict) for record in records):
        raise Refused("1003", "input must be a list of objects")
    return records


def choice(name: str, known: Collection[str], default: str) -> str:
    """A value of the body that must be one of the known ones.

    Raises:
        Refused: 1003.
    """
    value = parameters.text(name, default)
    if value not in known:
        raise Refused("1003", f"Invalid value '{value}' for {name}")
    return value


def write_each(
    records: list[Record], write: Callable[[Record], Record], *, numbered: bool = True
) -> list[Record]:
    """Write item by item; refused items are skipped.

    Args:
        records: Items to write.
        write: Function that writes an item and returns its result.
        numbered: Whether results have `seq`.
    """
    results = []
    for place, record in enumerate(records):
        try:
            result = write(record)
        except Refused as refused:
            reasons = [{"code": refused.code, "message": refused.message}]
            named = {"id": record["id"]} if not numbered and "id" in record else {}
            result = {**named, "status": "skipped", "reasons": reasons}
        results.append({"seq": place, **result} if numbered else result)
    return results


def typed(kind: str, name: str, value: Any) -> Any:  # noqa: PLR0911
    """A value converted to the type of its field.

    Args:
        kind: Data type.
        name: Name of the field, for the error.
        value: Value from the call.

    Raises:
        Refused: 1001, it has another type.
    """
    if value is None or (value == "" and kind != "string"):
        return None
    text = str(value).strip()
    wrong = Refused("1001", f"Invalid value '{text[:50]}'. Required of type '{kind}' for {name}")
    try:
        if kind in {"integer", "score", "percent"}:
            return int(text)
        if kind in {"float", "currency"}:
            return float(text)
    except ValueError:
        raise wrong from None
    if kind == "boolean":
        if text.lower() not in {"true", "false", "1", "0", "yes", "no"}:
            raise wrong
        return text.lower() in {"true", "1", "yes"}
    if kind == "date":
        if not _DATE.match(text):
            raise wrong
        return text[:10]
    if kind == "datetime":
        return f"{parameters.parse_time(text, '1001'):%Y-%m-%dT%H:%M:%SZ}"
    return str(value)
