"""Streams whose records come from export files, window by window."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

from tap_marketo.client.errors import (
    AccessDeniedError,
    FeatureUnavailableError,
    NotFoundError,
)
from tap_marketo.files.records import compile_record
from tap_marketo.output.fan_out import FanOut
from tap_marketo.output.stream import ExportedStream
from tap_marketo.sdk import write_record, write_state
from tap_marketo.state import Bookmark
from tap_marketo.values.anomalies import Anomalies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from singer_sdk import metrics
    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.job import ExportRequest
    from tap_marketo.exports.machine.series import Piece, Series
    from tap_marketo.files.records import Row, Shape
    from tap_marketo.tap import TapMarketo
    from tap_marketo.values.kinds import Column


class FileWriter(Protocol):
    """Writes export files for all streams of a group."""

    def write(
        self,
        file: BinaryIO,
        fields: Sequence[str],
        expected: int | None = None,
        job: str = "",
    ) -> Iterator[Record]:
        """Write the records of a file; yield those of the stream being read.

        Args:
            file: Verified file, positioned at its start.
            fields: Fields that the export requested.
            expected: Number of records that the job reports, if it does.
            job: Export job id, for warnings.

        Raises:
            ExportFileError: The file cannot be read.
            BadRowsError: Some rows cannot be read; the records of all others are written.
        """


REFUSED = (AccessDeniedError, FeatureUnavailableError, NotFoundError)
"""Errors that skip an optional stream."""


class BulkStream(ExportedStream):
    """A stream that reads finished exports.

    Its bookmark is the end of the last fully written window, never a value of a record: Marketo
    filters by times that the records do not contain.
    """

    tap: TapMarketo
    takes_bookmark_from_records = False
    group_name: str
    """Streams of one group with the same bookmark share their exports."""
    permissions: tuple[str, ...] = ()
    """Permissions that the role of the API user needs."""
    jobs_for_each = ""
    """What multiplies the number of jobs, for example "ten programs"; empty when nothing does."""
    default_lookback = 0
    """Seconds that a run reads again before its bookmark, for records that appear late."""
    keeps_bookmark = True
    """Whether the stream records in its state what is exported."""
    ignores_bookmark = False
    """Whether this run reads something else and leaves bookmark and jobs to regular runs."""

    def __init__(self, tap: TapMarketo, name: str, schema: dict[str, Any]) -> None:
        """Store the tap; see `Stream`."""
        super().__init__(tap=tap, name=name, schema=schema)
        self.tap = tap
        self.anomalies = Anomalies()
        self._record_counter: metrics.Counter | None = None

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:
        """The request of one export for several streams of the group.

        Args:
            members: Selected streams of the group, including this one.
        """
        raise NotImplementedError

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:
        """Add stream-specific options to a series; none by default.

        Args:
            series: Series of the streams that this one leads.
            bookmark: What earlier runs have exported.
            ask: Whether Marketo may be called.

        Raises:
            ResponseError: A call was needed, and Marketo refused it.
        """

    def columns(self, fields: Sequence[str]) -> list[Column] | None:  # noqa: ARG002
        """The file's columns that make up a record; None if a record needs more than columns.

        Args:
            fields: Fields that the export requested.
        """
        return None

    def reader(
        self, header: Sequence[str], fields: Sequence[str], shape: Shape | None
    ) -> Callable[[Row], Any]:
        """A function that converts a row to this stream's record.

        Args:
            header: Header of the file.
            fields: Fields that the export requested.
            shape: Type of the records; None for dicts.

        Raises:
            ExportFileError: The file lacks a required column.
        """
        columns = self.columns(fields)
        if columns is None:
            raise NotImplementedError
        return compile_record(header, columns, self.anomalies, requested=fields, shape=shape)

    def writer(self, members: Sequence[BulkStream]) -> FileWriter:
        """The writer for the files of the group.

        Args:
            members: Streams of the group, including this one.
        """
        batches = None if self.tap.plan.is_dry_run else self.get_batch_config(self.config)
        return FanOut(self, members, batches)

    def routing_column(self, header: Sequence[str]) -> int | None:
        """Index of the column that decides which streams get a row; None if all do.

        Args:
            header: Header of the file.
        """
        del header
        return None

    def accepts(self, cell: str) -> bool:  # noqa: ARG002
        """Whether rows with this cell in the routing column belong to the stream.

        Args:
            cell: Cell as spelled in the file.
        """
        return True

    def warn_of_gone_columns(self) -> None:
        """Warn of selected columns that Marketo no longer has."""
        known = self.schema["properties"]
        for name in self.effective_schema.get("properties", {}):
            if name not in known and self.mask.get(("properties", name), True):
                self.logger.warning(
                    "%s: column %s is in the catalog but no longer in Marketo, so it stays empty."
                    " Run discovery again to remove it from the catalog.",
                    self.name,
                    name,
                )

    def bookmark(self) -> Bookmark:
        """What earlier runs have exported.

        Raises:
            MarketoError: The bookmark cannot be read.
        """
        if self.replication_method != "INCREMENTAL":
            return Bookmark()
        return Bookmark.from_state(self.stream_state, self.name)

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """Write the rest of the stream's exports, with state after each window.

        Yields nothing: the records of all streams of a group are written together as soon as their
        file is downloaded. Only a test reads one file for each stream.
        """
        plan = self.tap.plan
        if plan.is_dry_run:
            yield from self._sample()
        else:
            plan.finish(self)
        for line in self.anomalies.lines():
            self.logger.warning("%s", line)

    def _sample(self) -> Iterable[Record]:
        piece = self.tap.plan.sample(self)
        if piece and piece.file:
            piece.file.seek(0)  # all streams of the group read the same file
            yield from self.writer([self]).write(piece.file, piece.series.request.fields)

    def get_batches(
        self, batch_config: BatchConfig, context: Context | None = None
    ) -> Iterable[tuple[BaseBatchFileEncoding, list[str]]]:
        """Write BATCH messages window by window, with state after each.

        Yields nothing: a window's files must be written before its bookmark moves, and the SDK
        would write them after. Streams with maps or flattening write RECORD messages instead, and
        so do the few records that do not come from a file.
        """
        if self.tap.plan.is_dry_run:
            yield from super().get_batches(batch_config, context)
            return
        with self.get_record_counter():
            self.write_own(self.get_records(context))

    def write_own(self, records: Iterable[Record]) -> int:
        """Write records of this stream one by one.

        Args:
            records: Records to write.

        Returns:
            Number of records.
        """
        counter, count = None, 0
        with ExitStack() as stack:
            for record in records:
                counter = counter or stack.enter_context(self.get_record_counter())
                write_record(self, record)
                counter.increment()
                count += 1
        return count

    def changed_records(self, piece: Piece) -> Iterable[Record]:
        """Records of a piece that is read by REST calls.

        Args:
            piece: Piece with its window.

        Raises:
            ResponseError: A call failed.
        """
        raise NotImplementedError

    @property
    def sharing(self) -> int:
        """Number of other streams that share its exports, and so fail with it."""
        group = self.tap.plan.group_of(self)
        return len(group.members) - 1 if group else 0

    def skip_rest(self, error: ResponseError) -> None:
        """Skip the rest of a stream that Marketo refuses; its bookmark stays.

        Args:
            error: Marketo's answer.
        """
        self.tap.outcome.skip_stream(self.name, self.permissions, error)

    def get_record_counter(self, **options: Any) -> metrics.Counter:
        """Return the stream's only counter, also when another stream writes its records.

        Args:
            options: See `Stream.get_record_counter`.
        """
        if self._record_counter is None:
            self._record_counter = super().get_record_counter(**options)
        return self._record_counter

    def write_state(self) -> None:
        """Write the state as of the last finished window."""
        write_state(self)

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Return None: the bookmark is the end of a window."""
