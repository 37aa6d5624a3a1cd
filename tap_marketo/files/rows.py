"""Reads an export file as rows of text, in constant memory.

The format is RFC 4180 (`bulk-extract.md`): a cell may contain delimiters, doubled quotes, carriage
returns and line breaks. A row that cannot be read is skipped, and an error at the end names it.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from itertools import islice, tee
from typing import TYPE_CHECKING, BinaryIO, cast

from tap_marketo.files.errors import BadRow, BadRowsError, ExportFileError
from tap_marketo.files.sound import RETURN, SoundBytes
from tap_marketo.files.torn import read_torn, torn_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_marketo.values.anomalies import Anomalies

    Row = list[str]

FIELD_SIZE_LIMIT = 16 * 1024 * 1024
"""Maximum characters of a cell, because a missing quote could make the rest of a file one cell."""

ROWS_A_CHUNK = 100
"""Rows read together: enough for speed, few enough for memory if all cells are long."""

BAD_ROWS_KEPT = 1000
LINES_JOINED = 50
"""Maximum lines of a torn row that can be read."""


def read_rows(
    file: BinaryIO, *, delimiter: str = ",", anomalies: Anomalies
) -> tuple[Row, Iterator[list[Row]]]:
    """Read an export file.

    NUL characters are dropped and invalid UTF-8 is replaced by U+FFFD, both counted; a byte order
    mark and blank lines are skipped. A literal ``null`` is returned as text. A row with a stray
    quote is read if there is only one way to do so.

    Args:
        file: Complete, verified file, at its beginning. It stays open.
        delimiter: ``,`` for CSV, a tab for TSV.
        anomalies: Counts of what is lost; complete after the last row.

    Returns:
        The header, empty for an empty file, and the rows in chunks, each with as many cells as
        the header.

    Raises:
        ExportFileError: The header cannot be read.
        BadRowsError: After the last good row, if some have a misplaced quote, are cut off or too
            long, or have fewer or more cells than the header.
    """
    # This limit is global to the process; the csv module has no other.
    csv.field_size_limit(FIELD_SIZE_LIMIT)
    sound = SoundBytes(file, anomalies)
    # Not newline="": a carriage return without a line feed is data.
    text = io.TextIOWrapper(cast("BinaryIO", sound), encoding="utf-8-sig", newline="\n")
    # Without strict, the rest of a file after an unclosed quote would be one valid cell.
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(filter(None, reader), [])
    except csv.Error as error:
        raise ExportFileError(_reason(error), reader.line_num) from None
    header = with_returns(header)
    return header, _Rows(text, header, delimiter, sound, reader.line_num).chunks()


def with_returns(row: Row) -> Row:
    """Restore the carriage returns that `SoundBytes` replaced."""
    for place, cell in enumerate(row):
        if RETURN in cell:
            row[place] = cell.replace(RETURN, "\r")
    return row


class _Rows:
    """Reads the rows below the header and collects the bad ones."""

    def __init__(
        self, text: Iterable[str], header: Row, delimiter: str, sound: SoundBytes, line: int
    ) -> None:
        self._text = text
        self._header = header
        self._delimiter = delimiter
        self._sound = sound
        self._line = line
        self._row = 0
        self._again: deque[str] = deque()
        self._torn_until = 0
        self._bad: list[BadRow] = []
        self._bad_count = 0

    def chunks(self) -> Iterator[list[Row]]:
        """Yield good rows, then raise an error if there were bad ones."""
        while True:
            # The csv module drops the lines of a row that it refuses; the copies still have them.
            lines, copies = tee(self._lines() if self._again else self._text)
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            taken, left = 0, None
            while left is None:
                chunk: list[Row] = []
                error = None
                try:
                    chunk.extend(islice(reader, ROWS_A_CHUNK))
                except csv.Error as caught:
                    error = caught
                if not chunk and error is None:
                    if self._bad_count:
                        raise BadRowsError(self._bad, self._bad_count)
                    return
                read = list(islice(copies, reader.line_num - taken))
                taken = reader.line_num
                good = chunk
                if error or set(map(len, chunk)) != {len(self._header)}:
                    good, left = self._sorted(chunk, read, error)
                else:
                    self._row += len(chunk)
                self._line += len(read) - len(left or ())
                if self._sound.bare_returns and RETURN in "".join(read):
                    good = list(map(with_returns, good))
                if good:
                    yield good
            self._again.extendleft(reversed(left))

    def _lines(self) -> Iterator[str]:
        while self._again:
            yield self._again.popleft()
        yield from self._text

    def _sorted(
        self, chunk: list[Row], lines: list[str], error: csv.Error | None
    ) -> tuple[list[Row], list[str] | None]:
        """Return the good rows, and the lines to read again after a torn row, if any."""
        good: list[Row] = []
        width = len(self._header)
        at = 0
        for row in chunk:
            size = 1 + sum(cell.count("\n") for cell in row)
            if len(row) == width:
                good.append(row)
                self._row += 1
            elif row:
                reason = f"{len(row)} cells instead of {width}"
                left = self._mended(lines[at : at + size], at, reason, good)
                if left:
                    return good, left + lines[at + size :]
            at += size
        if error is None:
            return good, None
        return good, self._mended(lines[at:], at, _reason(error), good)

    def _mended(self, lines: list[str], at: int, reason: str, good: list[Row]) -> list[str]:
        """Read a torn row if possible, otherwise count its first line as bad."""
        text = ""
        for number, line in enumerate(lines[:LINES_JOINED], start=1):
            text += line
            if len(text) > FIELD_SIZE_LIMIT:
                break
            row = read_torn(text, len(self._header), self._delimiter)
            if row:
                good.append(row)
                self._row += 1
                return lines[number:]
        begins = self._line + at + 1
        # The next lines are read separately, but while they are bad they count as the same row.
        if begins > self._torn_until:
            self._torn_until = begins + len(lines) - 1
            self._row += 1
            self._bad_count += 1
            if len(self._bad) < BAD_ROWS_KEPT:
                place = torn_cell(lines[0], self._delimiter)
                column = self._header[place] if place < len(self._header) else None
                torn = "cells instead" not in reason and column
                self._bad.append(BadRow(self._row, begins, reason, column if torn else None))
        return lines[1:]


def _reason(error: csv.Error) -> str:
    reason = str(error)
    if "field limit" in reason:
        return f"a cell has more than {FIELD_SIZE_LIMIT} characters"
    if "unexpected end" in reason:
        return "the file ends within a quoted cell"
    return "misplaced quote or line break"
