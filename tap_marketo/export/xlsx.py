"""Excel workbooks: typed cells, nothing that Excel would change or run, in constant memory."""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

import xlsxwriter

from tap_marketo.export.cells import FORMULA, json_text, to_date, to_timestamp
from tap_marketo.export.errors import ExportError
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tap_marketo.export.spool import Row
    from tap_marketo.export.table import Table

ROWS = 1_048_576
COLUMNS = 16_384
TEXT = 32_767
# Excel keeps 15 digits of a number.
LARGEST = 10**15
_EPOCH = datetime(1899, 12, 30, tzinfo=timezone.utc)
# Excel takes 1900 for a leap year; from here on its days are right.
_FIRST = datetime(1900, 3, 1, tzinfo=timezone.utc)
_DAY = 86_400
_NAME_LENGTH = 31
_WIDTHS = {Kind.DATETIME: 19, Kind.DATE: 11, Kind.TEXT: 24, Kind.OBJECT: 40}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def write(path: Path, table: Table, rows: Iterable[Row], warn: Callable[[str], None]) -> None:
    """Write a workbook; what does not fit onto a sheet goes to further ones.

    Raises:
        ExportError: There are more columns than a sheet has.
    """
    if len(table.columns) > COLUMNS:
        raise ExportError(f"A sheet has {COLUMNS:,} columns at most: name fewer with --fields.")
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.use_zip64()
        sheets = _Sheets(book, table)
        for row in rows:
            sheets.add(row)
        sheets.end()
    for line in sheets.losses(path.name):
        warn(line)


def read(path: Path, table: Table) -> Iterator[Row]:
    """The rows of a workbook that `write` made.

    Raises:
        ExportError: The workbook holds other sheets or columns.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - only to append

    book = load_workbook(path, read_only=True)
    try:
        expected = {sheet_name(table.name, number) for number in range(1, len(book.sheetnames) + 1)}
        others = set(book.sheetnames) - expected
        if others:
            raise ExportError(
                "The workbook has sheets of others, which --append would lose:"
                f" {', '.join(sorted(others))}. Export to another file."
            )
        for sheet in book.worksheets:
            lines = sheet.iter_rows(values_only=True)
            table.check_header([str(one) for one in next(lines, ())])
            yield from (list(line) for line in lines)
    finally:
        book.close()


def sheet_name(name: str, number: int) -> str:
    """The name of the first, second, … sheet."""
    end = "" if number == 1 else f" {number}"
    return _FORBIDDEN.sub("_", name)[: _NAME_LENGTH - len(end)] + end


class _Sheets:
    """Writes cells, and begins a sheet when one is full."""

    def __init__(self, book: xlsxwriter.Workbook, table: Table) -> None:
        self._book = book
        self._table = table
        self._header = book.add_format({"bold": True})
        self._dates = book.add_format({"num_format": "yyyy-mm-dd"})
        self._moments = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        # Excel shows such a cell as typed with an apostrophe: it stays text when it is edited.
        self._quoted = book.add_format({"quote_prefix": True})
        self._losses: Counter[str] = Counter()
        self.count = 0
        self._begin()

    def add(self, row: Sequence[Any]) -> None:
        if self._row == ROWS:
            self.end()
            self._begin()
        for place, (value, cell) in enumerate(zip(row, self._cells, strict=True)):
            if value is not None:
                cell(self._row, place, value)
        self._row += 1

    def end(self) -> None:
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self._table.columns) - 1)

    def losses(self, file: str) -> Iterator[str]:
        if self.count > 1:
            yield (
                f"{file}: a sheet of Excel has {ROWS:,} rows at most; the rows go on in"
                f" {self.count - 1} further sheets ({sheet_name(self._table.name, 2)}, …)."
            )
        for column, number in self._losses.items():
            yield (
                f"{file}: column {column}: {number} texts are longer than the {TEXT:,} characters"
                " of an Excel cell and were cut; .csv, .parquet and .jsonl hold them whole."
            )

    def _begin(self) -> None:
        self.count += 1
        self._row = 1
        self._sheet = sheet = self._book.add_worksheet(sheet_name(self._table.name, self.count))
        writers = {
            Kind.INTEGER: self._number,
            Kind.NUMBER: self._number,
            Kind.BOOLEAN: self._boolean,
            Kind.DATE: self._date,
            Kind.DATETIME: self._moment,
        }
        self._cells: list[Callable[[int, int, Any], None]] = []
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._table.columns):
            sheet.set_column(place, place, _WIDTHS.get(column.kind, 14))
        for place, column in enumerate(self._table.columns):
            sheet.write_string(0, place, column.name, self._header)
            self._cells.append(writers.get(column.kind, self._text))

    def _text(self, row: int, place: int, value: Any) -> None:
        text = json_text(value)
        if len(text) > TEXT:
            self._losses[self._table.columns[place].name] += 1
            text = text[:TEXT]
        self._sheet.write_string(
            row, place, text, self._quoted if text.startswith(FORMULA) else None
        )

    def _number(self, row: int, place: int, value: Any) -> None:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or abs(value) >= LARGEST:
            self._text(row, place, value if is_number is False else str(value))
        else:
            self._sheet.write_number(row, place, value)

    def _boolean(self, row: int, place: int, value: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(row, place, value)
        else:
            self._text(row, place, value)

    def _date(self, row: int, place: int, value: Any) -> None:
        day = to_date(value)
        moment = to_timestamp(day.isoformat()) if day else None
        self._serial(row, place, value, moment, self._dates)

    def _moment(self, row: int, place: int, value: Any) -> None:
        self._serial(row, place, value, to_timestamp(value), self._moments)

    def _serial(
        self, row: int, place: int, value: Any, moment: datetime | None, style: Any
    ) -> None:
        if moment is None or moment < _FIRST:
            self._text(row, place, value.isoformat() if isinstance(value, date) else str(value))
        else:
            serial = (moment - _EPOCH).total_seconds() / _DAY
            self._sheet.write_number(row, place, serial, style)
