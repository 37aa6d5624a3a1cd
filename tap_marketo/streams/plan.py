"""The windows of all bulk streams, planned once a run, and what was written of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tap_marketo.bulk.budget import MEGABYTE, Budget
from tap_marketo.bulk.job import ExportJob, JobState
from tap_marketo.bulk.queue import ExportQueue, QueueRules, QuotaPauseError
from tap_marketo.bulk.series import Export, JobRecord, Series, adoptable, undated_job
from tap_marketo.bulk.window import SECOND, Coverage, Window, moment, rfc3339, without
from tap_marketo.events import note
from tap_marketo.streams.bulk import REFUSED, BulkStream
from tap_marketo.streams.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum

    from tap_marketo.bulk.job import ExportRequest, Filters
    from tap_marketo.tap import TapMarketo

    Part = tuple[Filters, list[Window]]

logger = logging.getLogger("tap-marketo")

JOBS_IN_STATE = "export_jobs"
ROWS_BETWEEN_LOOKS = 1000

Rows = TypeVar("Rows", bound=Sized)


@dataclass(eq=False)
class ExportGroup:
    """Streams that stand at the same bookmark and share their exports.

    Attributes:
        members: The first of them reads the files for all.
        coverage: What they have exported, gaps included.
        series: The exports that they still need.
        missing: What was missing when the run began.
    """

    members: list[BulkStream]
    coverage: Coverage
    series: Series
    missing: list[Window] = field(default_factory=list)


class ExportPlan:
    """Plans when the first bulk stream asks, and keeps bookmarks and jobs in the state."""

    def __init__(self, tap: TapMarketo) -> None:
        """Bind the tap; nothing is planned or called yet.

        Args:
            tap: With its settings, streams and state.
        """
        self._tap = tap
        self._groups: list[ExportGroup] | None = None
        self._kept_jobs: list[JobRecord] = []
        self._progress: Progress | None = None
        self._start = self._end = tap.client.clock.now()
        self._rows = self._records = self.windows_written = 0
        self._began = time.monotonic()
        settings = tap.settings
        self.queue = ExportQueue(
            tap.client,
            QueueRules(
                poll_interval=settings.export_poll_interval_seconds,
                max_jobs=settings.export_max_jobs,
                full_timeout=settings.export_queue_timeout_hours * 3600,
                wait_for_quota=settings.when_quota_is_spent == "wait",
            ),
            Budget(settings.export_daily_quota_mb, settings.export_quota_reserve_percent),
            self._write_state,
        )

    @property
    def start(self) -> pendulum.DateTime:
        """Where a stream without a bookmark begins; known once the exports are planned."""
        return self._start

    @property
    def until(self) -> pendulum.DateTime:
        """Where the newest windows end; known once the exports are planned."""
        return self._end

    @property
    def is_dry_run(self) -> bool:
        """Whether the SDK limits the records, as `--test` does."""
        return any(stream.ABORT_AT_RECORD_COUNT is not None for stream in self._streams())

    def group_led_by(self, stream: BulkStream) -> ExportGroup | None:
        """The group whose files a stream reads, if it leads one.

        In a dry run every stream reads the one shared file for itself.

        Args:
            stream: Any bulk stream.

        Raises:
            MarketoError: Planning needs calls, and one of them failed.
        """
        if self._groups is None:
            self._groups = self._plan()
        for group in self._groups:
            if self.is_dry_run and stream in group.members:
                return ExportGroup([stream], group.coverage, group.series)
            if stream is group.members[0]:
                return group
        return None

    def finished(self, group: ExportGroup) -> Iterator[Export]:
        """The group's exports, each when its file is there.

        Ends early when a quota is spent: the tap then ends with that error after the other
        streams, and the next run goes on from there.

        Args:
            group: As `group_led_by` gave it.
        """
        try:
            for export in self.queue.finished(group.series):
                export.note("writing")
                yield export
                if self.is_dry_run:
                    return
        except QuotaPauseError as error:
            self._tap.pause(error)

    def watched(self, chunks: Iterable[Rows]) -> Iterator[Rows]:
        """Rows as they are, with a look at new export jobs now and then.

        Args:
            chunks: Some rows of a file at a time.
        """
        self._rows, self._began = 0, time.monotonic()
        looks = 0
        for chunk in chunks:
            self._rows += len(chunk)
            if self._rows // ROWS_BETWEEN_LOOKS > looks:
                looks = self._rows // ROWS_BETWEEN_LOOKS
                self.queue.record_jobs()
            yield chunk

    def written(self, group: ExportGroup, export: Export) -> None:
        """Move the bookmarks of a group over what is now written in all parts.

        Args:
            group: As `group_led_by` gave it.
            export: The one whose records are all written.
        """
        if self.is_dry_run:
            return
        if export.file:
            seconds = time.monotonic() - self._began
            logger.info("%s: %d records written in %.1f s.", export, self._rows, seconds)
            self._records += self._rows
        self.windows_written += 1
        export.note("written", records=self._rows if export.file else 0)
        self.queue.written(export)
        if self._progress:
            left = sum(len(series.exports) for series in self.queue.series)
            self._progress.written(self.windows_written + left)
        self._keep_bookmarks(group)
        self._write_state()

    def _keep_bookmarks(self, group: ExportGroup) -> None:
        """Whatever was missing and no export is left for is written; an undated series has none."""
        left = (export.window for export in group.series.exports)
        if group.series.is_undated:
            return
        for window in without(group.missing, [window for window in left if window]):
            group.coverage.add(window)
        if self.has_bookmark(group):
            for member in group.members:
                member.keep_bookmark(group.coverage)

    def missing(self, group: ExportGroup) -> list[Window]:
        """What a group has still to export, oldest first; the lookback included.

        Args:
            group: As `group_led_by` gave it.
        """
        first, *others = group.coverage.missing(self._end)
        return [Window(self._looked_back(first.start), first.end), *others]

    def has_bookmark(self, group: ExportGroup) -> bool:
        """Whether an earlier run has exported anything of a group."""
        return group.coverage.until >= self._start

    def is_complete(self, stream: BulkStream) -> bool:
        """Whether every window of a stream is written in this run.

        Args:
            stream: Any bulk stream.
        """
        if self.is_dry_run:
            return False
        mine = [group for group in self._groups or () if stream in group.members]
        return not any(group.series.exports for group in mine)

    def whole_history(self) -> list[Window]:
        """Everything since the start date, in windows."""
        return Window(self._start, self._end).split(self._tap.settings.export_window_days)

    def replan(self, group: ExportGroup, request: ExportRequest, ranges: list[Window]) -> None:
        """Export something else for a group.

        Args:
            group: As `group_led_by` gave it.
            request: What each job asks for.
            ranges: From when to when, in the order of emission.
        """
        days = self._tap.settings.export_window_days
        windows = [window for whole in ranges for window in whole.split(days)]
        self.queue.replan(group.series, request, windows)

    def replan_undated(self, group: ExportGroup) -> None:
        """Export everything for a group, as the subscription lacks the date filter.

        Args:
            group: As `group_led_by` gave it; its series says what to ask for then.
        """
        series = group.series
        if series.undated is None:
            raise AssertionError(series)
        series.begun = self._end
        self.queue.replan(series, series.undated, [None])

    def give_up(self, group: ExportGroup) -> None:
        """Export nothing more for a group in this run.

        Args:
            group: As `group_led_by` gave it.
        """
        self.queue.give_up(group.series)

    def end(self) -> None:
        """Stop the queue; its jobs stay in the state for the next run."""
        self.queue.stop()
        if self._progress:
            self._progress.end()

    def tell_summary(self) -> None:
        """Log what the run exported, and what it took."""
        budget, calls = self.queue.budget, self._tap.client.throttle.calls
        if not self.windows_written:
            return
        logger.info(
            "Exports: %d windows, %d new jobs, %d records, %.1f MB of which today's allocation has"
            " at most %.1f MB left; %d API calls; %.0f s waiting for Marketo.",
            self.windows_written,
            self.queue.jobs_made,
            self._records,
            budget.exported / MEGABYTE,
            max(0, budget.limit - budget.used) / MEGABYTE,
            calls,
            self.queue.seconds_waited,
        )

    def _streams(self) -> list[BulkStream]:
        streams = self._tap.streams.values()
        return [one for one in streams if isinstance(one, BulkStream) and one.selected]

    def preview(self) -> list[ExportGroup]:
        """The groups with the exports that a sync would need; nothing is called or started.

        Raises:
            MarketoError: A bookmark cannot be read.
        """
        return self._lay_out(in_parts=False)[0]

    def _lay_out(self, *, in_parts: bool) -> tuple[list[ExportGroup], list[JobRecord]]:
        """The groups with their exports, and the jobs of the state that fit none of them.

        Args:
            in_parts: Whether streams may ask Marketo for their parts.
        """
        settings = self._tap.settings
        now = self._tap.client.clock.now().start_of("second")
        self._end = end = min(settings.end_date, now) if settings.end_date else now
        self._start = settings.start_for(now)
        records: list[JobRecord] = list(self._tap.whole_state.get(JOBS_IN_STATE, []))
        groups = self._group_streams(self._start)
        adopted: list[JobRecord] = []
        for group in groups:
            leader, series = group.members[0], group.series
            leader.configure(series)
            group.missing = group.coverage.missing(end)
            whole: list[Part] = [((), group.missing)]
            try:
                parts = leader.parts(group.missing) if in_parts else whole
            except REFUSED as error:
                self._tap.leave_out(leader.name, leader.permission, error)
                continue
            series.parts = [filters for filters, _ in parts]
            if self.is_dry_run:
                days = settings.export_window_days
                windows = Window(end.subtract(days=days) + SECOND, end).split(days)
                series.plan([None] if series.is_undated else windows)
                del series.exports[1:]
            elif self._continues_undated(series, records):
                adopted += self._plan_undated(group, records)
            else:
                adopted += self._plan_group(group, parts, records)
        return groups, [record for record in records if record not in adopted]

    def _plan(self) -> list[ExportGroup]:
        groups, left = self._lay_out(in_parts=True)
        self.queue.series = [group.series for group in groups]
        usual = [group for group in groups if not group.members[0].is_aside]
        bases = {group.series.request.base for group in usual}
        left = [record for record in left if not record.get("written")]
        abandoned = [record for record in left if record["base"] in bases]
        self._kept_jobs = [record for record in left if record["base"] not in bases]
        if abandoned or any(group.series.exports for group in groups):
            self.queue.start([] if self.is_dry_run else abandoned)
            self._progress = Progress(sum(len(group.series.exports) for group in groups))
        return groups

    def _group_streams(self, start: pendulum.DateTime) -> list[ExportGroup]:
        by_bookmark: dict[Any, tuple[list[BulkStream], Coverage]] = {}
        for stream in self._streams():
            coverage = stream.coverage(start)
            key = (stream.group_name, coverage.until, tuple(coverage.gaps))
            by_bookmark.setdefault(key, ([], coverage))[0].append(stream)
        return [
            ExportGroup(members, coverage, Series(members[0].export_request(members)))
            for members, coverage in by_bookmark.values()
        ]

    def _continues_undated(self, series: Series, records: list[JobRecord]) -> bool:
        """Tell whether a series is undated, or was in an earlier run that did not finish it."""
        if series.is_undated:
            return True
        undated = series.undated
        if undated is None or not any(
            undated_job(records, undated.part(part), self._end) for part in series.parts
        ):
            return False
        logger.info("%s: going on with the full export of an earlier run.", series.request.name)
        series.request = undated
        return True

    def _plan_undated(self, group: ExportGroup, records: list[JobRecord]) -> list[JobRecord]:
        series = group.series
        adopted: list[JobRecord] = []
        for part in series.parts:
            export = Export(series, None, part)
            record = undated_job(records, export.request, self._end)
            if record:
                adopted.append(record)
                export.job = ExportJob(record["exportId"], JobState.UNKNOWN)
            if record and record.get("written"):
                series.done.append(export)
            else:
                series.exports.append(export)
        if not series.exports:
            series.done = []
            series.plan([None])
        series.begun = min([moment(one["begunAt"]) for one in adopted], default=self._end)
        self._tell_planned(group)
        return adopted

    def _plan_group(
        self, group: ExportGroup, parts: list[Part], records: list[JobRecord]
    ) -> list[JobRecord]:
        settings, series = self._tap.settings, group.series
        adopted: list[JobRecord] = []
        planned: list[Export] = []
        for filters, ranges in parts:
            pieces = adoptable(ranges, records, series.request.part(filters))
            for number, (whole, record) in enumerate(pieces):
                if record:
                    adopted.append(record)
                    job = ExportJob(record["exportId"], JobState.UNKNOWN)
                    export = Export(series, whole, filters, job=job)
                    (series.done if record.get("written") else planned).append(export)
                    continue
                begin = whole.start
                if number == 0 and settings.lookback_seconds:
                    begin = self._looked_back(whole.start)
                windows = Window(begin, whole.end).split(settings.export_window_days)
                planned += [Export(series, window, filters) for window in windows]
        planned.sort(key=_window_of)
        if settings.backfill_order == "newest_first":
            until = group.coverage.until if self.has_bookmark(group) else None
            planned = _newest_first(planned, until)
        series.exports = planned
        if group.missing and not planned:
            self._keep_bookmarks(group)
        self._tell_planned(group)
        return adopted

    def _tell_planned(self, group: ExportGroup) -> None:
        series = group.series
        planned = series.exports
        if not planned:
            return
        note(
            "planned",
            stream=series.request.name,
            streams=[member.name for member in group.members],
            windows=len(planned),
        )
        windows = [export.window for export in planned if export.window]
        logger.info(
            "%s: %d %s%s.",
            series.request.name,
            len(planned),
            "windows" if series.parts == [()] else "exports",
            f" from {rfc3339(min(windows).start)} to {rfc3339(max(one.end for one in windows))}"
            if windows
            else "",
        )

    def _looked_back(self, start: pendulum.DateTime) -> pendulum.DateTime:
        settings = self._tap.settings
        earliest = min(start, self._start)
        return max(earliest, start.subtract(seconds=settings.lookback_seconds))

    def _write_state(self) -> None:
        if self.is_dry_run:
            return
        state = self._tap.whole_state
        jobs = self._kept_jobs + self.queue.records()
        if jobs:
            state[JOBS_IN_STATE] = jobs
        else:
            state.pop(JOBS_IN_STATE, None)
        self._tap.state_writer.write_state(self._tap.state)


def _window_of(export: Export) -> Window:
    if export.window is None:
        raise AssertionError(export)
    return export.window


def _newest_first(exports: list[Export], until: pendulum.DateTime | None) -> list[Export]:
    """What is new since the last run, oldest first; then the history, backwards.

    Args:
        exports: Oldest first.
        until: Where the last run stopped; None on a first run, when everything is history.
    """
    new = [export for export in exports if until and _window_of(export).end > until]
    history = [export for export in exports if export not in new]
    return new + history[::-1]
