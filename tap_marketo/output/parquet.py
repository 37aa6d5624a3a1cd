"""Writes BATCH files as Parquet, with the schema of the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from tap_marketo.files.arrow import TYPES, array_of, read_columns
from tap_marketo.files.records import Shape
from tap_marketo.output.batch import CODECS, ColumnFile
from tap_marketo.output.records import picker
from tap_marketo.values.kinds import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_marketo.output.stream import ExportedStream
    from tap_marketo.sdk import BatchConfig

ROWS_A_GROUP = 50_000
"""Buffered rows that are written as a row group."""


class ParquetFile(ColumnFile):
    """Parquet files with typed columns; timestamps are in UTC, objects are JSON text."""

    suffix = "parquet"

    def __init__(self, stream: ExportedStream, config: BatchConfig) -> None:
        """See `BatchFile`."""
        super().__init__(stream, config)
        self._columns = [
            Column(name, name, _kind(schema))
            for name, schema in stream.schema["properties"].items()
            if stream.is_written(name)
        ]
        self.schema = pa.schema([(column.name, TYPES[column.kind]) for column in self._columns])
        self.shape = Shape(self._tuple_of)
        self._compression = config.encoding.compression or CODECS["parquet"][0]
        self._pending: list[pa.RecordBatch] = []
        self._writer: pq.ParquetWriter | None = None

    def read_file(
        self, file: BinaryIO, header: Sequence[str], fields: Sequence[str], expected: int | None
    ) -> Iterator[pa.RecordBatch]:
        """Read a whole export file column by column."""
        stream = self._stream
        columns = stream.columns(fields) or ()
        selected = [column for column in columns if stream.is_written(column.name)]
        blocks = read_columns(
            file, header, selected, stream.anomalies, requested=fields, expected=expected
        )
        for block in blocks:
            by_name = dict(zip((column.name for column in selected), block, strict=True))
            arrays = [
                by_name.get(name, pa.nulls(len(block[0]), kind))
                for name, kind in zip(self.schema.names, self.schema.types, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def begin(self, file: BinaryIO) -> None:
        """Start a file."""
        self._writer = pq.ParquetWriter(file, self.schema, compression=self._compression)

    def joined(self, records: list[tuple[Any, ...]]) -> pa.RecordBatch:
        """Convert records to columns."""
        values = zip(*records, strict=True)
        anomalies = self._stream.anomalies
        arrays = [
            array_of(cells, column, anomalies)
            for cells, column in zip(values, self._columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def cut(self, part: pa.RecordBatch, size: int) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """Split columns."""
        return part.slice(0, size), part.slice(size)

    def write(self, part: pa.RecordBatch) -> None:
        """Buffer columns until they fill a row group."""
        self._pending.append(part)
        if sum(batch.num_rows for batch in self._pending) >= ROWS_A_GROUP:
            self._write_group()

    def finish(self) -> None:
        """Write the remaining rows and the footer."""
        self._write_group()
        if self._writer:
            self._writer.close()

    def _write_group(self) -> None:
        if self._pending and self._writer:
            self._writer.write_table(pa.Table.from_batches(self._pending), ROWS_A_GROUP)
            self._pending.clear()

    def _tuple_of(self, names: Sequence[str]) -> Callable[..., tuple[Any, ...]]:
        # The order of the schema may differ from that of the file's columns.
        places = {name: place for place, name in enumerate(names)}
        missing = [name for name in self.schema.names if name not in places]
        kept = [places.get(name, len(names)) for name in self.schema.names]
        pick = picker(kept)
        if missing:
            return lambda *values: pick((*values, None))
        if kept == list(range(len(names))):
            return lambda *values: values
        return lambda *values: pick(values)


def _kind(schema: dict[str, Any]) -> Kind:
    by_type = {
        "integer": Kind.INTEGER,
        "number": Kind.NUMBER,
        "boolean": Kind.BOOLEAN,
        "object": Kind.OBJECT,
    }
    for name, kind in by_type.items():
        if name in schema["type"]:
            return kind
    return {"date": Kind.DATE, "date-time": Kind.DATETIME}.get(schema.get("format", ""), Kind.TEXT)
