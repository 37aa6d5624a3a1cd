"""Compiles a function for the header of a file that converts rows of text to records.

The function has one expression per column and no loop, which makes it about as fast as splitting
the file. Its expressions accept only the usual spelling of each kind. If one refuses a value, the
exact converters read the whole row again and count what they lose. In a column that refuses often,
the exact converter replaces the expression, so that an unusual spelling slows down only its column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from tap_marketo.files.attributes import UNREADABLE, parse_attributes
from tap_marketo.files.cells import (
    ATTRIBUTES,
    CELLS,
    NAMES,
    exact_attribute,
    exact_cell,
    expression,
)
from tap_marketo.files.header import header_positions
from tap_marketo.files.splitting import AttributeReader, rename
from tap_marketo.values.kinds import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FunctionType

    from tap_marketo.values.anomalies import Anomalies

Row = list[str]

REFUSALS = 20
"""Refusals of a column's expression after which its exact converter replaces it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How to create records other than dicts.

    Attributes:
        record: Takes the names of the columns and returns a function of their values, in the same
            order.
        message: Called with each record; its result replaces the record.
    """

    record: Callable[[Sequence[str]], Callable[..., Any]]
    message: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class AttributeColumns:
    """The attributes that an activity type declares.

    Attributes:
        columns: Column by display name, in the record's order; never of kind OBJECT.
        undeclared: Property for the undeclared attributes, as one object, or None if there are
            none. A cell that is not a JSON object is in it as text (`attributes.UNPARSED`).
        source: Header of the cell in the file.
        aliases: Display name by API name, which a cell may have in its place.
    """

    columns: dict[str, Column]
    undeclared: str
    source: str = "attributes"
    aliases: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Value:
    """A value of the record, with the variable it is created from."""

    name: str
    variable: str | None
    fast: str
    exact: Callable[[Any], Any]
    key: bool = False
    refused: int = 0


def compile_record(
    header: Sequence[str],
    columns: Sequence[Column],
    anomalies: Anomalies,
    *,
    requested: Sequence[str] = (),
    shape: Shape | None = None,
) -> Callable[[Row], Any]:
    """Compile the function that converts a row to a record.

    A column that is missing in the file is null in every record, and counted once.

    Args:
        header: Header of the file.
        columns: Columns of the record, in order.
        anomalies: Counts of what is lost.
        requested: Fields in the order of the export's request, see `header_positions`.
        shape: How to create records; by default they are dicts by `Column.name`.

    Returns:
        A function of a row as wide as the header. It returns None for a row without a value in a
        key column, which it counts.

    Raises:
        ExportFileError: A required column is missing, or all columns are.
    """
    positions = header_positions(header, columns, requested=requested)
    note_missing(columns, positions, anomalies, requested)
    values = _cells(columns, positions, anomalies)

    def cells(row: Row) -> list[Any]:
        return [None if place is None else row[place] for place in positions]

    lines = [_unpack(header, positions)]
    return _RowFunction(lines, values, cells, anomalies, shape).compile()


def compile_activity(
    header: Sequence[str],
    base: Sequence[Column],
    attributes: AttributeColumns,
    anomalies: Anomalies,
    *,
    shape: Shape | None = None,
) -> Callable[[Row], Any]:
    """Compile the function that converts a row of an activity type to a record.

    Args:
        header: Header of the file, which may have activities of many types.
        base: Columns of the file that every type has, without the attributes.
        attributes: Attributes of this type; each is a property of the record, None if missing.
        anomalies: Counts of what is lost.
        shape: How to create records from the values of `base`, the attributes and the undeclared
            attributes, in this order; by default they are dicts.

    Returns:
        A function of a row, see `compile_record`.

    Raises:
        ExportFileError: A required column is missing, or all columns are.
    """
    cell = Column(attributes.source, attributes.undeclared, Kind.OBJECT)
    positions = header_positions(header, [*base, cell])
    note_missing([*base, cell], positions, anomalies)
    *base_positions, cell_position = positions
    declared = attributes.columns
    values = _cells(base, base_positions, anomalies)
    values += [
        _Value(
            column.name,
            f"a{place}",
            ATTRIBUTES[column.kind],
            exact_attribute(column, anomalies),
            column.key,
        )
        for place, column in enumerate(declared.values())
    ]
    values.append(_Value(attributes.undeclared, "rest", "{v}", lambda rest: rest))

    def cells(row: Row) -> list[Any]:
        rest = {} if cell_position is None else parse_attributes(row[cell_position], anomalies)
        rename(rest, attributes.aliases)
        return [
            *(None if place is None else row[place] for place in base_positions),
            *(rest.pop(name, None) for name in declared),
            rest or None,
        ]

    lines = [_unpack(header, positions)]
    function = _RowFunction(lines, values, cells, anomalies, shape)
    variables = [f"a{place}" for place in range(len(declared))]
    if cell_position is None:
        lines += [f"{variable} = None" for variable in [*variables, "rest"]]
    else:
        lines.append(f"found = split(v{cell_position})")
        lines += [f"{variable} = found.{variable}" for variable in [*variables, "rest"]]
        first = len(base)
        reader = AttributeReader(attributes, lambda place: function.refuse(first + place))
        function.scope["split"] = reader
        function.on_tolerance = lambda place: (
            reader.accept_any(place - first) if first <= place < first + len(declared) else None
        )
    return function.compile()


class _RowFunction:
    """Generates the function of a row, and regenerates it for columns that refuse often."""

    def __init__(
        self,
        lines: list[str],
        values: list[_Value],
        cells: Callable[[Row], list[Any]],
        anomalies: Anomalies,
        shape: Shape | None,
    ) -> None:
        self._lines = lines
        self._values = values
        self._cells = cells
        self._anomalies = anomalies
        names = [value.name for value in values]
        self._message: Callable[[Any], Any] | None = None
        if shape is None:
            self._into: Callable[..., Any] = lambda *items: dict(zip(names, items, strict=True))
        else:
            self._into, self._message = shape.record(names), shape.message
        self._is_dict = shape is None
        self.scope: dict[str, Any] = {
            **NAMES,
            "blank": dict.fromkeys(names).copy,
            "drop": self._drop,
            "exact": self._exact,
            "into": self._into,
            "message": self._message,
        }
        self.on_tolerance: Callable[[int], None] = lambda _: None
        self._function: FunctionType | None = None

    def compile(self) -> FunctionType:
        """Compile the current lines and values."""
        body = list(self._lines)
        expressions = []
        for place, value in enumerate(self._values):
            expression = value.fast.format(v=value.variable) if value.variable else "None"
            if value.key:
                body += [f"k{place} = {expression}", f"if k{place} is None: return drop()"]
                expression = f"k{place}"
            expressions.append(expression)
        if self._is_dict:
            # A copied dict has its final size; building one from pairs takes twice as long.
            body.append("result = blank()")
            body += [
                f"result[{value.name!r}] = {expression}"
                for value, expression in zip(self._values, expressions, strict=True)
            ]
            body.append("return result")
        else:
            call = "message(into({}))" if self._message else "into({})"
            body.append(f"return {call.format(', '.join(expressions))}")
        text = "\n".join(f"        {line}" for line in body)
        caught = "    except unreadable:\n        return exact(row)\n"
        source = f"def record(row):\n    try:\n{text}\n{caught}"
        # The source has only our own templates, positions, and quoted property names.
        exec(compile(source, "<compiled row>", "exec"), self.scope)  # noqa: S102
        compiled = cast("FunctionType", self.scope["record"])
        if self._function:
            # Callers that map the function over rows use the new code from now on.
            self._function.__code__ = compiled.__code__
        else:
            self._function = compiled
        return self._function

    def refuse(self, place: int) -> None:
        """Count a refusal; after `REFUSALS` the exact converter replaces the expression."""
        value = self._values[place]
        value.refused += 1
        if value.refused == REFUSALS:
            self.scope[f"exact{place}"] = value.exact
            value.fast = f"exact{place}({{v}})"
            self.on_tolerance(place)
            self.compile()

    def _exact(self, row: Row) -> Any:
        converted = []
        cells = self._cells(row)
        for place, (value, cell) in enumerate(zip(self._values, cells, strict=True)):
            if cell is not None and value.refused < REFUSALS and self._refuses(value, cell):
                self.refuse(place)
            converted.append(value.exact(cell))
            if value.key and converted[-1] is None:
                return self._drop()
        record = self._into(*converted)
        return self._message(record) if self._message else record

    def _refuses(self, value: _Value, cell: Any) -> bool:
        try:
            expression(value.fast)(cell)
        except UNREADABLE:
            return True
        return False

    def _drop(self) -> None:
        self._anomalies.keyless += 1


def note_missing(
    columns: Sequence[Column],
    positions: Sequence[int | None],
    anomalies: Anomalies,
    requested: Sequence[str] = (),
) -> None:
    """Count the columns that are missing in a file.

    Args:
        columns: Columns of the record.
        positions: Result of `header_positions`.
        anomalies: Counts of what is lost.
        requested: Fields of the export's request, if known; other columns are not counted.
    """
    anomalies.missing.update(
        column
        for column, position in zip(columns, positions, strict=True)
        if position is None and (not requested or column.source in requested)
    )


def _cells(
    columns: Sequence[Column], positions: Sequence[int | None], anomalies: Anomalies
) -> list[_Value]:
    return [
        _Value(
            column.name,
            None if place is None else f"v{place}",
            CELLS[column.kind],
            exact_cell(column, anomalies),
            column.key,
        )
        for column, place in zip(columns, positions, strict=True)
    ]


def _unpack(header: Sequence[str], positions: Sequence[int | None]) -> str:
    """Return the statement that names the cells."""
    cells = [f"v{place}" if place in positions else "_" for place in range(len(header))]
    return f"[{', '.join(cells)}] = row"
