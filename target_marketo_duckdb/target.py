"""The target: decides when to drain, in one transaction per drain, with STATE after it."""

from __future__ import annotations

import copy
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.mapper import SameRecordTransform

from target_marketo_duckdb.errors import LoadError, TooBigError, without_contents
from target_marketo_duckdb.lines import LineReader
from target_marketo_duckdb.sink import DuckDBSink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from singer_sdk.sinks import Sink

PENDING_BYTES = 32 * 1024 * 1024
"""Most bytes of messages in one load; bounds memory for wide rows."""
ROWS = 100_000


class TargetMarketoDuckDB(Target):
    """Loads Singer streams into a DuckDB file."""

    name = "target-marketo-duckdb"
    package_name = "tap-marketo-engage"
    default_sink_class = DuckDBSink
    message_reader_class = LineReader
    capabilities = [  # noqa: RUF012 - as the SDK has it
        PluginCapabilities.ABOUT,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.BATCH,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema = th.PropertiesList(
        th.Property(
            "filepath",
            th.StringType,
            default="warehouse.duckdb",
            title="File",
            description="Path of the DuckDB file, which is created if missing.",
        ),
        th.Property(
            "default_target_schema",
            th.StringType,
            default="main",
            title="Schema",
            description="Database schema of the tables.",
        ),
        th.Property(
            "hard_delete",
            th.BooleanType,
            default=False,
            title="Hard delete",
            description=(
                "Whether to delete rows that a record marks with _sdc_deleted_at, and rows of an"
                " older version. Otherwise they stay, with _sdc_deleted_at."
            ),
        ),
        th.Property(
            "load_method",
            th.StringType,
            default="upsert",
            allowed_values=["upsert", "append-only"],
            title="Load method",
            description="Whether a record replaces the row with its key or is added.",
        ),
        th.Property(
            "batch_size_rows",
            th.IntegerType,
            default=ROWS,
            title="Rows at once",
            description="Number of records in one load, of at most 32 MB of messages.",
        ),
    ).to_dict()

    def __init__(self, **options: Any) -> None:
        """Create the target; the database is opened on first use.

        Args:
            options: Arguments of `singer_sdk.Target`.
        """
        super().__init__(**options)
        # DuckDB uses all processors for one load; parallel loads would only share its memory.
        self.max_parallelism = 1
        self.schema: str = self.config["default_target_schema"]
        self._folder = tempfile.TemporaryDirectory(prefix="target-marketo-duckdb-")
        self.folder = Path(self._folder.name)
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._waiting = False
        self._signal: int | None = None
        if isinstance(self.message_reader, LineReader):
            self.message_reader.receiver = self

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection to the file, which locks it for other processes.

        Raises:
            LoadError: The file cannot be opened.
        """
        if self._connection is None:
            path = self.config["filepath"]
            if "://" not in path and not path.startswith((":", "md:")):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connection = duckdb.connect(path)
            except duckdb.Error as error:
                is_locked = "lock" in str(error)
                raise LoadError(
                    f"The DuckDB file {path} is open in another process, so nothing can be loaded."
                    " Close it there and run again."
                    if is_locked
                    else f"The DuckDB file {path} cannot be opened: {without_contents(error)}"
                ) from None
            self._connection.execute("SET TimeZone = 'UTC'")
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything in the block, or nothing."""
        connection = self.connection
        connection.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            connection.rollback()
            raise
        try:
            connection.execute("COMMIT")
        except duckdb.Error as error:
            raise LoadError(f"DuckDB could not commit: {without_contents(error)}") from None

    # Lines: `lines.Receiver`

    def takes_lines_of(self, stream: str) -> bool:
        """Whether records of a stream are passed to DuckDB unparsed.

        Args:
            stream: Name of the stream.
        """
        sink = self._sinks_active.get(stream)
        maps = self.mapper.stream_maps.get(stream, ())
        return (
            isinstance(sink, DuckDBSink)
            and not sink.renamed
            and len(maps) == 1
            and all(
                isinstance(map_, SameRecordTransform) and not map_.flattening_enabled
                for map_ in maps
            )
        )

    def take(self, stream: str, lines: Sequence[bytes], *, versioned: bool) -> None:
        """Store RECORD lines.

        Args:
            stream: Name of the stream.
            lines: Lines of the stream.
            versioned: Whether any line has a version.
        """
        sink = self._sinks_active[stream]
        assert isinstance(sink, DuckDBSink)  # noqa: S101 - by takes_lines_of
        sink.versioned |= versioned
        sink.take(lines)

    def at_rest(self) -> None:
        """Drain if enough data waits, and stop after a signal."""
        if self._signal is not None:
            self._stop(self._signal)
        waiting = [sink for sink in self._sinks_active.values() if isinstance(sink, DuckDBSink)]
        rows = sum(sink.current_size for sink in waiting)
        enough = self.config["batch_size_rows"]
        if rows >= enough or sum(sink.pending for sink in waiting) >= PENDING_BYTES:
            self.drain_all()
        elif rows:
            self._handle_max_record_age()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a signal stop the target at once while it waits for lines."""
        self._waiting = True
        try:
            if self._signal is not None:
                self._stop(self._signal)
            yield
        finally:
            self._waiting = False

    # Messages

    def get_sink(
        self,
        stream_name: str,
        *,
        record: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> Sink:
        """The sink of a stream; before it is replaced, its data is loaded.

        Args:
            stream_name: Name of the stream.
            record: Unused.
            schema: JSON schema of the stream.
            key_properties: Key properties of the stream.
        """
        existing = self._sinks_active.get(stream_name)
        if (
            schema is not None
            and existing is not None
            and (
                existing.original_schema != schema
                or existing.key_properties != (key_properties or [])
            )
        ):
            self.drain_all()
        return super().get_sink(
            stream_name, record=record, schema=schema, key_properties=key_properties or []
        )

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "record"})
        stream = message_dict["stream"]
        if stream not in self.mapper.stream_maps:
            self._assert_sink_exists(stream)
        for stream_map in self.mapper.stream_maps[stream]:
            record = stream_map.transform(copy.copy(message_dict["record"]))
            if record is None:
                continue
            self._assert_sink_exists(stream_map.stream_alias)
            sink = self.get_sink(stream_map.stream_alias)
            assert isinstance(sink, DuckDBSink)  # noqa: S101 - there is no other class
            sink.versioned |= message_dict.get("version") is not None
            sink.process_record(record, message_dict)

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "encoding", "manifest"})
        stream = message_dict["stream"]
        self._assert_sink_exists(stream)
        if not self.takes_lines_of(stream):
            raise LoadError(
                f"Stream {stream}: stream_maps, flattening and columns that differ only by case"
                " do not apply to BATCH files. Configure the tap to send records."
            )
        super()._process_batch_message(message_dict)

    # Drains

    def _drain_all(self, sink_list: Iterable[Sink], parallelism: int) -> None:
        del parallelism
        sinks = [sink for sink in sink_list if isinstance(sink, DuckDBSink)]
        if not any(sink.current_size or not sink.is_prepared for sink in sinks):
            return
        while True:
            try:
                with self.transaction():
                    self._load(sinks)
            except TooBigError as error:
                for sink in sinks:
                    sink.rolled_back()
                if error.sink is None:
                    raise
                error.sink.widen_integers(error.columns)
            except duckdb.Error as error:
                raise LoadError(f"DuckDB refused a load: {without_contents(error)}") from None
            else:
                break
        for sink in sinks:
            sink.committed()
            sink.mark_drained()

    def _load(self, sinks: Sequence[DuckDBSink]) -> None:
        for sink in sinks:
            sink.prepare()
            if sink.current_size:
                with sink.batch_processing_timer:
                    sink.process_batch(sink.start_drain())

    def process_endofpipe(self) -> None:
        """Drain the remaining data and close the file."""
        super().process_endofpipe()
        self.close()

    def close(self) -> None:
        """Close the file and remove temporary files."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._folder.cleanup()

    # Signals

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        del frame
        self._signal = signum
        if self._waiting:
            self._stop(signum)

    def _stop(self, signum: int) -> None:
        self._waiting = False
        self.logger.info("Signal %d: loading the data received so far, then stopping.", signum)
        self.process_endofpipe()
        sys.exit(128 + signum)
