"""The shared export queue: kept full, never hogged, watched with one call for all jobs."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo.bulk.budget import OBJECT_TYPES
from tap_marketo.bulk.job import ExportEndpoint, ExportJob, JobState
from tap_marketo.bulk.series import Export, JobRecord, Phase, Series
from tap_marketo.bulk.spool import FileUnavailableError, download
from tap_marketo.client.errors import (
    AccessDeniedError,
    DailyCallsSpentError,
    ExportQueueFullError,
    ExportQuotaSpentError,
    FeatureUnavailableError,
    FieldNotFoundError,
    FilterUnavailableError,
    MarketoError,
    NotFoundError,
    ResponseError,
)
from tap_marketo.events import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_marketo.bulk.budget import Budget
    from tap_marketo.bulk.job import ExportRequest
    from tap_marketo.bulk.window import Window
    from tap_marketo.client import MarketoClient

logger = logging.getLogger("tap-marketo")

MAX_CREATIONS = 3
# Files waiting on disk beside the one being written: enough to hide the download.
FILES_AHEAD = 2
# Exports that may be finished at Marketo and not yet written; their files live seven days there.
EXPORTS_AHEAD = 20
# A job that shows no progress for so many looks (three hours at one a minute) is given up.
STUCK_LOOKS = 180
STUCK_SECONDS = 60.0
HALF = 0.5
PROGRESS_SECONDS = 300.0
FULL_QUEUE_WAIT = (30.0, 300.0)


# What one export is refused for, all of its series are.
HOPELESS = (
    AccessDeniedError,
    FeatureUnavailableError,
    FilterUnavailableError,
    NotFoundError,
)


class ExportCancelledError(ResponseError):
    """Somebody cancelled an export job of ours."""


class ExportFailedError(ResponseError):
    """Marketo failed to export a window, more than once."""


class QuotaPauseError(MarketoError):
    """No further window can be exported today; what was exported has been written."""


@dataclass(frozen=True)
class QueueRules:
    """How the tap behaves in the queue.

    Attributes:
        poll_interval: Seconds between two looks at the jobs.
        max_jobs: Jobs of ours in the queue at once.
        full_timeout: Seconds to wait for a place before giving up.
        wait_for_quota: Whether to sleep until the allocation is renewed.
    """

    poll_interval: float
    max_jobs: int
    full_timeout: float
    wait_for_quota: bool


class ExportQueue:
    """Runs the exports of all bulk streams in the background, in the order of their emission.

    One thread creates, enqueues and watches jobs, one fetches files; the thread that writes
    messages takes finished exports from here, and alone writes state.

    Source: bulk-extract.md
    """

    def __init__(
        self,
        client: MarketoClient,
        rules: QueueRules,
        budget: Budget,
        write_state: Callable[[], None],
    ) -> None:
        """Prepare an empty queue.

        Args:
            client: Of the instance.
            rules: How to behave.
            budget: The daily export allocation.
            write_state: Sends a STATE message that holds `records()`; called from the thread that
                takes exports, never from another.
        """
        self.series: list[Series] = []
        self.budget = budget
        self.jobs_made = 0
        self.seconds_waited = 0.0
        self._client = client
        self._rules = rules
        self._write_state = write_state
        self._changed = threading.Condition()
        self._stopped = False
        self._failure: BaseException | None = None
        self._quota_spent: ResponseError | None = None
        self._unrecorded = False
        self._started = time.monotonic()
        self._completed = 0
        self._next_poll = 0.0
        self._full_since: float | None = None
        self._not_before = 0.0
        self._full_wait = FULL_QUEUE_WAIT[0]

    def start(self, abandoned: list[JobRecord]) -> None:
        """Look at what is in the queue already, and begin.

        Args:
            abandoned: Jobs of an earlier run that fit no plan any more; they are cancelled.

        Raises:
            ResponseError: The jobs cannot be listed.
        """
        self._started = time.monotonic()
        own = [series.request.base for series in self.series]
        bases = dict.fromkeys([*OBJECT_TYPES, *own])
        jobs = self.budget.look_up(self._client, self._client.clock.day_start(), bases)
        note("allocation", used=self.budget.used, limit=self.budget.limit)
        for record in abandoned:
            self._cancel(record, jobs)
        for export in self._exports():
            if export.job:
                self._adopt(export, jobs.get(export.export_id))
        for target, name in ((self._watch, "export-queue"), (self._fetch_files, "export-files")):
            threading.Thread(target=self._guarded, args=(target,), name=name, daemon=True).start()

    def records(self) -> list[JobRecord]:
        """Jobs under way or not yet written, as the state keeps them."""
        return [record for series in self.series for record in series.records()]

    def finished(self, series: Series) -> Iterator[Export]:
        """Exports of one series, each with its verified file, in order.

        The caller writes the records and then calls `written`.

        Args:
            series: One of those planned before the start.

        Yields:
            The next finished export.

        Raises:
            MarketoError: This window, or any, cannot be exported.
        """
        while series.exports:
            yield self._await(series)

    def replan(
        self, series: Series, request: ExportRequest, windows: Sequence[Window | None]
    ) -> None:
        """Ask for something else instead, while the queue runs.

        Args:
            series: None of whose jobs is needed any more.
            request: What each new job asks for.
            windows: In the order of emission; one None for an undated series.
        """
        with self._changed:
            series.request = request
            series.exports, series.done = [], []
            series.plan(windows)
            self._changed.notify_all()

    def give_up(self, series: Series) -> None:
        """Plan no further exports; the state keeps the jobs that there are.

        Args:
            series: One that Marketo refuses.
        """
        with self._changed:
            series.exports = [export for export in series.exports if export.job]
            self._changed.notify_all()

    def written(self, export: Export) -> None:
        """Take an export off the plan: its records are all written.

        Args:
            export: As `finished` gave it.
        """
        with self._changed:
            export.phase = Phase.WRITTEN
            export.series.written(export)
            if export.file:
                export.file.close()
            self._changed.notify_all()

    def record_jobs(self) -> None:
        """Send the ids of new jobs in a STATE message, if there are any, so that they may run."""
        if not self._unrecorded:
            return
        with self._changed:
            fresh = [export for export in self._exports() if export.job and not export.recorded]
            self._unrecorded = False
        self._write_state()
        with self._changed:
            for export in fresh:
                export.recorded = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Let the threads end after the call they are in; spool files go with the process."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    # The thread that writes messages

    def _await(self, series: Series) -> Export:
        began = time.monotonic()
        told = began
        while True:
            self.record_jobs()
            with self._changed:
                export = series.exports[0]
                if export.phase is Phase.READY:
                    self.seconds_waited += time.monotonic() - began
                    return export
                error = export.error or self._failure
                if error:
                    raise error
                if self._is_blocked(export):
                    raise self._pause_error()
                if not self._unrecorded:
                    self._changed.wait(1.0)
            if time.monotonic() - told >= PROGRESS_SECONDS:
                told = time.monotonic()
                self._tell_progress(export)

    def _is_blocked(self, export: Export) -> bool:
        """Tell whether a spent quota keeps a window from going on today."""
        if isinstance(self._quota_spent, DailyCallsSpentError):
            return True
        return bool(self._quota_spent) and export.phase in {Phase.PLANNED, Phase.CREATED}

    def _pause_error(self) -> QuotaPauseError:
        text = (
            f"{str(self._quota_spent).rstrip('.')}. Everything exported so far is written; the next"
            " run continues from there."
        )
        if isinstance(self._quota_spent, ExportQuotaSpentError):
            text += f" The quota begins anew at {self._client.clock.quota_reset_text()}."
        return QuotaPauseError(text)

    def _tell_progress(self, export: Export) -> None:
        exports = list(self._exports())
        counts = {phase: sum(one.phase is phase for one in exports) for phase in Phase}
        queued, planned = counts[Phase.QUEUED], counts[Phase.PLANNED] + counts[Phase.CREATED]
        logger.info(
            "Waiting for %s: %d windows in Marketo's queue, %d exported, %d still to be exported;"
            " all exported in about %s.",
            export,
            queued,
            counts[Phase.EXPORTED] + counts[Phase.DOWNLOADING] + counts[Phase.READY],
            planned,
            self._expected(queued + planned),
        )

    def _expected(self, windows: int) -> str:
        """How long so many windows will take, as the ones before them did."""
        if not self._completed:
            return "a time that cannot be told yet"
        seconds = (time.monotonic() - self._started) / self._completed * windows
        return f"{seconds / 60:.0f} min"

    # The thread that talks to the queue

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that writes messages
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _watch(self) -> None:
        while not self._stopped:
            self._submit()
            self._poll()
            with self._changed:
                if not self._stopped and not self._can_submit():
                    self._changed.wait(self._pause())

    def _pause(self) -> float:
        now = time.monotonic()
        waiting = self._of(Phase.QUEUED)
        due = [self._next_poll] if waiting and not self._is_blocked(waiting[0]) else []
        if now < self._not_before:
            due.append(self._not_before)
        return max(0.0, min(due) - now) if due else 60.0

    def _exports(self) -> Iterator[Export]:
        return (export for series in list(self.series) for export in list(series.exports))

    def _of(self, *phases: Phase) -> list[Export]:
        return [export for export in self._exports() if export.phase in phases]

    def _can_submit(self) -> bool:
        return self._next_submission() is not None

    def _next_submission(self) -> Export | None:
        if self._quota_spent or time.monotonic() < self._not_before:
            return None
        under_way = self._of(Phase.QUEUED)
        ahead = self._of(Phase.QUEUED, Phase.EXPORTED, Phase.DOWNLOADING, Phase.READY)
        places = self._rules.max_jobs - len(under_way)
        if places <= 0 or len(ahead) >= EXPORTS_AHEAD:
            return None
        for export in self._of(Phase.PLANNED, Phase.CREATED)[:places]:
            if export.phase is Phase.PLANNED and not export.error:
                return export
            if export.recorded:
                return export
        return None

    def _submit(self) -> None:
        while not self._stopped:
            with self._changed:
                export = self._next_submission()
            if export is None:
                return
            try:
                if export.phase is Phase.PLANNED:
                    self._create(export)
                else:
                    self._enqueue(export)
            except ExportQueueFullError as error:
                self._wait_for_place(export, error)
            except (ExportQuotaSpentError, DailyCallsSpentError) as error:
                self._wait_for_quota(error)
            except FieldNotFoundError as error:
                self._drop_field(export, error)
            except NotFoundError as error:
                if export.phase is Phase.PLANNED:
                    self._drop_gone(export, error)
                else:
                    self._again(export, "is not known to Marketo any more")
            except MarketoError as error:
                self._refused(export, error)

    def _create(self, export: Export) -> None:
        request = export.request
        if self.budget.never_fits(request, export.window):
            logger.info("%s is larger than a day's export allocation: split in two.", export)
            export.note("split")
            with self._changed:
                export.series.split(export)
            return
        if not self.budget.fits(request, export.window):
            if self._of(Phase.QUEUED):
                self._not_before = max(self._next_poll, time.monotonic() + 1.0)
                return
            raise ExportQuotaSpentError(
                f"{export} would exceed what is left of today's export allocation"
            )
        job = ExportEndpoint(self._client, request.base).create(request, export.window)
        with self._changed:
            export.job = job
            export.creations += 1
            export.recorded = False
            export.phase = Phase.CREATED
            self.jobs_made += 1
            self.budget.promise(request, export.window)
            self._unrecorded = True
            self._changed.notify_all()
        export.note("created")
        logger.info("%s: created.", export)

    def _enqueue(self, export: Export) -> None:
        ExportEndpoint(self._client, export.series.request.base).enqueue(export.export_id)
        with self._changed:
            self._queued(export)
            self._full_since = None
            self._full_wait = FULL_QUEUE_WAIT[0]
        export.note("enqueued")
        logger.info("%s: enqueued.", export)

    def _queued(self, export: Export) -> None:
        if not self._of(Phase.QUEUED):
            self._next_poll = max(self._next_poll, time.monotonic() + self._rules.poll_interval)
        export.phase = Phase.QUEUED
        export.looks = 0
        export.since = time.monotonic()

    def _wait_for_place(self, export: Export, error: ExportQueueFullError) -> None:
        now = time.monotonic()
        self._full_since = self._full_since or now
        waited = now - self._full_since
        if waited >= self._rules.full_timeout:
            self._fail(export, error)
            return
        pause = min(self._full_wait, self._rules.full_timeout - waited)
        pause = min(pause, max(self._rules.poll_interval, 1.0) * 5)
        logger.info(
            "Marketo's export queue is full (other integrations use it too): %s waits,"
            " for %.0f s so far; trying again in %.0f s.",
            export,
            waited,
            pause,
        )
        note("wait", why="Marketo's export queue is full", seconds=pause)
        self._full_wait = min(self._full_wait * 2, FULL_QUEUE_WAIT[1])
        self._not_before = now + pause

    def _wait_for_quota(self, error: ResponseError) -> None:
        if not self._rules.wait_for_quota:
            with self._changed:
                self._quota_spent = error
                self._changed.notify_all()
            return
        clock = self._client.clock
        logger.warning("%s Waiting until %s.", error, clock.quota_reset_text())
        pause = clock.seconds_to_reset()
        note("wait", why=str(error), seconds=pause)
        self._not_before = time.monotonic() + pause
        self.budget.begin_day()

    def _refused(self, export: Export, error: MarketoError) -> None:
        # A filter that names what is gone may be called invalid data.
        if export.phase is Phase.PLANNED and type(error) is ResponseError:
            self._drop_gone(export, error)
        else:
            self._fail(export, error)

    def _drop_gone(self, export: Export, error: ResponseError) -> None:
        series, part = export.series, export.filters
        if series.without_gone is None or not part:
            self._fail(export, error)
            return
        try:
            left = series.without_gone(part, error)
        except MarketoError as failure:
            self._fail(export, failure)
            return
        with self._changed:
            for one in series.exports:
                if one.filters == part and one.phase is Phase.PLANNED:
                    one.filters = left
                    one.phase = one.phase if left else Phase.READY
            self._changed.notify_all()

    def _drop_field(self, export: Export, error: FieldNotFoundError) -> None:
        series = export.series
        try:
            if series.without_field is None:
                raise error
            request = series.without_field(series.request, error)
        except MarketoError as failure:
            self._fail(export, failure)
            return
        with self._changed:
            series.request = request

    def _again(self, export: Export, why: str) -> None:
        if export.creations >= MAX_CREATIONS:
            job = export.job
            reason = f"{export.window} was exported {export.creations} times in vain: the job {why}"
            error = ExportFailedError(reason, hint="Run again later; tell Adobe's support the job.")
            self._fail(export, error.about(export_id=job.export_id if job else None))
            return
        logger.warning("%s %s: exporting this window again.", export, why)
        export.note("given_up", why=why)
        with self._changed:
            self.budget.release(export.request, export.window)
            export.job = None
            export.phase = Phase.PLANNED
            self._changed.notify_all()

    def _fail(self, export: Export, error: Exception) -> None:
        if isinstance(error, ResponseError):
            error.about(stream=export.series.request.name, export_id=export.export_id or None)
        export.note("failed", why=str(error))
        all_fail = isinstance(error, HOPELESS) and export.phase is Phase.PLANNED
        with self._changed:
            for failed in export.series.exports if all_fail else [export]:
                failed.error = error
            self._changed.notify_all()

    # Watching

    def _poll(self) -> None:
        waiting = self._of(Phase.QUEUED)
        if not waiting or self._is_blocked(waiting[0]) or time.monotonic() < self._next_poll:
            return
        self._next_poll = time.monotonic() + self._poll_interval()
        try:
            for base in {export.series.request.base: None for export in waiting}:
                mine = [export for export in waiting if export.series.request.base == base]
                self._look_at(ExportEndpoint(self._client, base), mine)
        except DailyCallsSpentError as error:
            self._wait_for_quota(error)

    def _poll_interval(self) -> float:
        """Seconds until the next look; a short interval must not eat the calls that do the work."""
        spare = self._client.throttle.spare
        least = 0.0 if spare > HALF else 1.0 if spare > HALF / 2 else 3.0
        return max(self._rules.poll_interval, least)

    def _look_at(self, endpoint: ExportEndpoint, exports: list[Export]) -> None:
        wanted = {export.export_id: export for export in exports}
        for job in endpoint.jobs():
            export = wanted.pop(job.export_id, None)
            if export:
                self._note(export, job)
            if not wanted:
                return
        for export_id, export in wanted.items():
            try:
                self._note(export, endpoint.status(export_id))
            except NotFoundError:
                self._again(export, "is not known to Marketo any more")

    def _note(self, export: Export, job: ExportJob) -> None:
        before = export.job
        export.job = job
        if job.state is JobState.COMPLETED:
            self._complete(export, job)
        elif job.state is JobState.FAILED:
            self._again(export, f"failed ({job.error or 'no reason given'})")
        elif job.state is JobState.CANCELLED:
            self._fail(export, _cancelled(job))
        elif before and before.state is job.state and job.state is not JobState.QUEUED:
            self._note_standstill(export, job)
        else:
            export.looks, export.since = 0, time.monotonic()
            if before is None or before.state is not job.state:
                export.note(job.state.value.lower())
            logger.info("%s: %s.", export, job.state.value.lower())

    def _note_standstill(self, export: Export, job: ExportJob) -> None:
        export.looks += 1
        if export.looks < STUCK_LOOKS or time.monotonic() - export.since < STUCK_SECONDS:
            return
        self._cancel({"exportId": job.export_id, "base": export.series.request.base}, {})
        self._again(export, f"made no progress in state {job.state.value}")

    def _complete(self, export: Export, job: ExportJob) -> None:
        logger.info(
            "%s: completed, %s records, %s bytes.",
            export,
            "?" if job.records is None else job.records,
            "?" if job.file_size is None else job.file_size,
        )
        with self._changed:
            self._completed += 1
            self.budget.spend(export.request, export.window, job.file_size or 0)
            export.phase = Phase.READY if job.records == 0 else Phase.EXPORTED
            self._changed.notify_all()
        export.note(
            "completed",
            records=job.records,
            bytes=job.file_size,
            started_at=job.started_at,
            finished_at=job.finished_at,
            used=self.budget.used,
        )

    # Jobs that an earlier run left behind

    def _adopt(self, export: Export, job: ExportJob | None) -> None:
        endpoint = ExportEndpoint(self._client, export.series.request.base)
        try:
            job = job or endpoint.status(export.export_id)
        except (NotFoundError, FileUnavailableError):
            job = None
        export.recorded = True
        if job is None or job.state in {JobState.FAILED, JobState.CANCELLED}:
            logger.info("%s is gone: exporting this window again.", export)
            export.job, export.phase = None, Phase.PLANNED
            return
        export.job = job
        logger.info("%s: taken over from an earlier run (%s).", export, job.state.value.lower())
        export.note("taken_over", state=job.state.value, records=job.records, bytes=job.file_size)
        if job.state is JobState.CREATED:
            export.phase = Phase.CREATED
        elif job.state is JobState.COMPLETED:
            export.phase = Phase.READY if job.records == 0 else Phase.EXPORTED
        else:
            self._queued(export)

    def _cancel(self, record: JobRecord, jobs: dict[str, ExportJob]) -> None:
        """Cancel a job that nobody needs; that it is over or unknown already is well too."""
        known = jobs.get(record["exportId"])
        if known and known.state in {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}:
            return
        try:
            ExportEndpoint(self._client, record["base"]).cancel(record["exportId"])
        except ResponseError as error:
            logger.info("Export job %s could not be cancelled: %s", record["exportId"], error)
            return
        logger.info("Export job %s, which fits no plan any more, is cancelled.", record["exportId"])
        note("cancelled", job=record["exportId"])

    # The thread that fetches files

    def _fetch_files(self) -> None:
        while not self._stopped:
            with self._changed:
                export = self._next_file()
                if export is None:
                    self._changed.wait(60.0)
                    continue
                export.phase = Phase.DOWNLOADING
            self._fetch(export)

    def _next_file(self) -> Export | None:
        if isinstance(self._quota_spent, DailyCallsSpentError):
            return None
        if len([export for export in self._of(Phase.READY) if export.file]) > FILES_AHEAD:
            heads = {id(series.exports[0]) for series in self.series if series.exports}
            exports = [export for export in self._of(Phase.EXPORTED) if id(export) in heads]
        else:
            exports = self._of(Phase.EXPORTED)
        return exports[0] if exports else None

    def _fetch(self, export: Export) -> None:
        job = export.job
        if job is None:
            raise AssertionError(export)
        endpoint = ExportEndpoint(self._client, export.series.request.base)
        began = time.monotonic()
        export.note("downloading")
        try:
            file = download(self._client, endpoint.file_path(job.export_id), job)
        except FileUnavailableError as error:
            self._again(export, f"has no usable file ({error.reason})")
        except DailyCallsSpentError as error:
            with self._changed:
                export.phase = Phase.EXPORTED
            self._wait_for_quota(error)
        except MarketoError as error:
            self._fail(export, error)
        except OSError as error:
            place = tempfile.gettempdir()
            reason = f"{export}: cannot be kept in {place} ({error.strerror}); set TMPDIR elsewhere"
            self._fail(export, MarketoError(reason))
        else:
            export.note("verified")
            logger.info("%s: downloaded in %.1f s.", export, time.monotonic() - began)
            with self._changed:
                export.file = file
                export.phase = Phase.READY
                self._changed.notify_all()


def _cancelled(job: ExportJob) -> ExportCancelledError:
    error = ExportCancelledError(
        "The export job was cancelled, not by this run",
        hint=(
            "Jobs are cancelled by whoever uses the same API user: another run of the tap with"
            " another catalog, another integration, or an administrator. Give the tap an API user"
            " of its own; the next run exports the window again."
        ),
    )
    error.about(export_id=job.export_id)
    return error
