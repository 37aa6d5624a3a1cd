"""The attributes of an activity are one object, however Marketo spells them.

The guide shows a JSON object of display names (`bulk-activity-extract.md`), the published
specification and REST an array of ``{"name", "value"}``. Where a name comes twice, the last value
is kept, as JSON readers do; in an array that is counted.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from tap_marketo.values.convert import clean_json, to_number

if TYPE_CHECKING:
    from tap_marketo.values.anomalies import Anomalies

UNPARSED = "_unparsed"
"""The key under which the text of a cell that holds no JSON object is kept."""

UNREADABLE = (ValueError, KeyError, TypeError, RecursionError, msgspec.MsgspecError)
"""What a fast path raises for a value which only the exact path can read."""

_SURELY_EXACT = 17
"""A float keeps any decimal number of 15 digits; a sign and a point make 17 characters."""


def decimal_digits(text: str) -> Any:
    """Return a JSON number with a point or an exponent, keeping all its digits."""
    if len(text) < _SURELY_EXACT and "e" not in text and "E" not in text:
        return float(text)
    return to_number(text)


# Campaign Run ID came so for years (`"Campaign Run ID":""102938""`); no JSON has it elsewhere.
_QUOTED_NUMBER = re.compile(r'""(-?\d+(?:\.\d+)?)""')
_decode = msgspec.json.Decoder(float_hook=decimal_digits).decode


def read_attributes(cell: str) -> dict[str, Any]:
    """Return the attributes of a cell in which all is well, and count nothing.

    Raises:
        ValueError, TypeError, KeyError, RecursionError, msgspec.MsgspecError: There is something
            to count: ask `parse_attributes`.
    """
    # JSON can spell a NUL character that the file itself no longer holds.
    if "\\u0000" in cell:
        raise ValueError("a NUL character")
    try:
        decoded = _decode(cell)
    except msgspec.DecodeError:
        mended = _QUOTED_NUMBER.sub(r'"\1"', cell)
        if mended == cell:
            raise
        decoded = _decode(mended)
    if isinstance(decoded, dict):
        return decoded
    named = _named(decoded)
    if len(named) != len(decoded or ()):
        raise ValueError("an attribute given twice")
    return named


def parse_attributes(cell: str, anomalies: Anomalies) -> dict[str, Any]:
    """Return the attributes of any cell.

    Args:
        cell: A JSON object, a JSON array of ``{"name", "value"}``, JSON null or empty text. Raw
            control characters in its texts are let through.
        anomalies: Where to count what the cell lost.

    Returns:
        Value by display name. A cell of anything else is kept as text under `UNPARSED`.
    """
    if cell in ("", "null"):
        return {}
    try:
        return read_attributes(cell)
    except UNREADABLE:
        pass
    try:
        decoded = json.loads(
            cell, strict=False, parse_float=decimal_digits, parse_constant=_refuse_constant
        )
        return attributes_of(decoded, anomalies)
    except UNREADABLE:
        anomalies.attribute_cells += 1
        return {UNPARSED: cell}


def attributes_of(value: object, anomalies: Anomalies) -> dict[str, Any]:
    """Return the attributes of a decoded JSON value, such as REST gives.

    Args:
        value: An object, an array of ``{"name", "value"}``, or None.
        anomalies: Where to count NUL characters, lone surrogates and repeated names.

    Raises:
        ValueError, TypeError, KeyError: It is something else.
    """
    named = value if isinstance(value, dict) else _named(value)
    if isinstance(value, list):
        anomalies.repeated_attributes += len(value) - len(named)
    cleaned: dict[str, Any] = clean_json(named, anomalies)
    return cleaned


def _named(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, list):
        raise TypeError("neither an object nor an array")
    named = {item["name"]: item.get("value") for item in value}
    if not all(isinstance(name, str) for name in named):
        raise TypeError("an attribute whose name is no text")
    return named


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("no JSON number")
