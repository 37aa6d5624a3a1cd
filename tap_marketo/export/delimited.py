"""CSV files in UTF-8, with formulas disabled unless the file is for programs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from tap_marketo.export.cells import is_formula, json_text
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tap_marketo.export.spool import Row
    from tap_marketo.export.table import Table

_TEXTS = frozenset({Kind.TEXT, Kind.OBJECT})
# Long enough for any cell of Marketo; the library's default is 128 KB.
LONGEST_CELL = 2**31 - 1


def write(path: Path, table: Table, rows: Iterable[Row], warn: Callable[[str], None]) -> None:
    """Write a CSV file."""
    del warn
    encoding = "utf-8-sig" if table.byte_order_mark else "utf-8"
    guarded = [not table.raw and column.kind in _TEXTS for column in table.columns]
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in table.columns])
        for row in rows:
            writer.writerow(
                [
                    "" if value is None else _cell(value, guard=guard)
                    for value, guard in zip(row, guarded, strict=True)
                ]
            )


def read(path: Path, table: Table) -> Iterator[Row]:
    """The rows of a CSV file, with cells as text.

    Raises:
        ExportError: The file has different columns.
    """
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        table.check_header(next(lines, []))
        yield from lines


def _cell(value: Any, *, guard: bool) -> str:
    text = json_text(value)
    return f"'{text}" if guard and is_formula(text) else text
