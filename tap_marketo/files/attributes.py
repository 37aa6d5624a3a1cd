"""Reads the attributes of an activity, in either of Marketo's formats.

The guide has a JSON object by display name (`bulk-activity-extract.md`), the published
specification and REST have an array of ``{"name", "value"}``. If a name occurs twice, the last
value is kept, as in other JSON readers; in an array this is counted.
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
"""Key for the text of a cell that is not a JSON object."""

UNREADABLE = (ValueError, KeyError, TypeError, RecursionError, msgspec.MsgspecError)
"""Exceptions of the fast path for a value that only the exact path can read."""

_SURELY_EXACT = 17
"""A float keeps any decimal number of 15 digits, which is 17 characters with sign and point."""


def decimal_digits(text: str) -> Any:
    """Return a JSON number with a point or an exponent without losing digits."""
    if len(text) < _SURELY_EXACT and "e" not in text and "E" not in text:
        return float(text)
    return to_number(text)


# For years, Marketo wrote `"Campaign Run ID":""102938""`; valid JSON never has this.
_QUOTED_NUMBER = re.compile(r'""(-?\d+(?:\.\d+)?)""')
_decode = msgspec.json.Decoder(float_hook=decimal_digits).decode


def read_attributes(cell: str) -> dict[str, Any]:
    """Return the attributes of a cell without anomalies.

    Raises:
        ValueError, TypeError, KeyError, RecursionError, msgspec.MsgspecError: There is an
            anomaly; use `parse_attributes`.
    """
    # NUL characters are removed from the file, but JSON can still have an escaped one.
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
    attributes = _named(decoded)
    if len(attributes) != len(decoded or ()):
        raise ValueError("an attribute given twice")
    return attributes


def parse_attributes(cell: str, anomalies: Anomalies) -> dict[str, Any]:
    """Return the attributes of any cell.

    Args:
        cell: JSON object, JSON array of ``{"name", "value"}``, JSON null or empty text. Raw
            control characters are accepted in its texts.
        anomalies: Counts of what is lost.

    Returns:
        Value by display name. Any other cell is returned as text under `UNPARSED`.
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
    """Return the attributes of a decoded JSON value, for example from REST.

    Args:
        value: Object, array of ``{"name", "value"}``, or None.
        anomalies: Counts of NUL characters, lone surrogates and repeated names.

    Raises:
        ValueError, TypeError, KeyError: The value is anything else.
    """
    attributes = value if isinstance(value, dict) else _named(value)
    if isinstance(value, list):
        anomalies.repeated_attributes += len(value) - len(attributes)
    cleaned: dict[str, Any] = clean_json(attributes, anomalies)
    return cleaned


def _named(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, list):
        raise TypeError("neither an object nor an array")
    attributes = {item["name"]: item.get("value") for item in value}
    if not all(isinstance(name, str) for name in attributes):
        raise TypeError("an attribute name that is not text")
    return attributes


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("not a JSON number")
