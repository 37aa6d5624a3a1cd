"""Parquet: every column with its type, moments in UTC, objects as JSON text."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from tap_marketo.export.cells import json_text, to_date, to_timestamp
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tap_marketo.export.spool import Row
    from tap_marketo.export.table import Table

CHUNK = 10_000
_LARGEST = 2**63
_TYPES = {
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.DATETIME: pa.timestamp("us", tz="UTC"),
}


def write(path: Path, table: Table, rows: Iterable[Row], warn: Callable[[str], None]) -> None:
    """Write a Parquet file; a value that does not fit its column becomes null, and is counted."""
    schema = pa.schema(
        [(column.name, _TYPES.get(column.kind, pa.string())) for column in table.columns]
    )
    lost: Counter[str] = Counter()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        lines = iter(rows)
        while chunk := list(islice(lines, CHUNK)):
            arrays = [
                pa.array(
                    [_fit(value, column.kind, column.name, lost) for value in values], type=kind
                )
                for values, column, kind in zip(
                    zip(*chunk, strict=True), table.columns, schema.types, strict=True
                )
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    for name, count in lost.items():
        warn(f"{path.name}: column {name}: {count} values do not fit its type and became null.")


def read(path: Path, table: Table) -> Iterator[Row]:
    """The rows of a Parquet file.

    Raises:
        ExportError: The file has other columns.
    """
    with pq.ParquetFile(path) as file:
        table.check_header(file.schema_arrow.names)
        for batch in file.iter_batches(CHUNK):
            yield from map(list, zip(*(one.to_pylist() for one in batch.columns), strict=True))


def _fit(value: Any, kind: Kind, name: str, lost: Counter[str]) -> Any:
    if value is None:
        return None
    fitted = _CONVERTERS[kind](value)
    if fitted is None:
        lost[name] += 1
    return fitted


def _integer(value: Any) -> int | None:
    fits = isinstance(value, int) and -_LARGEST <= value < _LARGEST
    return value if fits else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: to_date,
    Kind.DATETIME: to_timestamp,
    Kind.TEXT: json_text,
    Kind.OBJECT: json_text,
}
