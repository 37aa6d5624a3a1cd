"""Parameters of a call: read from query, form or body, and validated."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime, timezone
from typing import Any

from flask import request

from marketo_sandbox.export import Refused

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
)
PAGE = 300
ASSET_PAGE = 200


def body() -> dict[str, Any]:
    """The JSON object in the body; empty without a body.

    Raises:
        Refused: 609, the body is not a JSON object.
    """
    if not request.is_json:
        return {}
    content = request.get_json(silent=True)
    if content is None and not request.get_data(cache=True).strip():
        return {}
    if not isinstance(content, dict):
        raise Refused("609", "Invalid JSON")
    return content


def json_body() -> dict[str, Any]:
    """The JSON object in the body, which is required.

    Raises:
        Refused: 612 or 609.
    """
    if not request.is_json:
        raise Refused("612", "Invalid Content Type")
    content = body()
    if not content:
        raise Refused("609", "Invalid JSON")
    return content


def parameter(name: str) -> Any:
    """A parameter of the query, a form, or a JSON body; None if it is missing."""
    values = request.values.getlist(name)
    if values:
        return ",".join(values) if len(values) > 1 else values[0]
    return body().get(name)


def text(name: str, default: str = "") -> str:
    """A parameter as text."""
    value = parameter(name)
    return default if value is None else str(value)


def required(name: str) -> str:
    """A required parameter.

    Raises:
        Refused: 1002.
    """
    value = text(name)
    if not value:
        raise Refused("1002", f"Missing value for required parameter '{name}'")
    return value


def names(name: str) -> list[str]:
    """A parameter with several values: separated by commas, repeated, or as a JSON list."""
    found = parameter(name)
    if found is None:
        return []
    values = found if isinstance(found, list) else str(found).split(",")
    return [str(value).strip() for value in values if str(value).strip()]


def numbers(name: str) -> list[int]:
    """A parameter with several integers.

    Raises:
        Refused: 1001.
    """
    values = names(name)
    for value in values:
        if not re.fullmatch(r"-?\d+", value):
            raise Refused("1001", f"Invalid value '{value}'. Required of type 'Integer'")
    return [int(value) for value in values]


def number(name: str, default: int, least: int = 0, most: int = 10**9) -> int:
    """An integer parameter within bounds.

    Raises:
        Refused: 1001 if it is not an integer, 1003 if it is out of bounds.
    """
    value = text(name)
    if not value:
        return default
    if not re.fullmatch(r"-?\d+", value):
        raise Refused("1001", f"Invalid value '{value}'. Required of type 'Integer'")
    if not least <= int(value) <= most:
        raise Refused("1003", f"Value of {name} must be between {least} and {most}")
    return int(value)


def flag(name: str) -> bool | None:
    """A boolean parameter; None if it is missing.

    Raises:
        Refused: 1001.
    """
    value = text(name).lower()
    if value not in {"", "true", "false", "1", "0"}:
        raise Refused("1001", f"Invalid value '{value}'. Required of type 'Boolean'")
    return None if not value else value in {"true", "1"}


def parse_time(value: str, code: str = "1001") -> datetime:
    """Parse a date with or without a time, with any offset.

    Raises:
        Refused: It is not a date.
    """
    match = _MOMENT.fullmatch(value.strip().replace(" ", "+") if "T" in value else value.strip())
    if not match:
        raise Refused(code, f"Invalid date format '{value}'")
    day, time, offset = match.groups()
    offset = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", (offset or "Z").replace("Z", "+00:00"))
    try:
        return datetime.fromisoformat(f"{day}T{time or '00:00:00'}{offset}").astimezone(
            timezone.utc
        )
    except ValueError:
        raise Refused(code, f"Invalid date format '{value}'") from None


def time(name: str, code: str = "1001") -> datetime | None:
    """A time parameter; None if it is missing."""
    value = text(name)
    return parse_time(value, code) if value else None


def updated() -> tuple[datetime | None, datetime | None]:
    """`earliestUpdatedAt` and `latestUpdatedAt`.

    Raises:
        Refused: 701, they are in the wrong order.
    """
    earliest, latest = time("earliestUpdatedAt"), time("latestUpdatedAt")
    if earliest and latest and latest <= earliest:
        raise Refused("701", "End date should always be after start date")
    return earliest, latest


def folder(name: str) -> tuple[int, str] | None:
    """A folder parameter in JSON, as id and type.

    Raises:
        Refused: 1001.
    """
    value = text(name)
    if not value:
        return None
    try:
        parsed = json.loads(value)
        return int(parsed["id"]), str(parsed["type"]).title()
    except (ValueError, KeyError, TypeError):
        raise Refused("1001", f"Invalid value '{value}' for {name}") from None


# Page tokens


def encode_token(content: str) -> str:
    """A page token: long, opaque, and with a character that must be encoded."""
    padded = content.ljust(32, "~")
    padded += "~" * ((2 - len(padded.encode())) % 5)
    return base64.b32encode(padded.encode()).decode()


def decode_token(token: str) -> str:
    """The content of a page token.

    Raises:
        Refused: 1003, the sandbox did not create it.
    """
    try:
        return base64.b32decode(token.encode()).decode().rstrip("~")
    except (binascii.Error, UnicodeError, ValueError):
        raise Refused("1003", f"Invalid value '{token}' for nextPageToken") from None


def page(items: list[Any], *, with_more: bool = True, most: int = PAGE) -> dict[str, Any]:
    """One page of a list with page tokens.

    Args:
        items: All items.
        with_more: Whether the list returns `moreResult`.
        most: Maximum page size.
    """
    size = min(number("batchSize", most, least=1), most)
    token = text("nextPageToken")
    content = decode_token(token) if token else "0"
    if not content.isdigit():
        raise Refused("1003", f"Invalid value '{token}' for nextPageToken")
    start = int(content)
    answer: dict[str, Any] = {"result": items[start : start + size]}
    more = start + size < len(items)
    if more:
        answer["nextPageToken"] = encode_token(str(start + size))
    if with_more:
        answer["moreResult"] = more
    return answer


def fields(known: Any, default: tuple[str, ...] | list[str]) -> list[str]:
    """The requested `fields`.

    Args:
        known: Existing fields.
        default: Fields if the call names none.

    Raises:
        Refused: 1006.
    """
    wanted = names("fields") or list(default)
    for name in wanted:
        if name not in known:
            raise Refused("1006", f"Field '{name}' not found")
    return list(dict.fromkeys(wanted))


def without_empty(record: dict[str, Any]) -> dict[str, Any]:
    """A record without empty keys, as the lead database returns it."""
    return {name: value for name, value in record.items() if value is not None}
