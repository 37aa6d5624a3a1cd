"""A row of text becomes a record through one function compiled for the header of its file.

The function holds one expression a column and no loop, which is what makes it as fast as the file
can be split. Its expressions accept the usual spelling of each kind and count nothing: whatever
they refuse, the whole row is read again by the exact converters, which count what they lose. So
one bad cell costs a few microseconds and never stops a file.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from tap_marketo.files.attributes import (
    UNREADABLE,
    decimal_digits,
    parse_attributes,
    read_attributes,
)
from tap_marketo.files.errors import ExportFileError
from tap_marketo.files.header import header_positions
from tap_marketo.values import kinds as values
from tap_marketo.values.kinds import Column, Kind, read_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_marketo.values.kinds import Anomalies

Row = list[str]

_NULLS = ("", "null")

# The usual spelling is asked for first: most values are of it, and null is told by the rest.
_CELLS = {
    Kind.TEXT: "{v} if {v} and {v} != 'null' else None",
    Kind.INTEGER: ("None if not {v} else integer({v}) if '.' not in {v} else to_integer({v})"),
    Kind.NUMBER: (
        "None if not {v}"
        " else number({v}) if len({v}) < 17 and 'e' not in {v} and 'E' not in {v}"
        " else to_number({v})"
    ),
    Kind.BOOLEAN: "booleans[{v}]",
    # Every third character from the fifth is no digit, which leaves one spelling of each.
    Kind.DATE: (
        "{v} if {v}[4::3] == '--' and day({v})"
        " else None if {v} == 'null' or not {v} else refuse({v})"
    ),
    Kind.DATETIME: (
        "{v} if {v}[4::3] == '--T::Z' and moment({v})"
        " else None if {v} == 'null' or not {v} else to_datetime({v})"
    ),
    Kind.OBJECT: "None if not {v} or {v} == 'null' else read_attributes({v})",
}

_ATTRIBUTES = {
    Kind.TEXT: "{v}",
    Kind.INTEGER: "{v} if {v}.__class__ is int or {v} is None else to_integer({v})",
    Kind.NUMBER: "{v} if {v}.__class__ is float or {v} is None else to_number({v})",
    Kind.BOOLEAN: "{v} if {v}.__class__ is bool or {v} is None else to_boolean({v})",
    Kind.DATE: f"None if {{v}} is None else {_CELLS[Kind.DATE]}",
    Kind.DATETIME: f"None if {{v}} is None else {_CELLS[Kind.DATETIME]}",
}

# A JSON float is exact only without a declared type, through the decoder's float_hook.
_ATTRIBUTE_TYPES: dict[Kind, Any] = {
    Kind.TEXT: str | None,
    Kind.INTEGER: int | str | None,
    Kind.NUMBER: Any,
    Kind.BOOLEAN: bool | int | str | None,
    Kind.DATE: str | None,
    Kind.DATETIME: str | None,
}


def _refuse(_: str) -> NoReturn:
    raise ValueError("not the usual spelling")


# What msgspec takes in no name of a field.
UNNAMEABLE = re.compile(r'["\\\x00-\x1f]')

_NAMES: dict[str, Any] = {
    "booleans": {
        spelling: values.to_boolean(word)
        for word in ("true", "false", "1", "0", "yes", "no", "t", "f", *_NULLS)
        for spelling in (word, word.title(), word.upper())
        if word != "null" or spelling == word
    },
    "day": date.fromisoformat,
    # Python 3.10 reads no "Z".
    "moment": (
        datetime.fromisoformat
        if sys.version_info >= (3, 11)
        else partial(msgspec.convert, type=datetime)
    ),
    # They know null, and take half the time of `int` and `float`.
    "integer": msgspec.json.Decoder(int | None).decode,
    "number": msgspec.json.Decoder(int | float | None).decode,
    "read_attributes": read_attributes,
    "refuse": _refuse,
    "to_boolean": values.to_boolean,
    "to_datetime": values.to_datetime,
    "to_integer": values.to_integer,
    "to_number": values.to_number,
    "unreadable": UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What is made of a row's values, where it is no dict.

    Attributes:
        record: Given the names of the columns, returns what is called with their values, in the
            same order.
        message: Called with each record; its result takes the record's place.
    """

    record: Callable[[Sequence[str]], Callable[..., Any]]
    message: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class AttributeColumns:
    """The attributes that a type of activity declares.

    Attributes:
        columns: Column by display name, in the record's order; kind OBJECT has no place here.
        undeclared: The property that takes the attributes nobody declared, as one object, or None
            without any; a cell that is no JSON object is in it as text (`attributes.UNPARSED`).
        source: The header of the cell in the file.
    """

    columns: dict[str, Column]
    undeclared: str
    source: str = "attributes"


def compile_record(
    header: Sequence[str],
    columns: Sequence[Column],
    anomalies: Anomalies,
    *,
    requested: Sequence[str] = (),
    shape: Shape | None = None,
) -> Callable[[Row], Any]:
    """Compile the function which makes a record of a row.

    A column that the file lacks is null in every record, and counted once as missing.

    Args:
        header: The header of the file.
        columns: The columns of the record, in its order.
        anomalies: Where the function counts what it cannot keep.
        requested: The fields in the order of the export's request, see `header_positions`.
        shape: What the record is made of; by default it is a dict by `Column.name`.

    Returns:
        A function of one row. It raises ExportFileError for a row of another width than the
        header's, and nothing else.

    Raises:
        ExportFileError: A required column is missing, or all columns are.
    """
    positions = header_positions(header, columns, requested=requested)
    note_missing(columns, positions, anomalies, requested)

    def exact(row: Row) -> list[Any]:
        _check_width(row, header)
        return [
            _read_cell(None if position is None else row[position], column, anomalies)
            for column, position in zip(columns, positions, strict=True)
        ]

    names = [column.name for column in columns]
    lines = [_unpack(header, positions)]
    return _compile(lines, names, _cell_expressions(columns, positions), exact, shape)


def compile_activity(
    header: Sequence[str],
    base: Sequence[Column],
    attributes: AttributeColumns,
    anomalies: Anomalies,
    *,
    shape: Shape | None = None,
) -> Callable[[Row], Any]:
    """Compile the function which makes a record of a row of one type of activity.

    Args:
        header: The header of the file, which may hold activities of many types.
        base: The columns of the file that every type has, without the attributes.
        attributes: The attributes of this type; each is a property of the record, None if absent.
        anomalies: Where the function counts what it cannot keep.
        shape: What the record is made of: the values of `base`, of the attributes and of the
            undeclared ones, in this order; by default it is a dict.

    Returns:
        A function of one row, see `compile_record`.

    Raises:
        ExportFileError: A required column is missing, or all columns are.
    """
    cell = Column(attributes.source, attributes.undeclared, Kind.OBJECT)
    positions = header_positions(header, [*base, cell])
    note_missing([*base, cell], positions, anomalies)
    *base_positions, cell_position = positions
    declared = attributes.columns

    def exact(row: Row) -> list[Any]:
        _check_width(row, header)
        found = {} if cell_position is None else parse_attributes(row[cell_position], anomalies)
        return [
            *(
                _read_cell(None if position is None else row[position], column, anomalies)
                for column, position in zip(base, base_positions, strict=True)
            ),
            *(
                read_value(found.pop(name, None), column, anomalies)
                for name, column in declared.items()
            ),
            found or None,
        ]

    names = [
        *(column.name for column in base),
        *(column.name for column in declared.values()),
        attributes.undeclared,
    ]
    expressions = _cell_expressions(base, base_positions)
    variables = [f"a{index}" for index in range(len(declared))]
    expressions += [
        _ATTRIBUTES[column.kind].format(v=variable)
        for variable, column in zip(variables, declared.values(), strict=True)
    ]
    lines = [_unpack(header, positions)]
    if cell_position is None:
        lines += [f"{variable} = None" for variable in variables]
        lines.append("rest = None")
    else:
        lines.append(f"found = split(v{cell_position})")
        lines += [f"{variable} = found.{variable}" for variable in variables]
        lines.append("rest = found.rest")
    expressions.append("rest")
    return _compile(lines, names, expressions, exact, shape, split=_attribute_reader(declared))


def _attribute_reader(declared: dict[str, Column]) -> Callable[[str], Any]:
    """Return a function of a cell that gives its attributes as a0, a1, … and rest.

    A typed decoder which forbids unknown names reads the usual cell at once; a cell with
    undeclared attributes, in the array's shape, or of values otherwise typed goes by a dict.
    """
    kinds = [column.kind for column in declared.values()]
    loose = msgspec.defstruct(
        "LooseAttributes",
        [*((f"a{index}", Any, None) for index in range(len(declared))), ("rest", Any, None)],
        gc=False,
    )
    make: Callable[..., Any] = loose
    nothing = make()
    decode = _strict_decoder(declared)

    def split(cell: str) -> Any:
        if not cell or cell == "null":
            return nothing
        if "\\u0000" in cell:
            raise ValueError("a NUL character")
        try:
            return decode(cell)
        except msgspec.MsgspecError:
            found = read_attributes(cell)
        own = [
            _loose(found.pop(name, None), kind) for name, kind in zip(declared, kinds, strict=True)
        ]
        return make(*own, found or None)

    return split


def _strict_decoder(declared: dict[str, Column]) -> Callable[[str], Any]:
    if any(UNNAMEABLE.search(name) for name in declared):
        return _refuse
    struct = msgspec.defstruct(
        "Attributes",
        [
            (f"a{index}", _ATTRIBUTE_TYPES[column.kind], msgspec.field(default=None, name=name))
            for index, (name, column) in enumerate(declared.items())
        ],
        namespace={"rest": None},
        forbid_unknown_fields=True,
        gc=False,
    )
    return msgspec.json.Decoder(struct, float_hook=decimal_digits).decode


def _loose(value: object, kind: Kind) -> object:
    """Return a JSON value that the expression of its kind accepts, or refuses loudly."""
    if kind is Kind.TEXT:
        return values.to_text(value)
    if kind in (Kind.DATE, Kind.DATETIME) and not isinstance(value, str | None):
        raise ValueError("no text")
    return value


def _read_cell(cell: str | None, column: Column, anomalies: Anomalies) -> Any:
    if cell is None or cell in _NULLS:
        return None
    if column.kind is Kind.OBJECT:
        return parse_attributes(cell, anomalies)
    return read_value(cell, column, anomalies)


def note_missing(
    columns: Sequence[Column],
    positions: Sequence[int | None],
    anomalies: Anomalies,
    requested: Sequence[str] = (),
) -> None:
    """Count the columns that a file does not have.

    Args:
        columns: Wanted.
        positions: As `header_positions` gave them.
        anomalies: Where to count.
        requested: What the export asked for, as far as that is known; nothing else is missed.
    """
    anomalies.missing.update(
        column
        for column, position in zip(columns, positions, strict=True)
        if position is None and (not requested or column.source in requested)
    )


def _check_width(row: Row, header: Sequence[str]) -> None:
    if len(row) != len(header):
        raise ExportFileError(f"{len(row)} cells where the header has {len(header)}")


def _unpack(header: Sequence[str], positions: Sequence[int | None]) -> str:
    """Return the statement that names the cells; a row of another width makes it raise."""
    cells = [f"v{place}" if place in positions else "_" for place in range(len(header))]
    return f"[{', '.join(cells)}] = row"


def _cell_expressions(columns: Sequence[Column], positions: Sequence[int | None]) -> list[str]:
    return [
        "None" if position is None else _CELLS[column.kind].format(v=f"v{position}")
        for column, position in zip(columns, positions, strict=True)
    ]


def _compile(
    lines: Sequence[str],
    names: Sequence[str],
    expressions: Sequence[str],
    exact: Callable[[Row], list[Any]],
    shape: Shape | None,
    **scope: Any,
) -> Callable[[Row], Any]:
    """Compile the lines, then what makes a record of the expressions.

    Args:
        lines: What the expressions build upon.
        names: Of the columns.
        expressions: The value of each column.
        exact: Gives the values of a row which an expression refuses.
        shape: What to make of the values; None for a dict.
        scope: Further names in the lines.
    """
    if shape is None:
        # A copied dict has its final size; one built of many pairs grows, and takes twice as long.
        scope |= {"blank": dict.fromkeys(names).copy}
        made = ["made = blank()"]
        pairs = zip(names, expressions, strict=True)
        made += [f"made[{name!r}] = {expression}" for name, expression in pairs]
        made.append("return made")
        again = "dict(zip(names, exact(row)))"
    else:
        scope |= {"into": shape.record(names), "message": shape.message}
        call = "message(into({}))" if shape.message else "into({})"
        made = [f"return {call.format(', '.join(expressions))}"]
        again = call.format("*exact(row)")
    body = "\n".join(f"        {line}" for line in [*lines, *made])
    source = f"def record(row):\n    try:\n{body}\n    except unreadable:\n        return {again}\n"
    scope |= {**_NAMES, "exact": exact, "names": names}
    # Made of our own templates, positions, and property names as quoted literals.
    exec(compile(source, "<compiled row>", "exec"), scope)  # noqa: S102
    compiled: Callable[[Row], Any] = scope["record"]
    return compiled
