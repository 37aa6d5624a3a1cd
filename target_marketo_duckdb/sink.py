"""Sink of one stream: collects its data and loads it through a stage with the table's types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
from singer_sdk.exceptions import InvalidJSONSchema
from singer_sdk.sinks import Sink

from target_marketo_duckdb.columns import (
    BIGINT,
    HUGEINT,
    READ_AS,
    TIMESTAMP,
    Column,
    columns_of,
    identifier,
    literal,
    reader,
)
from target_marketo_duckdb.errors import LoadError, TooBigError, explain, without_contents
from target_marketo_duckdb.files import BatchFile, batch_file
from target_marketo_duckdb.spool import Spool
from target_marketo_duckdb.table import DELETED_AT, STAGE, TABLE_VERSION, Table, utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.helpers._batch import BaseBatchFileEncoding
    from singer_sdk.sinks.core import BaseJSONSchemaValidator

    from target_marketo_duckdb.target import TargetMarketoDuckDB

_NUMBERS = count()
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Metadata:
    """The columns that Singer targets add, as expressions on a RECORD message.

    Attributes:
        types: Types by column name.
        values: Expressions by column name, on a message of the stage's source.
    """

    types: dict[str, str]
    values: dict[str, str]


class DuckDBSink(Sink):
    """RECORD lines in a spool file and BATCH files, in order of arrival.

    Attributes:
        pending: Bytes waiting for the next drain.
        renamed: Names of columns that differ from another only by case, by property.
    """

    def __init__(
        self,
        target: TargetMarketoDuckDB,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        """Read the schema.

        Args:
            target: Target that reads the messages.
            stream_name: Name of the stream and of its table.
            schema: JSON schema of its records.
            key_properties: Properties that make a row unique.

        Raises:
            InvalidJSONSchema: The schema lacks a key property.
        """
        super().__init__(target, stream_name, schema, key_properties)
        self._target = target
        self.columns = columns_of(schema)
        self.renamed = {
            column.source: column.name for column in self.columns if column.source != column.name
        }
        for source, name in self.renamed.items():
            self.logger.warning(
                "Stream %s: property %r is loaded into column %r, because DuckDB ignores case.",
                stream_name,
                source,
                name,
            )
        lacking = set(self.key_properties) - {column.source for column in self.columns}
        if lacking:
            raise InvalidJSONSchema(
                f"The SCHEMA of stream {stream_name} lacks key properties:"
                f" {', '.join(sorted(lacking))}."
            )
        self.pending = 0
        self.versioned = False
        self._parts: list[Spool | BatchFile] = []
        self._prepared: tuple[Table, dict[str, str]] | None = None

    # DuckDB does when reading what the SDK does record by record.

    def get_validator(self) -> BaseJSONSchemaValidator | None:
        """Return None: DuckDB validates when reading."""
        return None

    def _add_sdc_metadata_to_schema(self) -> None:
        pass

    def _remove_sdc_metadata_from_schema(self) -> None:
        pass

    # Collect

    def take(self, lines: Sequence[bytes]) -> None:
        """Store RECORD messages until the next drain.

        Args:
            lines: Lines of this stream, unparsed.
        """
        if not self._parts or not isinstance(self._parts[-1], Spool):
            self._parts.append(Spool(self._target.folder / f"{next(_NUMBERS)}.jsonl"))
        spool = self._parts[-1]
        if isinstance(spool, Spool):
            before = spool.size
            spool.write(lines)
            self.pending += spool.size - before
        self.tally_record_read(len(lines))
        self.record_counter_metric.increment(len(lines))

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Store a record that was parsed in Python.

        Args:
            record: Record after stream maps.
            context: The RECORD message.
        """
        message = {key: context[key] for key in ("version", "time_extracted") if key in context}
        self.take([_ENCODER.encode(message | {"record": self._rename(record)})])

    def process_batch_files(self, encoding: BaseBatchFileEncoding, files: Sequence[str]) -> None:
        """Store files until the next drain.

        Args:
            encoding: Encoding of all files.
            files: URLs of the files.
        """
        for url in files:
            file = batch_file(url, encoding, self._target.folder, self.batch_config)
            self._parts.append(file)
            self.pending += file.weight
            self.tally_record_read()

    def _rename(self, record: dict[str, Any]) -> dict[str, Any]:
        if not self.renamed:
            return record
        return {self.renamed.get(name, name): value for name, value in record.items()}

    # Drain

    def prepare(self) -> None:
        """Create the table, or change it to match the schema."""
        if self._prepared or not self.columns:
            return
        table = Table(self._target.connection, self._target.schema, self.stream_name)
        wanted = {column.name: column.type for column in self.columns}
        if self.include_sdc_metadata_properties:
            wanted |= self._metadata().types
        names = table.ensure(wanted)
        self._prepared = table, names

    def process_batch(self, context: dict[str, Any]) -> None:
        """Load the stored data, in the transaction of the drain.

        Args:
            context: Unused.

        Raises:
            LoadError: DuckDB refused the data.
        """
        del context
        if self._prepared is None:
            raise LoadError(f"The SCHEMA of stream {self.stream_name} has no properties.")
        for part in self._parts:
            if isinstance(part, Spool):
                self._load_spool(part)
            else:
                self._load_file(part)

    def committed(self) -> None:
        """Remove the loaded data."""
        for part in self._parts:
            part.remove()
        self._parts.clear()
        self.pending = 0

    @property
    def is_prepared(self) -> bool:
        """Whether the table matches the schema."""
        return self._prepared is not None or not self.columns

    def widen_integers(self, columns: set[str]) -> None:
        """Widen columns for integers of more than 64 bits.

        Args:
            columns: Names of their properties.
        """
        self.columns = [
            replace(column, type=HUGEINT) if column.name in columns else column
            for column in self.columns
        ]

    def rolled_back(self) -> None:
        """Inspect the table again before the next attempt."""
        self._prepared = None

    def activate_version(self, new_version: int) -> None:
        """Remove, or mark as deleted, the rows of older versions.

        Args:
            new_version: Version that stays.
        """
        self._target.drain_all()
        with self._target.transaction():
            table = Table(self._target.connection, self._target.schema, self.stream_name)
            table.activate(new_version, hard_delete=self._hard_delete, all_versioned=self.versioned)
        self._prepared = None

    @property
    def _hard_delete(self) -> bool:
        return bool(self.config.get("hard_delete"))

    def _load_spool(self, spool: Spool) -> None:
        columns = [Column(column.name, column.name, column.type) for column in self.columns]
        fields = _fields(columns)
        source = (
            f"read_json({literal(str(spool.path))}, format = 'newline_delimited', records = true,"
            f" compression = 'uncompressed', maximum_object_size = {spool.longest},"
            " columns = {record: "
            f"{literal(f'STRUCT({fields})')}, time_extracted: 'TIMESTAMPTZ', version: 'BIGINT'}})"
        )
        values = {column.source: f"record.{identifier(column.name)}" for column in columns}
        try:
            self._load(source, columns, values, self._metadata("time_extracted", "version"))
        except duckdb.Error as error:
            cause = explain(spool.path, columns, self.stream_name, error)
            if isinstance(cause, TooBigError):
                cause.sink = self
            raise cause from None

    def _load_file(self, file: BatchFile) -> None:
        metadata = self._metadata()
        try:
            if file.format == "jsonl":
                columns = [column for column in self.columns if column.source == column.name]
                values = {column.source: identifier(column.name) for column in columns}
                self._load(file.json_source(_pairs(columns)), columns, values, metadata)
                return
            source = file.parquet_source()
            description = self._target.connection.execute(f"DESCRIBE SELECT * FROM {source}")
            types = {row[0]: row[1] for row in description.fetchall()}
            columns = [column for column in self.columns if column.source in types]
            values = {column.source: identifier(column.source) for column in columns}
            self._load(source, columns, values, metadata, types)
        except duckdb.Error as error:
            raise LoadError(
                f"Stream {self.stream_name}: BATCH file {file.url} was refused:"
                f" {without_contents(error)}"
            ) from None

    def _load(
        self,
        source: str,
        columns: Sequence[Column],
        values: dict[str, str],
        metadata: Metadata,
        types: dict[str, str] | None = None,
    ) -> None:
        assert self._prepared  # noqa: S101 - by process_batch
        table, names = self._prepared
        staged: dict[str, str] = {}
        for column in columns:
            name = names[column.name]
            target = table.types[name]
            value = values[column.source]
            staged[name] = (
                reader(value, column, target)
                if types is None
                else _converted(value, types[column.source], target)
            )
        added = metadata.values
        if not self.include_sdc_metadata_properties:
            added = {TABLE_VERSION: added[TABLE_VERSION]} if self.versioned else {}
            names = names | table.ensure(dict.fromkeys(added, BIGINT))
        for name, value in added.items():
            staged.setdefault(names[name], f"{value}::{table.types[names[name]]}")
        select = ", ".join(f"{value} AS {identifier(name)}" for name, value in staged.items())
        connection = self._target.connection
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {STAGE} AS SELECT {select} FROM {source}")
        keys = (
            [names[column.name] for column in self.columns if column.source in self.key_properties]
            if self.config.get("load_method") != "append-only"
            else []
        )
        table.merge_stage(list(staged), keys, hard_delete=self._hard_delete)
        connection.execute(f"DROP TABLE {STAGE}")

    def _metadata(self, extracted: str = "NULL", version: str = "NULL") -> Metadata:
        now = datetime.now(timezone.utc)
        received = utc(now.isoformat())
        values = {
            "_sdc_extracted_at": f"({extracted}::TIMESTAMPTZ AT TIME ZONE 'UTC')",
            "_sdc_received_at": received,
            "_sdc_batched_at": received,
            DELETED_AT: "NULL",
            "_sdc_sequence": str(round(now.timestamp() * 1000)),
            TABLE_VERSION: version,
            "_sdc_sync_started_at": str(self.sync_started_at),
        }
        types = {name: TIMESTAMP if name.endswith("_at") else BIGINT for name in values}
        types["_sdc_sync_started_at"] = BIGINT
        return Metadata(types, values)


def _fields(columns: Sequence[Column]) -> str:
    return ", ".join(
        f"{identifier(column.name)} {READ_AS.get(column.type, column.type)}" for column in columns
    )


def _pairs(columns: Sequence[Column]) -> str:
    return ", ".join(
        f"{literal(column.name)}: {literal(READ_AS.get(column.type, column.type))}"
        for column in columns
    )


def _converted(value: str, source: str, target: str) -> str:
    if source == target:
        return value
    if source.startswith("TIMESTAMP WITH TIME ZONE") and target == TIMESTAMP:
        return f"({value} AT TIME ZONE 'UTC')"
    return f"{value}::{target}"
