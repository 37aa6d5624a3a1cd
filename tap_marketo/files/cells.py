"""Converts cells to values: expressions for the usual spellings, functions for all others."""

from __future__ import annotations

import sys
from datetime import date, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from tap_marketo.files.attributes import UNREADABLE, parse_attributes, read_attributes
from tap_marketo.values import convert
from tap_marketo.values.convert import NULLS, value_reader
from tap_marketo.values.kinds import Kind
from tap_marketo.values.times import UTC_ENDINGS, to_datetime

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_marketo.values.anomalies import Anomalies
    from tap_marketo.values.kinds import Column

# The usual spelling is first; a value that no branch accepts raises one of `UNREADABLE`.
CELLS = {
    Kind.TEXT: "{v} if {v} and {v} != 'null' else None",
    Kind.INTEGER: (
        "None if not {v} else integer({v}) if '.' not in {v}"
        " else digits({v}[:-2]) if {v}[-2:] == '.0' else to_integer({v})"
    ),
    Kind.NUMBER: (
        "None if not {v}"
        " else number({v}) if len({v}) < 17 and 'e' not in {v} and 'E' not in {v}"
        " else to_number({v})"
    ),
    Kind.BOOLEAN: "booleans[{v}]",
    # Every third character from the fifth is a separator, so there is only one spelling of each.
    Kind.DATE: (
        "{v} if {v}[4::3] == '--' and day({v})"
        " else None if {v} == 'null' or not {v} else refuse({v})"
    ),
    Kind.DATETIME: (
        "{v} if {v}[4::3] == '--T::Z' and moment({v})"
        " else None if {v} == 'null' or not {v}"
        " else {v}[:19] + 'Z' if {v}[19:] in utc and {v}[4:19:3] == '--T::' and moment({v}[:19])"
        " else to_datetime({v})"
    ),
    Kind.OBJECT: "None if not {v} or {v} == 'null' else read_attributes({v})",
}

ATTRIBUTES = {
    Kind.TEXT: "{v}",
    Kind.INTEGER: "{v} if {v}.__class__ is int or {v} is None else to_integer({v})",
    Kind.NUMBER: "{v} if {v}.__class__ is float or {v} is None else to_number({v})",
    Kind.BOOLEAN: "{v} if {v}.__class__ is bool or {v} is None else to_boolean({v})",
    Kind.DATE: f"None if {{v}} is None else {CELLS[Kind.DATE]}",
    Kind.DATETIME: f"None if {{v}} is None else {CELLS[Kind.DATETIME]}",
}


def _refuse(_: str) -> NoReturn:
    raise ValueError("not the usual spelling")


NAMES: dict[str, Any] = {
    "booleans": {
        spelling: convert.to_boolean(word)
        for word in ("true", "false", "1", "0", "yes", "no", "t", "f", "null", "")
        for spelling in (word, word.title(), word.upper())
        if word != "null" or spelling == word
    },
    "day": date.fromisoformat,
    # Python 3.10 does not accept "Z".
    "moment": (
        datetime.fromisoformat
        if sys.version_info >= (3, 11)
        else partial(msgspec.convert, type=datetime)
    ),
    "digits": msgspec.json.Decoder(int).decode,
    # They accept null, and take half the time of `int` and `float`.
    "integer": msgspec.json.Decoder(int | None).decode,
    "number": msgspec.json.Decoder(int | float | None).decode,
    "read_attributes": read_attributes,
    "refuse": _refuse,
    "to_boolean": convert.to_boolean,
    "to_datetime": to_datetime,
    "to_integer": convert.to_integer,
    "to_number": convert.to_number,
    "unreadable": UNREADABLE,
    "utc": UTC_ENDINGS,
}
"""Names that the expressions use."""


@lru_cache
def expression(template: str) -> Callable[[Any], Any]:
    """Return a template of `CELLS` or `ATTRIBUTES` as a function of a cell."""
    # Only our own templates, nothing from a file.
    function: Callable[[Any], Any] = eval(f"lambda v: {template.format(v='v')}", NAMES)  # noqa: S307
    return function


def exact_cell(column: Column, anomalies: Anomalies) -> Callable[[str | None], Any]:
    """Return the function that reads any cell of a column and counts what is lost."""
    read = (
        partial(parse_attributes, anomalies=anomalies)
        if column.kind is Kind.OBJECT
        else value_reader(column, anomalies)
    )
    return lambda cell: None if cell is None or cell in NULLS else read(cell)


def exact_attribute(column: Column, anomalies: Anomalies) -> Callable[[Any], Any]:
    """Return the function that reads any value of an attribute and counts what is lost."""
    return value_reader(column, anomalies)
