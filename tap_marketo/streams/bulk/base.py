"""Streams whose records come from export files, one window after the other."""

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
        """Write the records of a file; yields those of the stream whose turn it is.

        Args:
            file: Verified, at its beginning.
            fields: As the export asked for them.
            expected: How many records the job says the file has, if it does.
            job: Id of the export job, for warnings.

        Raises:
            ExportFileError: The file cannot be read.
            BadRowsError: Some of its rows cannot be read; the records of all others have left.
        """


REFUSED = (AccessDeniedError, FeatureUnavailableError, NotFoundError)
"""Why a stream that is no must is left out."""


class BulkStream(ExportedStream):
    """A stream that reads finished exports.

    Its bookmark is the end of the last window whose records were all written, never a value of a
    record: Marketo filters by times that the records do not show.
    """

    tap: TapMarketo
    takes_bookmark_from_records = False
    group_name: str
    """Streams of one group that stand at the same bookmark share their exports."""
    permissions: tuple[str, ...] = ()
    """What the role of the API user needs."""
    jobs_for_each = ""
    """Of what there is an export job each, beside the windows; empty when nothing."""
    default_lookback = 0
    """Seconds that a run reaches back before its bookmark for records that appear late."""
    keeps_bookmark = True
    """Whether it notes what is exported."""
    ignores_bookmark = False
    """Whether it reads something else this time, and leaves bookmark and jobs to the usual runs."""

    def __init__(self, tap: TapMarketo, name: str, schema: dict[str, Any]) -> None:
        """Keep the tap; see `Stream`."""
        super().__init__(tap=tap, name=name, schema=schema)
        self.tap = tap
        self.anomalies = Anomalies()
        self._record_counter: metrics.Counter | None = None

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:
        """What one export for several streams of the group asks for.

        Args:
            members: The selected streams of the group, this one among them.
        """
        raise NotImplementedError

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:
        """Add to a series what only the stream knows; nothing by default.

        Args:
            series: Of the streams that this one leads.
            bookmark: What earlier runs have exported.
            ask: Whether Marketo may be asked.

        Raises:
            ResponseError: Marketo has to be asked, and refused.
        """

    def columns(self, fields: Sequence[str]) -> list[Column] | None:  # noqa: ARG002
        """The columns of the file that make up a record; None if there is more to it.

        Args:
            fields: As the export asked for them.
        """
        return None

    def reader(
        self, header: Sequence[str], fields: Sequence[str], shape: Shape | None
    ) -> Callable[[Row], Any]:
        """A function that makes this stream's record of a row.

        Args:
            header: Of the file.
            fields: As the export asked for them.
            shape: What records are made of; None for dicts.

        Raises:
            ExportFileError: The file lacks what every record needs.
        """
        columns = self.columns(fields)
        if columns is None:
            raise NotImplementedError
        return compile_record(header, columns, self.anomalies, requested=fields, shape=shape)

    def writer(self, members: Sequence[BulkStream]) -> FileWriter:
        """Who writes the files of the group.

        Args:
            members: The streams of the group, this one among them.
        """
        batches = None if self.tap.plan.is_dry_run else self.get_batch_config(self.config)
        return FanOut(self, members, batches)

    def routing_column(self, header: Sequence[str]) -> int | None:
        """The place of the column that decides which streams take a row; None if all do.

        Args:
            header: Of the file.
        """
        del header
        return None

    def accepts(self, cell: str) -> bool:  # noqa: ARG002
        """Whether rows with this cell in the routing column belong to the stream.

        Args:
            cell: As the file spells it.
        """
        return True

    def warn_of_gone_columns(self) -> None:
        """Name the columns that a catalog selects and Marketo has not."""
        known = self.schema["properties"]
        for name in self.effective_schema.get("properties", {}):
            if name not in known and self.mask.get(("properties", name), True):
                self.logger.warning(
                    "%s: column %s of the catalog is not in Marketo any more and stays empty."
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
        """Write what is left of the stream's exports, with state after each window.

        Nothing is yielded: the records of all streams of a group leave together, when their file is
        there, whichever stream's turn it is. Only a test reads one file for each stream.
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
            piece.file.seek(0)  # each stream of the kind reads the same file
            yield from self.writer([self]).write(piece.file, piece.series.request.fields)

    def get_batches(
        self, batch_config: BatchConfig, context: Context | None = None
    ) -> Iterable[tuple[BaseBatchFileEncoding, list[str]]]:
        """Write BATCH messages, window after window, with state after each.

        Nothing is yielded: a window's files must leave before its bookmark moves, and the SDK
        would write them after. Streams with maps or flattening write RECORD messages instead,
        as do the few records that come from elsewhere than a file.
        """
        if self.tap.plan.is_dry_run:
            yield from super().get_batches(batch_config, context)
            return
        with self.get_record_counter():
            self.write_own(self.get_records(context))

    def write_own(self, records: Iterable[Record]) -> int:
        """Write records of this stream one by one.

        Args:
            records: As they come.

        Returns:
            How many there were.
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
            piece: With its window.

        Raises:
            ResponseError: A call failed.
        """
        raise NotImplementedError

    @property
    def sharing(self) -> int:
        """How many other streams share its exports, and so fail with it."""
        group = self.tap.plan.group_of(self)
        return len(group.members) - 1 if group else 0

    def give_up(self, error: ResponseError) -> None:
        """Skip the rest of a stream that Marketo refuses; its bookmark stays.

        Args:
            error: What Marketo answered.
        """
        self.tap.outcome.skip_stream(self.name, self.permissions, error)

    def get_record_counter(self, **options: Any) -> metrics.Counter:
        """Return the one counter of the stream, whoever writes its records.

        Args:
            options: See `Stream.get_record_counter`.
        """
        if self._record_counter is None:
            self._record_counter = super().get_record_counter(**options)
        return self._record_counter

    def write_state(self) -> None:
        """Write the state, which is still that of the last finished window."""
        write_state(self)

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Nothing: a window's end is the bookmark."""
