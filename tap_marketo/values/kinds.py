"""Kinds of columns, independent of Marketo's type names."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class Kind(str, enum.Enum):
    """Kind of a column's values."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    OBJECT = "object"
    """A JSON object: the attributes of an activity."""


_KINDS = {
    "integer": Kind.INTEGER,
    "score": Kind.INTEGER,
    # An integer in the documentation, a decimal in practice.
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
        data_type: Type of a describe reply or an activity type, in any case.

    Returns:
        The kind; TEXT for ``reference`` and for every unknown type.
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
    """A typed column.

    Attributes:
        source: Header in the file, or name in a REST reply.
        name: Property of the record.
        kind: Kind of the values.
        required: Whether a file without the column is an error.
        key: Whether a record without a value in it is dropped.
    """

    source: str
    name: str
    kind: Kind
    required: bool = False
    key: bool = False

    def __hash__(self) -> int:
        """Return a hash that is fast to compute, because losses are counted by column."""
        return hash(self.source)
