"""Errors of export files, which never quote the contents.

ExportFileError        the file as a whole cannot be read
└── BadRowsError       some of its rows cannot be read
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS_NAMED = 10


class ExportFileError(Exception):
    """The file is not a valid export file.

    Attributes:
        line: Line of the file, counted from 1, if known.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        """Create an error without the contents of the file."""
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read.

    Attributes:
        row: Number of the row, counted from 1 below the header.
        line: First line of the row in the file, counted from 1.
        reason: What is wrong with the row.
        column: Header of the invalid cell, if known.
    """

    row: int
    line: int
    reason: str
    column: str | None = None


class BadRowsError(ExportFileError):
    """Some rows of a file cannot be read; raised after the good rows.

    Attributes:
        rows: First bad rows.
        count: Number of bad rows.
        columns: Headers of the invalid cells, if known.
        job: Id of the export job, set by the caller.
    """

    def __init__(self, rows: Sequence[BadRow], count: int) -> None:
        """Create an error with rows and columns, without contents."""
        self.rows = tuple(rows)
        self.count = count
        self.columns = sorted({row.column for row in rows if row.column})
        self.job: str | None = None
        super().__init__(self._summary())

    def _summary(self) -> str:
        listed = ", ".join(f"{row.row} (line {row.line})" for row in self.rows[:ROWS_NAMED])
        more = f" and {self.count - ROWS_NAMED} more" if self.count > ROWS_NAMED else ""
        noun = "row" if self.count == 1 else "rows"
        columns = f", columns: {', '.join(self.columns)}" if self.columns else ""
        reasons = "; ".join(dict.fromkeys(row.reason for row in self.rows))
        return f"cannot read {noun} {listed}{more}{columns}: {reasons}"
