"""A row of text becomes a record through one function compiled for the header of its file.

The function holds one expression a column and no loop, which is what makes it as fast as the file
can be split. Its expressions accept the usual spelling of each kind and count nothing: whatever
they refuse, the whole row is read again by the exact converters, which count what they lose. A
column that was refused often gets its exact converter into the function, so that a dialect costs
its column alone.
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
"""How often the expression of a column may refuse before its exact converter replaces it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is made of a row's values, where it is no dict.

    Attributes:
        record: Inputs the names of the columns, returns what is called with their values, in the
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
        aliases: Display name by API name, which a cell may hold in its place.
    """

    columns: dict[str, Column]
    undeclared: str
    source: str = "attributes"
    aliases: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Value:
    """One value of the record: the variable it is made of, and how."""

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
    """Compile the function which makes a record of a row.

    A column that the file lacks is null in every record, and counted once as missing.

    Args:
        header: The header of the file.
        columns: The columns of the record, in its order.
        anomalies: Where the function counts what it cannot keep.
        requested: The fields in the order of the export's request, see `header_positions`.
        shape: What the record is made of; by default it is a dict by `Column.name`.

    Returns:
        A function of one row, as wide as the header. It returns None for a row without a value in
        a key column, which it counts.

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
    values.append(_Value(attributes.undeclared, "rest", "{v}", lambda found: found))

    def cells(row: Row) -> list[Any]:
        found = {} if cell_position is None else parse_attributes(row[cell_position], anomalies)
        rename(found, attributes.aliases)
        return [
            *(None if place is None else row[place] for place in base_positions),
            *(found.pop(name, None) for name in declared),
            found or None,
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
    """Writes the function of a row, and rewrites it for columns that refuse often."""

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
            self._into: Callable[..., Any] = lambda *made: dict(zip(names, made, strict=True))
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
        """Compile what the lines and values say now."""
        body = list(self._lines)
        expressions = []
        for place, value in enumerate(self._values):
            expression = value.fast.format(v=value.variable) if value.variable else "None"
            if value.key:
                body += [f"k{place} = {expression}", f"if k{place} is None: return drop()"]
                expression = f"k{place}"
            expressions.append(expression)
        if self._is_dict:
            # A copied dict has its final size; one built of pairs grows, and takes twice as long.
            body.append("made = blank()")
            body += [
                f"made[{value.name!r}] = {expression}"
                for value, expression in zip(self._values, expressions, strict=True)
            ]
            body.append("return made")
        else:
            call = "message(into({}))" if self._message else "into({})"
            body.append(f"return {call.format(', '.join(expressions))}")
        text = "\n".join(f"        {line}" for line in body)
        caught = "    except unreadable:\n        return exact(row)\n"
        source = f"def record(row):\n    try:\n{text}\n{caught}"
        # Made of our own templates, positions, and property names as quoted literals.
        exec(compile(source, "<compiled row>", "exec"), self.scope)  # noqa: S102
        compiled = cast("FunctionType", self.scope["record"])
        if self._function:
            # Whoever maps the function over rows goes on with the new one.
            self._function.__code__ = compiled.__code__
        else:
            self._function = compiled
        return self._function

    def refuse(self, place: int) -> None:
        """Count a refusal; after some, the exact converter takes the expression's place."""
        value = self._values[place]
        value.refused += 1
        if value.refused == REFUSALS:
            self.scope[f"exact{place}"] = value.exact
            value.fast = f"exact{place}({{v}})"
            self.on_tolerance(place)
            self.compile()

    def _exact(self, row: Row) -> Any:
        made = []
        cells = self._cells(row)
        for place, (value, cell) in enumerate(zip(self._values, cells, strict=True)):
            if cell is not None and value.refused < REFUSALS and self._refuses(value, cell):
                self.refuse(place)
            made.append(value.exact(cell))
            if value.key and made[-1] is None:
                return self._drop()
        record = self._into(*made)
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
