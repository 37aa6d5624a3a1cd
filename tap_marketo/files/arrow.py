"""Reads an export file as typed Arrow columns, for Parquet.

Arrow splits the file and converts whole columns, several times as fast as row by row. It accepts
unescaped quotes that `rows` refuses, so from a block that may have some, the file is read row by
row. If Arrow refuses a column of a block, or would read it differently from `values`, the exact
converters read it.
"""

from __future__ import annotations

import io
import re
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from tap_marketo.files.errors import ExportFileError
from tap_marketo.files.header import header_positions
from tap_marketo.files.records import note_missing
from tap_marketo.files.rows import read_rows
from tap_marketo.files.sound import RETURN, SoundBytes
from tap_marketo.values.anomalies import Anomalies
from tap_marketo.values.convert import read_value
from tap_marketo.values.kinds import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIMESTAMP = pa.timestamp("us", tz="UTC")
TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.DATETIME: TIMESTAMP,
    Kind.OBJECT: pa.string(),
}
"""Column type of each kind; an object becomes JSON text."""

ENCODER = msgspec.json.Encoder(decimal_format="number")

_BLOCK = 1024 * 1024
# A quote that neither opens nor closes a cell and is not doubled, or a cell continues after it.
_STRAY = re.compile(
    rb'"(?<=[^,\n"]")(?:"")*(?=[^,\r\n"])'
    rb'|""(?<=[,\n]"")(?:"")*(?=[^,\r\n"])'
)
_OVERLAP = 16
_LARGEST = 2**63


def read_columns(
    file: BinaryIO,
    header: Sequence[str],
    columns: Sequence[Column],
    anomalies: Anomalies,
    *,
    requested: Sequence[str] = (),
    expected: int | None = None,
) -> Iterator[list[pa.Array]]:
    """Read an export file, some thousand rows at a time.

    Args:
        file: Complete, verified file. It stays open.
        header: Header of the file.
        columns: Columns to read, in order.
        anomalies: Counts of what is lost.
        requested: Fields in the order of the export's request, see `header_positions`.
        expected: Number of rows according to Marketo, if known.

    Yields:
        An array for each column.

    Raises:
        ExportFileError: A required column is missing, or the file is malformed.
        BadRowsError: After the last block, if some rows cannot be read.
    """
    positions = header_positions(header, columns, requested=requested)
    note_missing(columns, positions, anomalies, requested)
    places = sorted({position for position in positions if position is not None})
    rows = 0
    file.seek(0)
    source = _Source(SoundBytes(file, anomalies))
    try:
        for block in _blocks(source, len(header), places):
            rows += block.num_rows
            cells = dict(zip(places, block.columns, strict=True))
            if source.sound.bare_returns:
                cells = {
                    place: pc.replace_substring(cells[place], RETURN, "\r") for place in places
                }
            arrays = [
                pa.nulls(block.num_rows, TYPES[column.kind])
                if position is None
                else _typed(cells[position], column, anomalies)
                for column, position in zip(columns, positions, strict=True)
            ]
            yield _with_keys(arrays, columns, anomalies)
    except (pa.ArrowInvalid, _StrayQuote):
        # Also if a row is longer than a block, or has too few or too many cells.
        source.stop()
        for chunk in _rows_after(file, rows):
            rows += len(chunk)
            arrays = [
                array_of(
                    [_value(row, position, column, anomalies) for row in chunk], column, anomalies
                )
                for column, position in zip(columns, positions, strict=True)
            ]
            yield _with_keys(arrays, columns, anomalies)
    if expected not in (None, rows):
        _refuse_misplaced_quotes(file, rows)


def array_of(values: Sequence[Any], column: Column, anomalies: Anomalies) -> pa.Array:
    """Create a column from the values of records.

    Args:
        values: Values of the column's kind.
        column: Column of the values.
        anomalies: Counts of integers of more than 64 bits, which become null.
    """
    kind = TYPES[column.kind]
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return pa.array(values, pa.string()).cast(kind)
    try:
        return pa.array(values, kind)
    except (pa.ArrowException, OverflowError, TypeError):
        return pa.array([_fitted(value, column, anomalies) for value in values], kind)


def _with_keys(
    arrays: list[pa.Array], columns: Sequence[Column], anomalies: Anomalies
) -> list[pa.Array]:
    for place, column in enumerate(columns):
        without = arrays[place].null_count if column.key else 0
        if without:
            anomalies.keyless += without
            kept = arrays[place].is_valid()
            arrays = [array.filter(kept) for array in arrays]
    return arrays


def _fitted(value: Any, column: Column, anomalies: Anomalies) -> Any:
    if value is None:
        return None
    if column.kind is Kind.INTEGER:
        if -_LARGEST <= value < _LARGEST:
            return value
        anomalies.nulled[column] += 1
        return None
    return float(value) if column.kind is Kind.NUMBER else ENCODER.encode(value).decode()


def _typed(cells: pa.Array, column: Column, anomalies: Anomalies) -> pa.Array:
    if column.kind is Kind.TEXT:
        return cells
    try:
        array = cells.cast(TYPES[column.kind])
    except pa.ArrowInvalid:
        array = None
    if array is None or _is_foreign(cells, array):
        values = [read_value(cell, column, anomalies) for cell in cells.to_pylist()]
        return array_of(values, column, anomalies)
    return array


def _is_foreign(cells: pa.Array, array: pa.Array) -> bool:
    """Return whether Arrow accepted invalid values: hexadecimal or infinite numbers, the year 0."""
    if pa.types.is_integer(array.type):
        return bool(pc.any(pc.match_substring(cells, "x", ignore_case=True)).as_py())
    if pa.types.is_floating(array.type):
        return pc.all(pc.is_finite(array)).as_py() is False
    if pa.types.is_temporal(array.type):
        return pc.any(pc.less(pc.year(array), 1)).as_py() is True
    return False


def _value(row: list[str], position: int | None, column: Column, anomalies: Anomalies) -> Any:
    return None if position is None else read_value(row[position] or None, column, anomalies)


def _blocks(source: _Source, width: int, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
    names = [str(place) for place in range(width)]
    reader: Iterator[pa.RecordBatch] = csv.open_csv(
        pa.PythonFile(source, "r"),
        read_options=csv.ReadOptions(
            use_threads=False, block_size=_BLOCK, column_names=names, skip_rows_after_names=1
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=[names[place] for place in places],
            null_values=["", "null"],
            strings_can_be_null=True,
        ),
    )
    return reader


def _rows_after(file: BinaryIO, skipped: int) -> Iterator[list[list[str]]]:
    file.seek(0)
    _, chunks = read_rows(file, anomalies=Anomalies())
    for chunk in chunks:
        yield chunk[skipped:]
        skipped = max(0, skipped - len(chunk))


def _refuse_misplaced_quotes(file: BinaryIO, rows: int) -> None:
    if sum(map(len, _rows_after(file, 0))) != rows:
        raise ExportFileError("misplaced quote")


class _StrayQuote(Exception):  # noqa: N818 - not an error: the file is read row by row
    """A quote that Arrow might read differently from `rows`."""


class _Source(io.RawIOBase):
    """Sound bytes in the sizes that Arrow requests, checked for stray quotes."""

    def __init__(self, sound: SoundBytes) -> None:
        self.sound = sound
        self.quotes = 0
        self._held = b""
        self._seen = b""
        self._reading = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """End the file here: Arrow reads ahead in another thread, and the file is needed."""
        with self._reading:
            self._stopped = True

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        with self._reading:
            return b"" if self._stopped else self._read(size)

    def _read(self, size: int) -> bytes:
        parts, length = [self._held], len(self._held)
        while length < size:
            chunk = self.sound.read1()
            if not chunk:
                if self.quotes % 2:
                    raise _StrayQuote
                break
            self.quotes += chunk.count(b'"')
            if _STRAY.search(self._seen + chunk):
                raise _StrayQuote
            self._seen = chunk[-_OVERLAP:]
            parts.append(chunk)
            length += len(chunk)
        whole = b"".join(parts)
        self._held = whole[size:]
        return whole[:size]
