"""Streams whose records come from export files, one window after the other."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from tap_marketo.client.errors import (
    AccessDeniedError,
    FeatureUnavailableError,
    MarketoError,
    NotFoundError,
)
from tap_marketo.exports.window import Coverage, moment, rfc3339
from tap_marketo.files.errors import ExportFileError
from tap_marketo.files.records import compile_record
from tap_marketo.output.fan_out import FanOut
from tap_marketo.output.stream import ExportedStream
from tap_marketo.sdk import write_record, write_schema, write_state
from tap_marketo.values.anomalies import Anomalies

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from typing import BinaryIO

    import pendulum
    from singer_sdk import metrics
    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.job import ExportRequest, Filters
    from tap_marketo.exports.series import Series
    from tap_marketo.exports.window import Window
    from tap_marketo.files.records import Row, Shape
    from tap_marketo.streams.bulk.groups import ExportGroup
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
    is_aside = False
    """Whether it reads something else this time, and leaves bookmark and jobs to the usual runs."""

    def __init__(self, tap: TapMarketo, name: str, schema: dict[str, Any]) -> None:
        """Keep the tap; see `Stream`."""
        super().__init__(tap=tap, name=name, schema=schema)
        self.tap = tap
        self.anomalies = Anomalies()
        self._record_counter: metrics.Counter | None = None
        self._batch_config: BatchConfig | None = None

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:
        """What one export for several streams of the group asks for.

        Args:
            members: The selected streams of the group, this one among them.
        """
        raise NotImplementedError

    def configure(self, series: Series) -> None:
        """Add to a series what only the stream knows; nothing by default."""

    def parts(self, ranges: list[Window]) -> list[tuple[Filters, list[Window]]]:
        """In which parts a series asks for what is missing; as a whole by default.

        Args:
            ranges: From when to when, oldest first.

        Returns:
            The filters of each part, and what of it is missing.

        Raises:
            ResponseError: Marketo has to be asked, and refused.
        """
        return [((), ranges)]

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
        return FanOut(self, members, self._batch_config)

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

    def coverage(self, start: pendulum.DateTime) -> Coverage:
        """What earlier runs have exported, as the bookmark tells.

        Args:
            start: Where a stream without a bookmark begins.

        Raises:
            MarketoError: The bookmark cannot be read.
        """
        beginning = Coverage(start.subtract(seconds=1))
        state = self.stream_state
        value = state.get("replication_key_value")
        if value is None or self.replication_method != "INCREMENTAL":
            return beginning
        try:
            return Coverage.from_state(moment(str(value)), state.get("gaps", []), start)
        except (ValueError, KeyError):
            raise MarketoError(
                f"The state holds no usable bookmark for stream {self.name}:"
                " correct replication_key_value, or remove the stream from the state to begin anew."
            ) from None

    def keep_bookmark(self, coverage: Coverage) -> None:
        """Note in the state what has been exported.

        Args:
            coverage: After a window's records were all written.
        """
        state = self.stream_state
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = rfc3339(coverage.until)
        if coverage.gaps:
            state["gaps"] = coverage.gaps_as_state()
        else:
            state.pop("gaps", None)

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """Yield the records of window after window, with state after each.

        The first member of a group to be synced reads each file once and writes the records of
        all members; the others have nothing left to do.
        """
        group = self.tap.plan.group_led_by(self)
        if group:
            yield from self._lead(group)
        for line in self.anomalies.lines():
            self.logger.warning("%s", line)

    def get_batches(
        self, batch_config: BatchConfig, context: Context | None = None
    ) -> Iterable[tuple[BaseBatchFileEncoding, list[str]]]:
        """Write BATCH messages, window after window, with state after each.

        Nothing is yielded: a window's files must be told before its bookmark moves, and the SDK
        would tell them after. Streams with maps or flattening write RECORD messages instead,
        as do the few records that come from elsewhere than a file.
        """
        if self.tap.plan.is_dry_run:
            yield from super().get_batches(batch_config, context)
            return
        self._batch_config = batch_config
        for record in self.get_records(context):
            write_record(self, record)

    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, Any]:
        with self._others_going_on():
            yield from super()._sync_records(context, write_messages=write_messages)

    def _sync_batches(self, batch_config: BatchConfig, context: Context | None = None) -> None:
        with self._others_going_on(), self.get_record_counter():
            super()._sync_batches(batch_config, context)

    @contextmanager
    def _others_going_on(self) -> Iterator[None]:
        """End this group alone with an error; its bookmark stays."""
        plan = self.tap.plan
        try:
            yield
        except MarketoError as error:
            group = plan.planned_for(self)
            if group is None or plan.is_dry_run:
                raise
            self.tap.go_on_without(self.name, error, sharing=len(group.members) - 1)
            plan.give_up(group)

    def _lead(self, group: ExportGroup) -> Iterable[Record]:
        plan = self.tap.plan
        for member in group.members:
            write_schema(member)
        writer = self.writer(group.members)
        for export in plan.finished(group):
            if export.file:
                export.file.seek(0)  # in a dry run each stream reads the same file
                try:
                    expected = export.job.records if export.job else None
                    fields = export.series.request.fields
                    job = export.job.export_id if export.job else ""
                    yield from writer.write(export.file, fields, expected, job)
                except ExportFileError as error:
                    raise MarketoError(
                        f"The file of {export} cannot be read: {error}. The bookmark stays before"
                        " this window; the next run reads the file again. If it fails again, tell"
                        " Adobe's support the id of the export job."
                    ) from None
            plan.written(group, export)

    def give_up(self, error: ResponseError) -> None:
        """Go on without the rest of a stream that Marketo refuses; its bookmark stays.

        Args:
            error: What Marketo answered.
        """
        self.tap.outcome.skip_stream(self.name, self.permissions, error)
        group = self.tap.plan.group_led_by(self)
        if group:
            self.tap.plan.give_up(group)

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
