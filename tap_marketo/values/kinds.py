"""A Marketo value becomes a typed value, or is counted as one that could not.

The converters take what an export file holds (text) and what a REST reply holds (JSON values)
alike. All but `to_text` read ``null`` and empty text as None. None of them ever quotes a value
in an error: values are people's data.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable


_BLANK = " \t\r\n"


class Kind(str, enum.Enum):
    """What a column holds, whatever Marketo calls its type."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    OBJECT = "object"
    """A JSON object in a cell: the attributes of an activity."""


_KINDS = {
    "integer": Kind.INTEGER,
    "score": Kind.INTEGER,
    # Declared an integer by the documentation, and a decimal in the wild.
    "percent": Kind.NUMBER,
    "float": Kind.NUMBER,
    "number": Kind.NUMBER,
    "double": Kind.NUMBER,
    "currency": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "checkbox": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
}

_SCHEMAS: dict[Kind, tuple[str, str | None]] = {
    Kind.TEXT: ("string", None),
    Kind.INTEGER: ("integer", None),
    Kind.NUMBER: ("number", None),
    Kind.BOOLEAN: ("boolean", None),
    Kind.DATE: ("string", "date"),
    Kind.DATETIME: ("string", "date-time"),
    Kind.OBJECT: ("object", None),
}


def kind_of(data_type: str) -> Kind:
    """Return the kind of a Marketo ``dataType`` (`field-types.md`).

    Args:
        data_type: As a describe reply or an activity type spells it, in any case.

    Returns:
        The kind; TEXT for ``reference`` and for every type not known here.
    """
    return _KINDS.get(data_type.strip().lower(), Kind.TEXT)


def json_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema of a kind; every Marketo field can be null."""
    json_type, json_format = _SCHEMAS[kind]
    schema: dict[str, Any] = {"type": [json_type, "null"]}
    if json_format:
        schema["format"] = json_format
    return schema


@dataclass(frozen=True, slots=True)
class Column:
    """One typed column.

    Attributes:
        source: The header in the file, or the name in a REST reply.
        name: The property in the record.
        kind: What it holds.
        required: A file without this column is an error, not a column of nulls.
    """

    source: str
    name: str
    kind: Kind
    required: bool = False


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


@dataclass(slots=True)
class Anomalies:
    """Counts of what a file held and a record could not keep.

    Attributes:
        nulled: Values a column, which now have null, because its kind could not read them.
        shortened: Values a date column cut the time of day from.
        missing: Columns asked for which are not in the file.
        attribute_cells: Activity attribute cells that are no JSON object, kept as text.
        repeated_attributes: Attributes given twice in one cell, of which the last was kept.
        nul_characters: NUL characters dropped.
        undecodable: Byte sequences that are no UTF-8, and lone surrogates, replaced by U+FFFD.
    """

    nulled: Counter[Column] = field(default_factory=Counter)
    shortened: Counter[Column] = field(default_factory=Counter)
    missing: set[Column] = field(default_factory=set)
    attribute_cells: int = 0
    repeated_attributes: int = 0
    nul_characters: int = 0
    undecodable: int = 0

    def lines(self) -> list[str]:
        """Return one line for each column and kind of loss, never a value."""
        lines = []
        for column, count in self.nulled.items():
            verb = "is" if count == 1 else "are"
            values = _times(count, "value")
            lines.append(
                f"column {column.name}: {values} {verb} no {column.kind.value}, written as null"
            )
        for column, count in self.shortened.items():
            values = _times(count, "value")
            lines.append(
                f"column {column.name}: {values} held a time of day, which a date cannot keep"
            )
        lines.extend(
            f"column {column.name}: not in the file, written as null"
            for column in sorted(self.missing, key=lambda column: column.name)
        )
        if self.attribute_cells:
            cells = _times(self.attribute_cells, "attribute cell")
            lines.append(f"{cells} without a JSON object, kept as text")
        if self.repeated_attributes:
            attributes = _times(self.repeated_attributes, "attribute")
            lines.append(f"{attributes} given twice in a cell, the last kept")
        if self.nul_characters:
            characters = _times(self.nul_characters, "NUL character")
            lines.append(f"{characters} dropped, which no database stores")
        if self.undecodable:
            sequences = _times(self.undecodable, "sequence")
            lines.append(f"{sequences} that no Unicode text holds, replaced by U+FFFD")
        return lines


# Bounded, so that a short text cannot stand for a number of a million digits.
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DIGITS = re.compile(r"[+-]?\d+", re.ASCII)


def to_integer(value: object) -> int | None:
    """Return an integer of any length (to Python's limit of 4,300 digits), exactly.

    Args:
        value: Digits with an optional sign and surrounding blanks, or a JSON number. A number
            without a fraction counts: ``12.0`` is 12.

    Raises:
        ValueError: It is no integer, a boolean included.
    """
    if value is None or (type(value) is int):
        return value
    if isinstance(value, str):
        if value in {"", "null"}:
            return None
        text = value.strip(_BLANK)
        if _DIGITS.fullmatch(text):
            try:
                return int(text)
            except ValueError:
                raise ValueError("an integer of too many digits") from None
    number = _decimal(value)
    if number is None or number != number.to_integral_value():
        raise ValueError("no integer")
    return int(number)


def to_number(value: object) -> int | float | Decimal | None:
    """Return a finite number with all its digits.

    Text without point and exponent becomes an int. Others become a float where the float's
    shortest form is the same decimal number, else a Decimal, which both of the SDK's writers
    (simple and msgspec) write as a plain JSON number.

    Args:
        value: A decimal number as text, with an optional exponent of at most three digits and
            surrounding blanks, or a JSON number.

    Raises:
        ValueError: It is no finite number, a boolean included.
    """
    if value is None or type(value) is int:
        return value
    if isinstance(value, str):
        if value in {"", "null"}:
            return None
        text = value.strip(_BLANK)
        if _DIGITS.fullmatch(text):
            try:
                return int(text)
            except ValueError:
                raise ValueError("a number of too many digits") from None
    number = _decimal(value)
    if number is None:
        raise ValueError("no number")
    nearest = float(number)
    return nearest if Decimal(repr(nearest)) == number else number


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, str):
        text = value.strip(_BLANK)
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
        ValueError: It is none of these.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip(_BLANK).lower()
        if word in _BOOLEANS:
            return _BOOLEANS[word]
    elif value in (0, 1):
        return value == 1
    raise ValueError("no boolean")


_MOMENT = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d{2})(?P=dash)(?P<day>\d{2})"
    r"(?:[Tt ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
    # Assets write both Z and an offset, the user service a "t" before it.
    r"[Zzt]?(?:(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):?(?P<minutes>[0-5]\d))?)?",
    re.ASCII,
)


def to_date(value: object) -> str | None:
    """Return a date as ``YYYY-MM-DD``.

    Args:
        value: ``YYYY-MM-DD``, ``YYYYMMDD``, or any datetime that `to_datetime` takes, of which
            the date is taken as written, in no other time zone.

    Raises:
        ValueError: It is no date of the calendar.
    """
    match = _moment(value, "date")
    if match is None:
        return None
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"])).isoformat()
    except ValueError:
        raise ValueError("no date") from None


def to_datetime(value: object) -> str | None:
    """Return a datetime as RFC 3339 in UTC, ``YYYY-MM-DDTHH:MM:SSZ``.

    A fraction of a second other than zero is kept, without trailing zeros.

    Args:
        value: Any spelling of Adobe's documentation: with ``Z``, an offset, both, or a ``t``
            before the offset; a date alone is its midnight; UTC where no offset is written.

    Raises:
        ValueError: It is no moment of the calendar.
    """
    match = _moment(value, "datetime")
    if match is None:
        return None
    part = {name: int(text or 0) for name, text in match.groupdict().items() if name in _NUMBERS}
    try:
        moment = datetime(  # noqa: DTZ001 - the offset is subtracted below
            part["year"],
            part["month"],
            part["day"],
            part["hour"],
            part["minute"],
            part["second"],
        )
        offset = timedelta(hours=part["hours"], minutes=part["minutes"])
        moment = moment + offset if match["sign"] == "-" else moment - offset
    except (ValueError, OverflowError):
        raise ValueError("no datetime") from None
    fraction = (match["fraction"] or "").rstrip("0")
    return f"{moment.isoformat()}.{fraction}Z" if fraction else f"{moment.isoformat()}Z"


_NUMBERS = frozenset({"year", "month", "day", "hour", "minute", "second", "hours", "minutes"})


def _moment(value: object, noun: str) -> re.Match[str] | None:
    if value is None or value in ("", "null"):
        return None
    match = _MOMENT.fullmatch(value.strip(_BLANK)) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"no {noun}")
    return match


_compact = msgspec.json.Encoder(decimal_format="number")


def to_text(value: object) -> str | None:
    """Return a JSON value as text: text as it is, all else as compact JSON.

    Text stays exactly as it is, ``null`` and empty text included, because in JSON they are told
    apart from null; the cells of a file are `tap_marketo.files.rows`'s to read.
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


def read_value(value: object, column: Column, anomalies: Anomalies) -> Any:
    """Return a JSON value as its column is typed; what cannot be read is null and counted.

    Args:
        value: Any JSON value; a REST reply's, or an attribute's.
        column: Any column but one of kind OBJECT.
        anomalies: Where to count.

    Returns:
        The typed value, or None.
    """
    try:
        typed = _CONVERTERS[column.kind](value)
    except ValueError:
        anomalies.nulled[column] += 1
        return None
    if column.kind is Kind.DATE and typed and len(str(value).strip(_BLANK)) > _DATE_LENGTH:
        anomalies.shortened[column] += 1
    return typed


_SURROGATES = re.compile("[\ud800-\udfff]+")


def clean_json(value: Any, anomalies: Anomalies) -> Any:
    """Return a JSON value without NUL characters and lone surrogates, both counted.

    Args:
        value: What a JSON decoder made.
        anomalies: Where to count.

    Returns:
        The value with every text in it, names included, fit for a database.
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
