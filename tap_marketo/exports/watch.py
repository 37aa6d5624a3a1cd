"""Looking at the jobs in the queue: one call for all of a kind, and what their states mean."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from tap_marketo.client.errors import DailyCallsSpentError, NotFoundError, ResponseError
from tap_marketo.events import note
from tap_marketo.exports.job import ExportEndpoint, JobState
from tap_marketo.exports.series import Phase

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.exports import Exports
    from tap_marketo.exports.job import ExportJob
    from tap_marketo.exports.queue import QueueRules
    from tap_marketo.exports.series import Export

logger = logging.getLogger("tap-marketo")

HALF = 0.5


class ExportCancelledError(ResponseError):
    """Somebody cancelled an export job of ours."""


class Watch:
    """Follows jobs from their enqueuing to their end.

    Attributes:
        next_look: By the monotonic clock.

    Source: bulk-extract.md
    """

    def __init__(self, client: MarketoClient, rules: QueueRules, exports: Exports) -> None:
        """Look at nothing yet.

        Args:
            client: Of the instance.
            rules: How to behave.
            exports: Those that are queued are looked at.
        """
        self.next_look = 0.0
        self._client = client
        self._rules = rules
        self._exports = exports

    def begin(self, export: Export) -> None:
        """Follow a job that is in the queue now.

        Args:
            export: Its export.
        """
        if not self._exports.of(Phase.QUEUED):
            soon = time.monotonic() + self._rules.poll_interval
            self.next_look = max(self.next_look, soon)
        export.since = time.monotonic()
        self._exports.move(export, Phase.QUEUED)

    def due(self) -> float | None:
        """When to look again, by the monotonic clock; None when there is nothing to look at."""
        if self._exports.calls_are_spent or not self._exports.of(Phase.QUEUED):
            return None
        return self.next_look

    def look(self) -> None:
        """Look at all jobs in the queue, if it is time."""
        due = self.due()
        if due is None or time.monotonic() < due:
            return
        self.next_look = time.monotonic() + self._interval()
        waiting = self._exports.of(Phase.QUEUED)
        try:
            for base in {export.series.request.base: None for export in waiting}:
                mine = [export for export in waiting if export.series.request.base == base]
                self._look_at(ExportEndpoint(self._client, base), mine)
        except DailyCallsSpentError as error:
            self._exports.pause(error)

    def cancel(self, base: str, export_id: str, why: str) -> None:
        """Cancel a job that nobody needs; that it is over or unknown already is well too.

        Args:
            base: Path of its object type's export endpoints.
            export_id: Its id.
            why: What makes it useless.
        """
        try:
            ExportEndpoint(self._client, base).cancel(export_id)
        except ResponseError as error:
            logger.info("Export job %s could not be cancelled: %s", export_id, error)
            return
        logger.info("Export job %s, which %s, is cancelled.", export_id, why)
        note("cancelled", job=export_id)

    def _interval(self) -> float:
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
                self._exports.again(export, "is not known to Marketo any more")

    def _note(self, export: Export, job: ExportJob) -> None:
        before = export.job
        export.job = job
        if job.state is JobState.COMPLETED:
            self._complete(export, job)
        elif job.state is JobState.FAILED:
            self._exports.again(export, f"failed ({job.error or 'no reason given'})")
        elif job.state is JobState.CANCELLED:
            self._exports.fail(export, _cancelled(job))
        elif before and before.state is job.state and job.state is not JobState.QUEUED:
            self._note_standstill(export, job)
        else:
            export.since = time.monotonic()
            if before is None or before.state is not job.state:
                export.note(job.state.value.lower())
            logger.info("%s: %s.", export, job.state.value.lower())

    def _note_standstill(self, export: Export, job: ExportJob) -> None:
        if time.monotonic() - export.since < self._rules.job_timeout:
            return
        self.cancel(export.series.request.base, job.export_id, "makes no progress")
        self._exports.again(export, f"made no progress in state {job.state.value}")

    def _complete(self, export: Export, job: ExportJob) -> None:
        logger.info(
            "%s: completed, %s records, %s bytes.",
            export,
            "?" if job.records is None else job.records,
            "?" if job.file_size is None else job.file_size,
        )
        budget = self._exports.budget
        with self._exports.changed:
            self._exports.completed += 1
            budget.spend(export.request, export.window, job.file_size or 0)
            self._exports.move(export, Phase.READY if job.records == 0 else Phase.EXPORTED)
        export.note(
            "completed",
            records=job.records,
            bytes=job.file_size,
            started_at=job.started_at,
            finished_at=job.finished_at,
            used=budget.used,
        )


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
