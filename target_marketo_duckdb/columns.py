"""The DuckDB type of each property, and the expression that reads it without losing values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BIGINT, HUGEINT, DOUBLE, BOOLEAN = "BIGINT", "HUGEINT", "DOUBLE", "BOOLEAN"
DATE, TIMESTAMP, VARCHAR, JSON = "DATE", "TIMESTAMP", "VARCHAR", "JSON"
TIMESTAMPTZ = "TIMESTAMP WITH TIME ZONE"

READ_AS = {
    # DuckDB's JSON reader rounds 12.5 to an integer, reads 2 as true and drops the time of a date.
    BIGINT: VARCHAR,
    HUGEINT: VARCHAR,
    BOOLEAN: VARCHAR,
    DATE: VARCHAR,
    # Read as TIMESTAMP, 08:00:00+02:00 would lose its offset.
    TIMESTAMP: "TIMESTAMPTZ",
}
"""The type that the JSON reader uses, where it differs from the column's."""

SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
INTEGERS = {*SIGNED, *(f"U{kind}" for kind in SIGNED)}
WIDER = {
    BIGINT: (HUGEINT, DOUBLE, VARCHAR),
    HUGEINT: (VARCHAR,),
    DOUBLE: (VARCHAR,),
    BOOLEAN: (VARCHAR,),
    DATE: (TIMESTAMP, VARCHAR),
    TIMESTAMP: (VARCHAR,),
    JSON: (VARCHAR,),
}
"""The types that can hold all values of a type, narrowest first."""


@dataclass(frozen=True)
class Column:
    """A column of the stream's schema.

    Attributes:
        source: Name of the property.
        name: Name of the column.
        type: DuckDB type.
    """

    source: str
    name: str
    type: str


def columns_of(schema: Mapping[str, Any]) -> list[Column]:
    """The columns of a stream.

    Args:
        schema: JSON schema of its records.
    """
    taken: set[str] = set()
    columns = []
    for source, property_ in schema["properties"].items():
        name, number = source or "_", 1
        # DuckDB ignores case in names.
        while name.casefold() in taken:
            number += 1
            name = f"{source or ''}_{number}"
        taken.add(name.casefold())
        columns.append(Column(source, name, type_of(property_)))
    return columns


def type_of(schema: Any) -> str:
    """The DuckDB type of a property.

    Args:
        schema: JSON schema of the property.
    """
    kinds = set(_kinds(schema))
    if kinds == {BIGINT, DOUBLE}:
        return DOUBLE
    if kinds == {DATE, TIMESTAMP}:
        return TIMESTAMP
    if len(kinds) == 1:
        return kinds.pop()
    return VARCHAR if kinds and JSON not in kinds else JSON


def _kinds(schema: Any) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield JSON
        return
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives and "type" not in schema:
        for alternative in alternatives:
            yield from _kinds(alternative)
        return
    types = schema.get("type", ())
    for type_ in [types] if isinstance(types, str) else types:
        if type_ == "string":
            yield {"date": DATE, "date-time": TIMESTAMP}.get(schema.get("format", ""), VARCHAR)
        elif type_ != "null":
            yield {"integer": BIGINT, "number": DOUBLE, "boolean": BOOLEAN}.get(type_, JSON)
    if not types:
        yield JSON


def merged(existing: str, wanted: str) -> str:
    """The type that a column of a table needs.

    Args:
        existing: Type in the table.
        wanted: Type in the schema.

    Returns:
        `existing`, unless values could be lost; types that users chose are kept.
    """
    if existing not in WIDER or existing in {wanted, *WIDER.get(wanted, ())}:
        return existing
    return wanted if wanted in WIDER[existing] else VARCHAR


def reader(value: str, column: Column, target: str) -> str:
    """The expression that converts the JSON reader's value to that of a column.

    Args:
        value: Expression of the value, with the type in `READ_AS`.
        column: Column of the schema.
        target: Type of the column in the table.
    """
    kind = column.type
    label = literal(column.source)
    if kind in {BIGINT, HUGEINT}:
        exact = target if target in INTEGERS else HUGEINT if kind == HUGEINT else BIGINT
        whole = f"{value}::DECIMAL(38, 6)"
        refused = f"error('a fraction in column ' || {label} || ', whose type is integer')"
        typed = (
            f"CASE WHEN contains({value}, '.') THEN CASE WHEN {whole} = trunc({whole})"
            f" THEN {whole}::{exact} ELSE {refused} END ELSE {value}::{exact} END"
        )
    elif kind == BOOLEAN:
        refused = f"error('neither true nor false in column ' || {label})"
        typed = (
            f"CASE {value} WHEN 'true' THEN true WHEN 'false' THEN false"
            f" ELSE CASE WHEN {value} IS NOT NULL THEN {refused} END END"
        )
        exact = BOOLEAN
    elif kind == DATE:
        refused = f"error('no date in column ' || {label} || ', whose format is date')"
        typed = f"CASE WHEN strlen({value}) <> 10 THEN {refused} ELSE {value}::DATE END"
        exact = DATE
    elif kind == DOUBLE:
        refused = f"error('no finite number in column ' || {label})"
        typed = (
            f"CASE WHEN isfinite({value}) THEN {value}"
            f" ELSE CASE WHEN {value} IS NOT NULL THEN {refused} END END"
        )
        exact = DOUBLE
    elif kind == TIMESTAMP and target != TIMESTAMPTZ:
        typed, exact = f"({value} AT TIME ZONE 'UTC')", TIMESTAMP
    else:
        typed, exact = value, target if kind == TIMESTAMP else kind
    return typed if exact == target else f"({typed})::{target}"


def identifier(name: str) -> str:
    """A name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"
