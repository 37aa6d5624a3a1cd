"""What is wrong with an export file, said without its contents.

ExportFileError        the file as a whole cannot be read
└── BadRowsError       some of its rows could not be read; all others were
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS_NAMED = 10


class ExportFileError(Exception):
    """A file that is not what an export writes.

    Attributes:
        line: The line of the file at which it was noticed, counted from 1, if there is one.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        """Say what is wrong, without the contents of the file."""
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read.

    Attributes:
        row: Its number, counted from 1 below the header.
        line: The line of the file on which it begins, counted from 1.
        reason: What is wrong with it.
        column: The header of the cell in which it breaks, where that is known.
    """

    row: int
    line: int
    reason: str
    column: str | None = None


class BadRowsError(ExportFileError):
    """Some rows of a file could not be read; raised after all the others have left.

    Attributes:
        rows: The first of them.
        count: How many there are.
        columns: Headers of the cells in which they break, as far as known.
        job: The export job, once its owner has filled it in.
    """

    def __init__(self, rows: Sequence[BadRow], count: int) -> None:
        """Name rows and columns, never contents."""
        self.rows = tuple(rows)
        self.count = count
        self.columns = sorted({row.column for row in rows if row.column})
        self.job: str | None = None
        super().__init__(self._summary())

    def _summary(self) -> str:
        named = ", ".join(f"{row.row} (line {row.line})" for row in self.rows[:ROWS_NAMED])
        more = f" and {self.count - ROWS_NAMED} more" if self.count > ROWS_NAMED else ""
        noun = "row" if self.count == 1 else "rows"
        columns = f", columns: {', '.join(self.columns)}" if self.columns else ""
        reasons = "; ".join(dict.fromkeys(row.reason for row in self.rows))
        return f"cannot read {noun} {named}{more}{columns}: {reasons}"
