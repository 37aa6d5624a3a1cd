# mypy: disable-error-code="arg-type,attr-defined,assignment,return-value"
"""The course of all exports of a run: planned once, then what was written of them in the state."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Sized
from typing import TYPE_CHECKING, TypeVar

from tap_marketo.exports.budget import MEGABYTE, Budget
from tap_marketo.exports.queue import ExportQueue, QueueRules, QuotaPauseError
from tap_marketo.exports.window import Window
from tap_marketo.streams.bulk.base import BulkStream
from tap_marketo.streams.bulk.groups import Layout
from tap_marketo.streams.bulk.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum

    from tap_marketo.exports.job import ExportRequest
    from tap_marketo.exports.series import Export, JobRecord
    from tap_marketo.streams.bulk.groups import ExportGroup
    from tap_marketo.tap import TapMarketo

logger = logging.getLogger("tap-marketo")

JOBS_IN_STATE = "export_jobs"
ROWS_BETWEEN_LOOKS = 1000

Rows = TypeVar("Rows", bound=Sized)


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
        now = tap.client.clock.now()
        self._period = Window(now, now)
        self._rows = self._records = self.windows_written = 0
        self._began = time.monotonic()
        settings = tap.settings
        self.queue = ExportQueue(
            tap.client,
            QueueRules(
                poll_interval=settings.export_poll_interval_seconds,
                max_jobs=settings.export_max_jobs,
                full_timeout=settings.export_queue_timeout_hours * 3600,
                job_timeout=settings.export_job_timeout_hours * 3600,
                wait_for_quota=settings.when_quota_is_spent == "wait",
            ),
            Budget(settings.export_daily_quota_mb, settings.export_quota_reserve_percent),
            self._write_state,
        )

    @property
    def start(self) -> pendulum.DateTime:
        """Where a stream without a bookmark begins; known once the exports are planned."""
        return self._period.start

    @property
    def until(self) -> pendulum.DateTime:
        """Where the newest windows end; known once the exports are planned."""
        return self._period.end

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
                return dataclasses.replace(group, members=[stream])
            if stream is group.members[0]:
                return group
        return None

    def planned_for(self, stream: BulkStream) -> ExportGroup | None:
        """The group of a stream, if the exports are planned already.

        Args:
            stream: Any bulk stream.
        """
        return next((one for one in self._groups or () if stream in one.members), None)

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
            left = sum(len(series.exports) for series in self.queue.exports.series)
            self._progress.written(self.windows_written + left)
        group.keep_bookmarks()
        self._write_state()

    def missing(self, group: ExportGroup) -> list[Window]:
        """What a group has still to export, oldest first; the lookback included.

        Args:
            group: As `group_led_by` gave it.
        """
        first, *others = group.coverage.missing(self._period.end)
        lookback = self._tap.settings.lookback_seconds
        return [first.looked_back(lookback, self._period.start), *others]

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
        return self._period.split(self._tap.settings.export_window_days)

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
        series.begun = self._period.end
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
        exports, calls = self.queue.exports, self._tap.client.throttle.calls
        budget = exports.budget
        if not self.windows_written:
            return
        logger.info(
            "Exports: %d windows, %d new jobs, %d records, %.1f MB of which today's allocation has"
            " at most %.1f MB left; %d API calls; %.0f s waiting for Marketo.",
            self.windows_written,
            exports.jobs_made,
            self._records,
            budget.exported / MEGABYTE,
            max(0, budget.limit - budget.used) / MEGABYTE,
            calls,
            self.queue.seconds_waited,
        )

    def preview(self) -> list[ExportGroup]:
        """The groups with the exports that a sync would need; nothing is called or started.

        Raises:
            MarketoError: A bookmark cannot be read.
        """
        return self._lay_out(in_parts=False).groups

    def _streams(self) -> list[BulkStream]:
        streams = self._tap.streams.values()
        return [one for one in streams if isinstance(one, BulkStream) and one.selected]

    def _lay_out(self, *, in_parts: bool) -> Layout:
        settings = self._tap.settings
        now = self._tap.client.clock.now().start_of("second")
        end = min(settings.end_date, now) if settings.end_date else now
        self._period = Window(settings.start_for(now), end)
        records = self._tap.whole_state.get(JOBS_IN_STATE, [])
        layout = Layout(self._tap, self._period, records, is_dry_run=self.is_dry_run)
        layout.plan(self._streams(), in_parts=in_parts)
        return layout

    def _plan(self) -> list[ExportGroup]:
        layout = self._lay_out(in_parts=True)
        groups = layout.groups
        usual = [group for group in groups if not group.members[0].is_aside]
        bases = {group.series.request.base for group in usual}
        left = [record for record in layout.left if not record.get("written")]
        abandoned = [record for record in left if record["base"] in bases]
        self._kept_jobs = [record for record in left if record["base"] not in bases]
        if abandoned or any(group.series.exports for group in groups):
            series = [group.series for group in groups]
            self.queue.start(series, [] if self.is_dry_run else abandoned)
            self._progress = Progress(sum(len(one.exports) for one in series))
        return groups

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
