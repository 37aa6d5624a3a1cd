"""The exports of a run, for all bulk streams: begun first, written as their files come.

A tap calls `start` before it reads anything, `write_ready` whenever it has a moment, and `finish`
for each bulk stream; a stream whose exports are written already has nothing left to do then.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Sized
from typing import TYPE_CHECKING, TypeVar

from tap_marketo.client.errors import (
    ExportQuotaSpentError,
    MarketoError,
    ResponseError,
)
from tap_marketo.events import emit
from tap_marketo.exports.allocation import MEGABYTE, Allocation
from tap_marketo.exports.driver import Driver
from tap_marketo.exports.job import ACTIVITIES, LEADS
from tap_marketo.exports.machine import Machine, Rules
from tap_marketo.exports.planner import PlanRules
from tap_marketo.exports.window import Window
from tap_marketo.files.errors import BadRowsError, ExportFileError
from tap_marketo.sdk import write_schema
from tap_marketo.state import learned_sizes, saved_jobs, write_exports
from tap_marketo.streams.bulk.base import REFUSED, BulkStream
from tap_marketo.streams.bulk.groups import grouped
from tap_marketo.streams.bulk.progress import Progress
from tap_marketo.values.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tap_marketo.exports.machine.series import Piece, Series
    from tap_marketo.settings import Settings
    from tap_marketo.streams.bulk.groups import ExportGroup
    from tap_marketo.tap import TapMarketo

logger = logging.getLogger("tap-marketo")

ROWS_BETWEEN_LOOKS = 1000
SECONDS_TO_CANCEL = 5.0

Rows = TypeVar("Rows", bound=Sized)


class QuotaPauseError(MarketoError):
    """No further window can be exported today; what was exported has been written."""


class ExportPlan:
    """Plans the exports of a run, and writes what they bring."""

    def __init__(self, tap: TapMarketo) -> None:
        """Bind the tap; nothing is planned or called yet.

        Args:
            tap: With its settings, streams and state.
        """
        self._tap = tap
        self._groups: list[ExportGroup] = []
        self._driver: Driver | None = None
        self._progress: Progress | None = None
        now = tap.client.clock.now()
        self._period = Window(now, now)
        self._rows = 0
        self.windows_written = 0

    @property
    def until(self) -> datetime:
        """Where the newest windows end; known once the exports are planned."""
        return self._period.end

    @property
    def is_dry_run(self) -> bool:
        """Whether the SDK limits the records, as `--test` does."""
        return any(stream.ABORT_AT_RECORD_COUNT is not None for stream in self._streams())

    # What the tap calls.

    def start(self) -> None:
        """Plan the exports of all selected streams and begin them; a second call does nothing.

        A stream that cannot be planned fails alone, when its turn comes.

        Raises:
            MarketoError: A bookmark cannot be read.
        """
        if self._driver is not None:
            return
        tap, settings, dry = self._tap, self._tap.settings, self.is_dry_run
        self._groups = self._lay_out(ask=True)
        state = tap.whole_state
        allocation = Allocation(
            settings.export_daily_quota_mb,
            settings.export_quota_reserve_percent,
            learned_sizes(state),
        )
        moment = Driver.moment(tap.client)
        series = [group.series for group in self._groups]
        machine = Machine(self._rules(settings, dry_run=dry), allocation, series, moment)
        self._driver = Driver(tap.client, machine, self._write_state)
        machine.plan(saved_jobs(state), moment, also_list=() if dry else (LEADS, ACTIVITIES))
        planned = sum(len(one.pieces) for one in series)
        if not planned and not machine.board.held:
            return
        for group in self._groups:
            self._log_plan(group)
        if planned and not dry:
            self._progress = Progress(planned)
        if dry:
            atexit.register(self.end)
        self._driver.start()

    def write_ready(self) -> None:
        """Write the files that are there; does not wait for any."""
        driver = self._driver
        if driver is None or self.is_dry_run or driver.failure:
            return  # a failure is raised when a stream of exports has its turn
        while piece := driver.take(wait=False):
            self._write(piece)

    def finish(self, stream: BulkStream) -> None:
        """Write everything of a stream; what is ready of others is written meanwhile.

        Args:
            stream: Any bulk stream.

        Raises:
            MarketoError: Its exports failed; raised once for all streams that share them.
        """
        driver, group = self._started(), self.group_of(stream)
        if group is None or group.reported:
            return
        while piece := driver.take(group.series, wait=True):
            self._write(piece)
        self._end_group(group)

    def record_jobs(self) -> None:
        """Send the ids of new jobs in a STATE message, if there are any, so that they may run."""
        if self._driver is not None and not self.is_dry_run:
            self._driver.save_jobs()

    def end(self) -> None:
        """Stop; jobs stay in the state for the next run, but for those of a test."""
        if self._driver is not None:
            if self.is_dry_run:
                self._driver.cancel_all()
            self._driver.stop()
        if self._progress:
            self._progress.end()

    def terminated(self) -> None:
        """Leave no jobs behind when a first run ends before it has exported anything.

        Nobody may have kept its state, as after `meltano config test`.
        """
        driver = self._driver
        if driver is None or self.windows_written or not self._tap.is_first_run:
            return
        canceller = threading.Thread(target=driver.cancel_all, daemon=True)
        canceller.start()
        canceller.join(SECONDS_TO_CANCEL)

    # What streams and writers call.

    def group_of(self, stream: BulkStream) -> ExportGroup | None:
        """The group of a stream, if the exports are planned already.

        Args:
            stream: Any bulk stream.
        """
        return next((one for one in self._groups if stream in one.members), None)

    def sample(self, stream: BulkStream) -> Piece | None:
        """One piece with its file, for a test.

        Args:
            stream: Any bulk stream.

        Raises:
            MarketoError: It cannot be exported.
        """
        driver, group = self._started(), self.group_of(stream)
        if group is None:
            return None
        driver.take(group.series, wait=True, others=False)
        if error := driver.machine.finish_series(group.series):
            raise error
        return group.series.head

    def watched(self, chunks: Iterable[Rows]) -> Iterator[Rows]:
        """Rows as they are, with a look at new export jobs now and then.

        Args:
            chunks: Some rows of a file at a time.
        """
        self._rows = looks = 0
        for chunk in chunks:
            self._rows += len(chunk)
            if self._rows // ROWS_BETWEEN_LOOKS > looks:
                looks = self._rows // ROWS_BETWEEN_LOOKS
                self.record_jobs()
            yield chunk

    def is_complete(self, stream: BulkStream) -> bool:
        """Whether every window of a stream is written in this run.

        Args:
            stream: Any bulk stream.
        """
        if self.is_dry_run:
            return False
        group = self.group_of(stream)
        return group is None or not (
            group.series.pieces or group.series.holes or group.series.error
        )

    def preview(self) -> list[ExportGroup]:
        """The groups with the exports that a sync would need; nothing is called or started.

        Raises:
            MarketoError: A bookmark cannot be read.
        """
        settings, tap = self._tap.settings, self._tap
        groups = self._lay_out(ask=False)
        moment = Driver.moment(tap.client)
        rules = self._rules(settings, dry_run=False)
        allocation = Allocation(settings.export_daily_quota_mb, 0.0)
        machine = Machine(rules, allocation, [group.series for group in groups], moment)
        machine.plan(saved_jobs(tap.whole_state), moment)
        return groups

    def log_summary(self) -> None:
        """Log what the run exported, and what it took."""
        driver = self._driver
        if driver is None or not self.windows_written:
            return
        board = driver.machine.board
        by_name: dict[str, list[int]] = {}
        for group in self._groups:
            counts = by_name.setdefault(group.series.name, [0, 0])
            counts[0] += group.windows
            counts[1] += group.records
        written = ", ".join(
            f"{name} {records:,d} records in {windows} windows"
            for name, (windows, records) in by_name.items()
            if windows
        )
        spent = isinstance(board.quota_spent, ExportQuotaSpentError)
        left = max(0, board.allocation.limit - board.allocation.used) / MEGABYTE
        logger.info(
            "Exports: %s; %d new jobs, %.1f MB, %s; %d API calls%s; %.0f s waiting for Marketo.",
            written,
            board.jobs_made,
            board.allocation.exported / MEGABYTE,
            "today's allocation is spent" if spent else f"at most {left:.1f} MB left today",
            self._tap.client.throttle.calls,
            self._calls_left(),
            driver.seconds_waited,
        )

    # Inside.

    def _calls_left(self) -> str:
        throttle = self._tap.client.throttle
        budget = getattr(throttle, "budget", None)
        return "" if budget is None else f" ({max(0, budget - throttle.calls)} left)"

    def _started(self) -> Driver:
        self.start()
        if self._driver is None:
            raise AssertionError
        return self._driver

    def _streams(self) -> list[BulkStream]:
        streams = self._tap.streams.values()
        return [one for one in streams if isinstance(one, BulkStream) and one.selected]

    @staticmethod
    def _rules(settings: Settings, *, dry_run: bool) -> Rules:
        newest_first = settings.backfill_order == "newest_first"
        return Rules(
            PlanRules(settings.export_window_days, newest_first, dry_run),
            poll_interval=settings.export_poll_interval_seconds,
            max_jobs=settings.export_max_jobs,
            full_timeout=settings.export_queue_timeout_hours * 3600,
            job_timeout=settings.export_job_timeout_hours * 3600,
            wait_for_quota=settings.when_quota_is_spent == "wait",
        )

    def _lay_out(self, *, ask: bool) -> list[ExportGroup]:
        tap = self._tap
        settings, now = tap.settings, tap.client.clock.now().start_of("second")
        end = min(settings.end_date, now) if settings.end_date else now
        self._period = Window(settings.start_for(now), end)
        groups = grouped(self._streams(), settings, now, one_per_kind=ask and self.is_dry_run)
        for group in groups:
            try:
                group.leader.configure(group.series, group.bookmark, ask=ask)
            except REFUSED as error:
                tap.outcome.skip_stream(group.leader.name, group.leader.permissions, error)
                group.series.stopped = group.reported = True
            except Exception as error:  # noqa: BLE001 - raised when the stream's turn comes
                group.series.error, group.series.stopped = error, True
        return groups

    def _log_plan(self, group: ExportGroup) -> None:
        series = group.series
        windows = [one.window for one in series.pieces if one.window]
        if not series.pieces:
            return
        emit(
            "planned", stream=series.name, streams=list(series.streams), windows=len(series.pieces)
        )
        span = ""
        if windows:
            start, end = min(windows).start, max(one.end for one in windows)
            span = f" from {rfc3339(start)} to {rfc3339(end)}"
        streams = f" for {len(series.streams)} streams" if len(series.streams) > 1 else ""
        adopted = sum(one.adopted for one in series.pieces)
        jobs = f", {adopted} of them with jobs of an earlier run" if adopted else ""
        exports = "export" if len(series.pieces) == 1 else "exports"
        count = f"{len(series.pieces)} {exports}"
        logger.info("%s: %s%s%s%s.", series.name, count, span, streams, jobs)
        self._log_moved_start(group)

    def _log_moved_start(self, group: ExportGroup) -> None:
        """A start date that was moved back has no effect on a stream with a bookmark."""
        start = self._tap.settings.start_date
        if start is None or self.is_dry_run:
            return
        state = group.leader.stream_state
        first = state.get("started_from")
        for member in group.members:
            member.stream_state["started_from"] = rfc3339(start)
        if first and rfc3339(start) < str(first) and group.bookmark.until:
            logger.warning(
                "start_date %s has no effect on %s: its bookmark is at %s. Remove the stream from"
                " the state to load what lies before %s.",
                rfc3339(start),
                group.series.name,
                rfc3339(group.bookmark.until),
                first,
            )

    def _write(self, piece: Piece) -> None:
        driver = self._started()
        group = next(one for one in self._groups if one.series is piece.series)
        began = time.monotonic()
        self._rows = 0
        driver.machine.board.emit(piece, "writing")
        try:
            self._write_records(group, piece)
        except ExportFileError as error:
            if not self._skips(piece, error):
                reason = self._unreadable(piece, error)
                driver.report(lambda machine: machine.unreadable(piece, reason))
                group.keep_bookmarks()
                self._write_state()
                return
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - ends this group alone, when its turn comes
            failure = error
            driver.report(lambda machine: machine.faults.stop(piece.series, failure))
            return
        self._written(group, piece, time.monotonic() - began)

    def _write_records(self, group: ExportGroup, piece: Piece) -> None:
        leader = group.leader
        for member in group.members:
            write_schema(member)
        if piece.by_rest:
            self._rows = leader.write_own(leader.changed_records(piece))
            return
        if piece.file is None:
            return
        group.writer = group.writer or leader.writer(group.members)
        expected = piece.job.records if piece.job else None
        fields, job = piece.series.request.fields, piece.export_id
        leader.write_own(group.writer.write(piece.file, fields, expected, job))

    def _skips(self, piece: Piece, error: ExportFileError) -> bool:
        if not isinstance(error, BadRowsError) or self._tap.settings.bad_rows != "skip":
            return False
        logger.warning("%s: %s. Skipped, as bad_rows says.", piece, error)
        return True

    def _unreadable(self, piece: Piece, error: ExportFileError) -> MarketoError:
        all_others = isinstance(error, BadRowsError)
        return ResponseError(
            f"The file cannot be read: {error} (window {piece.window or 'undated'})",
            hint=(
                ("All other rows are written. " if all_others else "")
                + "The bookmark keeps the window as a gap, and the next run exports it again."
                + (" Set bad_rows to skip to go past such rows." if all_others else "")
                + " If it fails again, give Adobe's support the id of the export job."
            ),
        ).with_context(stream=piece.series.name, export_id=piece.export_id or None)

    def _written(self, group: ExportGroup, piece: Piece, seconds: float) -> None:
        driver = self._started()
        file, board = piece.file, driver.machine.board
        self.windows_written += 1
        self._tap.outcome.has_progress = True
        group.windows += 1
        group.records += self._rows
        size = (piece.job.file_size or 0) if piece.job else 0
        logger.info(
            "%s: %d records, %.1f MB, written in %.1f s.",
            piece,
            self._rows,
            size / MEGABYTE,
            seconds,
        )
        board.emit(piece, "written", records=self._rows)
        driver.report(lambda machine: machine.written(piece))
        if file:
            file.close()
        if self._progress:
            self._progress.written(self.windows_written + driver.pieces_left())
        group.keep_bookmarks()
        self._write_state()

    def _end_group(self, group: ExportGroup) -> None:
        if group.reported:
            return
        driver, series = self._started(), group.series
        group.reported = True
        group.keep_bookmarks()
        error = driver.machine.finish_series(series)
        if error is None:
            return
        if error is not driver.machine.board.quota_spent:
            raise error
        if not series.keeps_done:
            raise self._unfinished_table(series, error)
        self._tap.outcome.quota_exhausted(self._pause_error(error))

    @staticmethod
    def _unfinished_table(series: Series, spent: Exception | None) -> QuotaPauseError:
        return QuotaPauseError(
            f"{str(spent).rstrip('.')}. {series.name} is a full table, which each run exports from"
            " its beginning: when it takes more than a day's allocation, no run completes it. Set"
            " its replication-method to INCREMENTAL, when_quota_is_spent to wait, or a later"
            " start_date."
        )

    def _pause_error(self, spent: Exception | None) -> QuotaPauseError:
        text = (
            f"{str(spent).rstrip('.')}. Everything exported so far is written; the next"
            " run continues from there."
        )
        if isinstance(spent, ExportQuotaSpentError):
            text += f" The quota begins anew at {self._tap.client.clock.quota_reset_text()}."
        return QuotaPauseError(text)

    def _write_state(self) -> None:
        driver = self._driver
        if driver is None or self.is_dry_run:
            return
        allocation = driver.machine.board.allocation
        write_exports(self._tap.whole_state, driver.saved_jobs(), allocation)
        self._tap.state_writer.write_state(self._tap.state)
