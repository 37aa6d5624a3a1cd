"""The shared export queue: exports run in the background, and are taken in order."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo.client.errors import ExportQuotaSpentError, MarketoError
from tap_marketo.events import note
from tap_marketo.exports.adoption import abandon, take_over
from tap_marketo.exports.budget import OBJECT_TYPES
from tap_marketo.exports.exports import Exports
from tap_marketo.exports.fetch import Fetch
from tap_marketo.exports.series import Phase
from tap_marketo.exports.submission import Submission
from tap_marketo.exports.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.budget import Budget
    from tap_marketo.exports.job import ExportRequest
    from tap_marketo.exports.series import Export, JobRecord, Series
    from tap_marketo.exports.window import Window

logger = logging.getLogger("tap-marketo")

PROGRESS_SECONDS = 300.0


class QuotaPauseError(MarketoError):
    """No further window can be exported today; what was exported has been written."""


@dataclass(frozen=True)
class QueueRules:
    """How the tap behaves in the queue.

    Attributes:
        poll_interval: Seconds between two looks at the jobs.
        max_jobs: Jobs of ours in the queue at once.
        full_timeout: Seconds to wait for a place before giving up.
        job_timeout: Seconds that a job may show no progress before another is made.
        wait_for_quota: Whether to sleep until the allocation is renewed.
    """

    poll_interval: float
    max_jobs: int
    full_timeout: float
    job_timeout: float
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
        self.exports = Exports(budget)
        self.seconds_waited = 0.0
        self._client = client
        self._write_state = write_state
        self._watch = Watch(client, rules, self.exports)
        self._submission = Submission(client, rules, self.exports, self._watch)
        self._fetch = Fetch(client, self.exports)
        self._started = time.monotonic()

    @property
    def series(self) -> list[Series]:
        """The series of exports, in the order of their streams."""
        return self.exports.series

    def start(self, series: list[Series], abandoned: list[JobRecord]) -> None:
        """Look at what is in the queue already, and begin.

        Args:
            series: What to export.
            abandoned: Jobs of an earlier run that fit no plan any more; they are cancelled.

        Raises:
            ResponseError: The jobs cannot be listed.
        """
        exports, budget, clock = self.exports, self.exports.budget, self._client.clock
        exports.series = series
        self._started = time.monotonic()
        bases = dict.fromkeys([*OBJECT_TYPES, *(one.request.base for one in series)])
        jobs = budget.look_up(self._client, clock.day_start(), bases)
        note("allocation", used=budget.used, limit=budget.limit)
        for record in abandoned:
            abandon(self._watch, record, jobs)
        for export in exports:
            if export.job:
                take_over(self._client, self._watch, export, jobs)
        for target, name in ((self._work, "export-queue"), (self._fetch.run, "export-files")):
            threading.Thread(target=self._guarded, args=(target,), name=name, daemon=True).start()

    def records(self) -> list[JobRecord]:
        """Jobs under way or not yet written, as the state keeps them."""
        return [record for series in self.exports.series for record in series.records()]

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
        with self.exports.changed:
            series.request = request
            series.exports, series.done = [], []
            series.plan(windows)
            self.exports.changed.notify_all()

    def give_up(self, series: Series) -> None:
        """Do nothing more for a series; the state keeps the jobs that there are.

        Args:
            series: One that Marketo refuses, or that failed.
        """
        with self.exports.changed:
            series.given_up = True
            self.exports.changed.notify_all()

    def written(self, export: Export) -> None:
        """Take an export off the plan: its records are all written.

        Args:
            export: As `finished` gave it.
        """
        with self.exports.changed:
            export.series.written(export)
            if export.file:
                export.file.close()
            self.exports.move(export, Phase.WRITTEN)

    def record_jobs(self) -> None:
        """Send the ids of new jobs in a STATE message, if there are any, so that they may run."""
        exports = self.exports
        if not exports.unrecorded:
            return
        with exports.changed:
            fresh = [export for export in exports if export.job and not export.recorded]
            exports.unrecorded = False
        self._write_state()
        with exports.changed:
            for export in fresh:
                export.recorded = True
            exports.changed.notify_all()

    def stop(self) -> None:
        """Let the threads end after the call they are in; spool files go with the process."""
        with self.exports.changed:
            self.exports.stopped = True
            self.exports.changed.notify_all()

    def _await(self, series: Series) -> Export:
        exports = self.exports
        told = began = time.monotonic()
        while True:
            self.record_jobs()
            with exports.changed:
                export = series.exports[0]
                if export.phase is Phase.READY:
                    self.seconds_waited += time.monotonic() - began
                    return export
                if error := export.error or exports.failure:
                    raise error
                if exports.is_blocked(export):
                    raise self._pause_error()
                if not exports.unrecorded:
                    exports.changed.wait(1.0)
            if time.monotonic() - told >= PROGRESS_SECONDS:
                told = time.monotonic()
                self._tell_progress(export)

    def _pause_error(self) -> QuotaPauseError:
        spent = self.exports.quota_spent
        text = (
            f"{str(spent).rstrip('.')}. Everything exported so far is written; the next"
            " run continues from there."
        )
        if isinstance(spent, ExportQuotaSpentError):
            text += f" The quota begins anew at {self._client.clock.quota_reset_text()}."
        return QuotaPauseError(text)

    def _tell_progress(self, export: Export) -> None:
        phases = [one.phase for one in self.exports]
        queued, failed = phases.count(Phase.QUEUED), phases.count(Phase.FAILED)
        planned = phases.count(Phase.PLANNED) + phases.count(Phase.CREATED)
        logger.info(
            "Waiting for %s: %d windows in Marketo's queue, %d exported, %d still to be exported;"
            " all exported in about %s.",
            export,
            queued,
            len(phases) - queued - planned - failed,
            planned,
            self._expected(queued + planned),
        )

    def _expected(self, windows: int) -> str:
        """How long so many windows will take, as the ones before them did."""
        if not self.exports.completed:
            return "a time that cannot be told yet"
        seconds = (time.monotonic() - self._started) / self.exports.completed * windows
        return f"{seconds / 60:.0f} min"

    def _work(self) -> None:
        exports = self.exports
        while not exports.stopped:
            self._submission.submit()
            self._watch.look()
            with exports.changed:
                if not exports.stopped and not self._submission.next():
                    exports.changed.wait(self._pause())

    def _pause(self) -> float:
        due = [one for one in (self._submission.due(), self._watch.due()) if one is not None]
        return max(0.0, min(due) - time.monotonic()) if due else 60.0

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that writes messages
            with self.exports.changed:
                self.exports.failure = error
                self.exports.changed.notify_all()
