"""A record's types beside its stream: short names for columns, and values made to fit them."""

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
MOMENT = th.DateTimeType


def record(**columns: Kind) -> Schema:
    """The JSON Schema of a record.

    Args:
        columns: Type of each column, by API name; all may be null.
    """
    return th.PropertiesList(*(th.Property(name, kind) for name, kind in columns.items())).to_dict()


def group(**columns: Kind) -> th.ObjectType:
    """An object within a record.

    Args:
        columns: Type of each of its properties.
    """
    return th.ObjectType(*(th.Property(name, kind) for name, kind in columns.items()))


def many(kind: Kind) -> th.ArrayType[Any]:
    """A list within a record.

    Args:
        kind: Of its items.
    """
    return th.ArrayType(kind)


def fit(value: Any, schema: Schema, unfit: Callable[[str], None], name: str = "") -> Any:
    """Make a value of an answer fit its type: dates to RFC 3339, digits to numbers.

    What is no scalar in a text column becomes JSON text; an object loses the properties that its
    schema does not have.

    Args:
        value: Any JSON value.
        schema: JSON Schema of the value.
        unfit: Told the name of a column whose value cannot be read and is null now.
        name: Of the column.

    Source: field-types.md
    """
    if value is None:
        return None
    kinds = schema.get("type", ())
    if "object" in kinds:
        if not isinstance(value, dict):
            return unfit(name)
        return {
            key: fit(value[key], one, unfit, f"{name}.{key}" if name else key)
            for key, one in schema["properties"].items()
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
