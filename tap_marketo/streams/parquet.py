"""BATCH files as Parquet: every file of a stream has one schema, that of its SCHEMA message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from tap_marketo.bulk.records import Shape
from tap_marketo.bulk.values import Column, Kind
from tap_marketo.streams.batch import BatchFile
from tap_marketo.streams.output import ENCODER, picker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from singer_sdk.helpers._batch import BatchConfig

    from tap_marketo.bulk.values import Anomalies
    from tap_marketo.streams.bulk import BulkStream

ROWS_A_GROUP = 50_000
"""Rows of a file that are held, as Arrow has them, before they are written."""

MOMENT = pa.timestamp("us", tz="UTC")
_LARGEST = 2**63


class ParquetFile(BatchFile):
    """Typed columns: 64-bit integers and floats, dates, timestamps in UTC, objects as JSON text."""

    suffix = "parquet"

    def __init__(self, stream: BulkStream, config: BatchConfig) -> None:
        """See `BatchFile`."""
        super().__init__(stream, config)
        properties = stream.schema["properties"]
        fields = [
            pa.field(name, arrow_type(one))
            for name, one in properties.items()
            if stream.is_written(name)
        ]
        self.schema = pa.schema(fields)
        self.shape = Shape(self._tuple_of)
        compression = config.encoding.compression
        self._compression = "snappy" if compression in (None, "none") else compression
        self._pending: list[pa.RecordBatch] = []
        self._writer: pq.ParquetWriter | None = None

    def begin(self, file: BinaryIO) -> None:
        """Begin a file."""
        self._writer = pq.ParquetWriter(file, self.schema, compression=self._compression)

    def write(self, records: Sequence[tuple[Any, ...]]) -> None:
        """Keep records column by column."""
        anomalies = self._stream.anomalies
        columns = zip(*records, strict=True)
        arrays = [
            arrow_array(values, field, anomalies)
            for values, field in zip(columns, self.schema, strict=True)
        ]
        self.write_columns(pa.RecordBatch.from_arrays(arrays, schema=self.schema))

    def write_columns(self, batch: pa.RecordBatch) -> None:
        """Keep columns until they fill a row group.

        Args:
            batch: Of this file's schema.
        """
        self._pending.append(batch)
        if sum(one.num_rows for one in self._pending) >= ROWS_A_GROUP:
            self._write_group()

    def finish(self) -> None:
        """Write the rest and the footer."""
        self._write_group()
        if self._writer:
            self._writer.close()

    def _write_group(self) -> None:
        if self._pending and self._writer:
            self._writer.write_table(pa.Table.from_batches(self._pending), ROWS_A_GROUP)
            self._pending.clear()

    def _tuple_of(self, names: Sequence[str]) -> Callable[..., tuple[Any, ...]]:
        # The order of the schema, which may differ from that of the file's columns.
        places = {name: place for place, name in enumerate(names)}
        missing = [name for name in self.schema.names if name not in places]
        kept = [places.get(name, len(names)) for name in self.schema.names]
        pick = picker(kept)
        if missing:
            return lambda *values: pick((*values, None))
        if kept == list(range(len(names))):
            return lambda *values: values
        return lambda *values: pick(values)


def arrow_type(schema: dict[str, Any]) -> pa.DataType:
    """The column type of a property.

    Args:
        schema: Its JSON Schema.
    """
    kinds = schema["type"]
    if "integer" in kinds:
        return pa.int64()
    if "number" in kinds:
        return pa.float64()
    if "boolean" in kinds:
        return pa.bool_()
    return {"date": pa.date32(), "date-time": MOMENT}.get(schema.get("format", ""), pa.string())


def arrow_array(values: Sequence[Any], field: pa.Field, anomalies: Anomalies) -> pa.Array:
    """A column of values.

    Args:
        values: Of one column's kind, as records have them.
        field: Name and type of the column.
        anomalies: Counts integers of more than 64 bits, which become null.
    """
    if field.type in (pa.date32(), MOMENT):
        return pa.array(values, pa.string()).cast(field.type)
    try:
        return pa.array(values, field.type)
    except (pa.ArrowException, OverflowError, TypeError):
        return pa.array([_fitted(value, field, anomalies) for value in values], field.type)


def _fitted(value: Any, field: pa.Field, anomalies: Anomalies) -> Any:
    if value is None:
        return None
    if field.type == pa.int64():
        if -_LARGEST <= value < _LARGEST:
            return value
        anomalies.nulled[Column(field.name, field.name, Kind.INTEGER)] += 1
        return None
    if field.type == pa.float64():
        return float(value)
    return ENCODER.encode(value).decode()
