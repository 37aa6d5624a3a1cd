"""Converts values of Marketo to typed values.

The converters accept both text of export files and JSON values of REST replies. All except
`to_text` read ``null`` and empty text as None. Their errors never quote a value.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tap_marketo.values.kinds import Column, Kind
from tap_marketo.values.times import BLANK, to_date, to_datetime

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_marketo.values.anomalies import Anomalies

# The exponent is limited, because a short text could be a number of a million digits.
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DIGITS = re.compile(r"[+-]?\d+", re.ASCII)
_INTEGRAL = re.compile(r"([+-]?\d+)(?:\.0*)?", re.ASCII)
_NUMBER_BEGINS = frozenset("+-.0123456789")
_EXACT_FLOAT = 2**53

NULLS = frozenset({"", "null"})


def to_integer(value: object) -> int | None:
    """Return an integer of any length, up to Python's limit of 4,300 digits.

    Args:
        value: Digits with an optional sign and surrounding blanks, or a JSON number. A number
            without a fraction is an integer: ``12.0`` is 12.

    Raises:
        ValueError: The value is not an integer; a boolean is not either.
    """
    if value is None or type(value) is int:
        return value
    if isinstance(value, str):
        if value in NULLS:
            return None
        text = _bare(value)
        match = _INTEGRAL.fullmatch(text)
        if match:
            return _int(match[1])
        if text[:1] not in _NUMBER_BEGINS:
            raise ValueError("not an integer")
    elif type(value) is float and value.is_integer() and abs(value) < _EXACT_FLOAT:
        return int(value)
    number = _decimal(value)
    if number is None or number != number.to_integral_value():
        raise ValueError("not an integer")
    return int(number)


def to_number(value: object) -> int | float | Decimal | None:
    """Return a finite number with all its digits.

    Text without point and exponent becomes an int. Other text becomes a float if the float's
    shortest form is the same decimal number, else a Decimal, which both of the SDK's writers
    (simple and msgspec) write as a plain JSON number.

    Args:
        value: Decimal number as text, with an optional exponent of at most three digits and
            surrounding blanks, or a JSON number.

    Raises:
        ValueError: The value is not a finite number; a boolean is not either.
    """
    if value is None or type(value) is int:
        return value
    if isinstance(value, str):
        if value in NULLS:
            return None
        text = _bare(value)
        if _DIGITS.fullmatch(text):
            return _int(text)
    number = _decimal(value)
    if number is None:
        raise ValueError("not a number")
    nearest = float(number)
    return nearest if Decimal(repr(nearest)) == number else number


def _bare(text: str) -> str:
    """Strip blanks, and the quotes that Marketo sometimes adds, from a number."""
    text = text.strip(BLANK)
    while len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text


def _int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise ValueError("an integer with too many digits") from None


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, str):
        text = _bare(value)
        return Decimal(text) if _DECIMAL.fullmatch(text) else None
    if isinstance(value, float):
        value = Decimal(repr(value))
    return value if isinstance(value, Decimal) and value.is_finite() else None


_BOOLEANS: dict[object, bool | None] = {
    "true": True,
    "t": True,
    "yes": True,
    "1": True,
    "false": False,
    "f": False,
    "no": False,
    "0": False,
    "": None,
    "null": None,
}


def to_boolean(value: object) -> bool | None:
    """Return a boolean.

    Args:
        value: true, t, yes, 1, false, f, no or 0 as text in any case, or a JSON boolean, 0 or 1.

    Raises:
        ValueError: The value is anything else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip(BLANK).lower()
        if word in _BOOLEANS:
            return _BOOLEANS[word]
    elif value in (0, 1):
        return value == 1
    raise ValueError("not a boolean")


_compact = msgspec.json.Encoder(decimal_format="number")


def to_text(value: object) -> str | None:
    """Return a JSON value as text: text unchanged, other values as compact JSON.

    The texts ``null`` and empty are kept too, because in JSON they differ from null.
    `tap_marketo.files.cells` reads the cells of a file.
    """
    if value is None or isinstance(value, str):
        return value
    return str(value) if isinstance(value, Decimal) else _compact.encode(value).decode()


_CONVERTERS: dict[Kind, Callable[[object], Any]] = {
    Kind.TEXT: to_text,
    Kind.INTEGER: to_integer,
    Kind.NUMBER: to_number,
    Kind.BOOLEAN: to_boolean,
    Kind.DATE: to_date,
    Kind.DATETIME: to_datetime,
}

_DATE_LENGTH = len("YYYY-MM-DD")


def value_reader(column: Column, anomalies: Anomalies) -> Callable[[object], Any]:
    """Return the function that converts any JSON value to a column's type.

    Args:
        column: Column of any kind except OBJECT.
        anomalies: Counts of what is lost.

    Returns:
        A function that returns the typed value; None, counted, if the type cannot have it.
    """
    convert, nulled = _CONVERTERS[column.kind], anomalies.nulled
    is_date = column.kind is Kind.DATE
    # Checking the first letter is faster than an exception, and whole columns can be unreadable.
    no_letters = column.kind not in (Kind.TEXT, Kind.BOOLEAN)

    def read(value: object) -> Any:
        if no_letters and isinstance(value, str) and value[:1].isalpha() and value != "null":
            nulled[column] += 1
            return None
        try:
            typed = convert(value)
        except ValueError:
            nulled[column] += 1
            return None
        if is_date and typed and len(str(value).strip(BLANK)) > _DATE_LENGTH:
            anomalies.shortened[column] += 1
        return typed

    return read


def read_value(value: object, column: Column, anomalies: Anomalies) -> Any:
    """Convert a JSON value to a column's type; a value that cannot be read is null and counted.

    Args:
        value: JSON value of a REST reply or of an attribute.
        column: Column of any kind except OBJECT.
        anomalies: Counts of what is lost.

    Returns:
        The typed value, or None.
    """
    return value_reader(column, anomalies)(value)


_SURROGATES = re.compile("[\ud800-\udfff]+")


def clean_json(value: Any, anomalies: Anomalies) -> Any:
    """Return a JSON value without NUL characters and lone surrogates, both counted.

    Args:
        value: Decoded JSON value.
        anomalies: Counts of what is lost.

    Returns:
        The value with all its texts, including names, cleaned.
    """
    if isinstance(value, str):
        if "\0" in value:
            anomalies.nul_characters += value.count("\0")
            value = value.replace("\0", "")
        value, replaced = _SURROGATES.subn("\ufffd", value)
        anomalies.undecodable += replaced
        return value
    if isinstance(value, dict):
        return {
            clean_json(name, anomalies): clean_json(item, anomalies) for name, item in value.items()
        }
    if isinstance(value, list):
        return [clean_json(item, anomalies) for item in value]
    return value
