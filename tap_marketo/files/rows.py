"""An export file is read as rows of text, in constant memory, cell by cell as it was written.

RFC 4180 as `bulk-extract.md` has it: a cell may hold delimiters, doubled quotes, carriage returns
and line breaks, so that nothing here ever splits on lines. A malformed file is an error with its
line number, never with its contents.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Iterator, Sequence

    from tap_marketo.values.kinds import Anomalies, Column

FIELD_SIZE_LIMIT = 16 * 1024 * 1024
"""Longest cell in characters; finite, so that a lost quote cannot swallow the rest of a file."""

ROWS_A_CHUNK = 100
"""Enough to spread the cost of a chunk, few enough to hold where all have the longest cells."""

_CHUNK = 64 * 1024

# A noncharacter, which Unicode keeps free for such uses.
RETURN = "\ufdd0"
_BARE_RETURN = re.compile(rb"\r(?!\n)")


class ExportFileError(Exception):
    """A file that is not what an export writes.

    Attributes:
        line: The line of the file at which it was noticed, counted from 1, if there is one.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        """Say what is wrong, without the contents of the file."""
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line


def read_rows(
    file: BinaryIO, *, delimiter: str = ",", anomalies: Anomalies
) -> tuple[list[str], Iterator[list[list[str]]]]:
    """Read an export file.

    NUL characters are dropped and invalid UTF-8 is replaced by U+FFFD, both counted; a byte order
    mark and blank lines are skipped. A literal ``null`` is left to the columns.

    Args:
        file: The whole, verified file, at its beginning. It stays open.
        delimiter: ``,`` for CSV, a tab for TSV.
        anomalies: Where to count; complete once the rows are exhausted.

    Returns:
        The header, empty for an empty file, and the rows, each of as many cells as the header and
        some of them at a time.

    Raises:
        ExportFileError: Here for the header, and from the rows: a row of fewer or more cells, an
            oversized cell, or a quote that is misplaced or never closed.
    """
    # Global to the process, and the only limit the csv module has.
    csv.field_size_limit(FIELD_SIZE_LIMIT)
    sound = SoundBytes(file, anomalies)
    text = io.TextIOWrapper(cast("BinaryIO", sound), encoding="utf-8-sig", newline="")
    # Not strict, the module would take an unclosed quote's rest of the file for one good cell.
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(filter(None, reader), [])
    except csv.Error as error:
        raise _malformed(error, reader.line_num) from None
    return _with_returns(header), _chunks(reader, len(header), sound)


def _chunks(reader: Reader, width: int, sound: SoundBytes) -> Iterator[list[list[str]]]:
    while True:
        before = reader.line_num
        try:
            chunk = list(islice(reader, ROWS_A_CHUNK))
        except csv.Error as error:
            raise _malformed(error, reader.line_num) from None
        if not chunk:
            return
        if set(map(len, chunk)) != {width}:
            _refuse_ragged(chunk, width, before)
            chunk = [row for row in chunk if row]
        yield [_with_returns(row) for row in chunk] if sound.bare_returns else chunk


def _refuse_ragged(chunk: list[list[str]], width: int, line: int) -> None:
    for row in chunk:
        line += 1 + sum(cell.count("\n") for cell in row)
        if row and len(row) != width:
            raise ExportFileError(f"{len(row)} cells where the header has {width}", line)


def _with_returns(row: list[str]) -> list[str]:
    return [cell.replace(RETURN, "\r") for cell in row]


def _malformed(error: csv.Error, line: int) -> ExportFileError:
    reason = str(error)
    if "field limit" in reason:
        reason = f"a cell of more than {FIELD_SIZE_LIMIT} characters"
    elif "unexpected end" in reason:
        reason = "the file ends within a quoted cell"
    else:
        reason = "a quote or a line break where none can stand"
    return ExportFileError(reason, line)


class SoundBytes(io.BufferedIOBase):
    """The bytes of a file as UTF-8 without NUL, repaired chunk by chunk below the decoder.

    The csv module of Python 3.10 refuses NUL, and a decoder's error handler cannot count for one
    file; so the text layer above sees nothing to object to. A carriage return that no line feed
    follows is data, quoted or not, where the module would see the end of a row: it travels as a
    character that no text holds.
    """

    def __init__(self, file: BinaryIO, anomalies: Anomalies) -> None:
        """Bind a file.

        Args:
            file: At its beginning; it stays open.
            anomalies: Where to count what is dropped and replaced.
        """
        self.bare_returns = False
        self._file = file
        self._anomalies = anomalies
        self._held = b""
        self._incomplete = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read1(self, _size: int = -1, /) -> bytes:
        """Return the next chunk, empty only at the end; `io.TextIOWrapper` takes any size."""
        while True:
            chunk = self._file.read(_CHUNK)
            last = not chunk
            chunk, self._held = self._held + chunk, b""
            if b"\r" in chunk:
                chunk = self._without_returns(chunk, last=last)
            if b"\0" in chunk:
                self._anomalies.nul_characters += chunk.count(b"\0")
                chunk = chunk.replace(b"\0", b"")
            if self._incomplete or not chunk.isascii():
                chunk = self._repaired(self._incomplete + chunk, last=last)
            if chunk or last:
                return chunk

    def _without_returns(self, chunk: bytes, *, last: bool) -> bytes:
        if not last and chunk.endswith(b"\r"):
            chunk, self._held = chunk[:-1], b"\r"
        chunk, count = _BARE_RETURN.subn(RETURN.encode(), chunk)
        self.bare_returns = self.bare_returns or count > 0
        return chunk

    def _repaired(self, chunk: bytes, *, last: bool) -> bytes:
        try:
            _, length = codecs.utf_8_decode(chunk, "strict", last)
        except UnicodeDecodeError:
            text, length = codecs.utf_8_decode(chunk, "replace", last)
            sound = text.encode()
            self._anomalies.undecodable += text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd")
        else:
            sound = chunk[:length]
        self._incomplete = chunk[length:]
        return sound


def header_positions(
    header: Sequence[str],
    columns: Sequence[Column],
    *,
    requested: Sequence[str] = (),
) -> list[int | None]:
    """Return where each column stands in the file.

    By exact name; else by name in any case; else, as program member files show display names
    (`bulk-program-member-extract.md`), by the place at which the field was requested. Places are
    trusted only if the file has as many cells as fields were requested (or one more, a
    ``programId`` in front, which may be there twice then) and no column found by name contradicts
    them.

    Args:
        header: The header of the file.
        columns: The columns wanted.
        requested: The fields in the order of the export's request; without them, no places.

    Returns:
        A position per column, None for one that the file does not have.

    Raises:
        ExportFileError: A required column is missing, or all columns are.
    """
    by_name = {name: position for position, name in reversed(list(enumerate(header)))}
    positions = [by_name.get(column.source) for column in columns]
    free = {
        name.lower(): position
        for name, position in reversed(list(by_name.items()))
        if position not in positions
    }
    for index, column in enumerate(columns):
        if positions[index] is None:
            positions[index] = free.pop(column.source.lower(), None)
    places = _requested_places(header, requested)
    if all(
        position in (None, places.get(column.source, position))
        for column, position in zip(columns, positions, strict=True)
    ):
        taken = set(positions)
        for index, column in enumerate(columns):
            place = places.get(column.source)
            if positions[index] is None and place not in taken:
                positions[index] = place
    for column, position in zip(columns, positions, strict=True):
        if position is None and column.required:
            raise ExportFileError(f"the file has no column {column.source}", 1)
    if columns and header and all(position is None for position in positions):
        raise ExportFileError("the file has none of the columns asked for", 1)
    return positions


def _requested_places(header: Sequence[str], requested: Sequence[str]) -> dict[str, int]:
    added = len(header) - len(requested)
    if not requested or added not in (0, 1):
        return {}
    if added and header[0] != "programId":
        return {}
    places = {name: place for place, name in enumerate(requested, start=added)}
    return places | {"programId": 0} if added else places
