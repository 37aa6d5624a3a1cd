"""Short names for the types of columns, and conversion of values to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_marketo.values.convert import to_boolean, to_integer, to_number, to_text
from tap_marketo.values.times import to_date, to_datetime

if TYPE_CHECKING:
    from collections.abc import Callable

Schema = dict[str, Any]
Kind = Any

INTEGER = th.IntegerType
NUMBER = th.NumberType
TEXT = th.StringType
BOOLEAN = th.BooleanType
DATE = th.DateType
TIMESTAMP = th.DateTimeType


def record(**columns: Kind) -> Schema:
    """Return the JSON Schema of a record.

    Args:
        columns: Type of each column by API name; all may be null.
    """
    return th.PropertiesList(*(th.Property(name, kind) for name, kind in columns.items())).to_dict()


def group(**columns: Kind) -> th.ObjectType:
    """Return the type of an object within a record.

    Args:
        columns: Type of each property.
    """
    return th.ObjectType(*(th.Property(name, kind) for name, kind in columns.items()))


def many(kind: Kind) -> th.ArrayType[Any]:
    """Return the type of a list within a record.

    Args:
        kind: Type of the items.
    """
    return th.ArrayType(kind)


def fit(value: Any, schema: Schema, unfit: Callable[[str], None], name: str = "") -> Any:
    """Convert a value of an answer to its type: dates to RFC 3339, digits to numbers.

    In a text column, objects and lists become JSON text. Properties of an object that are not in
    its schema are dropped.

    Args:
        value: Any JSON value.
        schema: JSON Schema of the value.
        unfit: Called with the name of a column whose value cannot be read and becomes null.
        name: Name of the column.

    Source: field-types.md
    """
    if value is None:
        return None
    kinds = schema.get("type", ())
    if "object" in kinds:
        if not isinstance(value, dict):
            return unfit(name)
        return {
            key: fit(value[key], kind, unfit, f"{name}.{key}" if name else key)
            for key, kind in schema["properties"].items()
            if key in value
        }
    if "array" in kinds:
        items = value if isinstance(value, list) else [value]
        return [fit(item, schema["items"], unfit, name) for item in items]
    try:
        return _reader(kinds, schema.get("format"))(value)
    except ValueError:
        return unfit(name)


def _reader(kinds: Any, form: str | None) -> Callable[[object], Any]:
    for kind, reader in (("boolean", to_boolean), ("integer", to_integer), ("number", to_number)):
        if kind in kinds:
            return reader
    return {"date-time": to_datetime, "date": to_date}.get(form or "", to_text)
