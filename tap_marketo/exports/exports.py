"""All exports of a run and how far each has come, shared by the threads that move them on."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from tap_marketo.client.errors import (
    AccessDeniedError,
    DailyCallsSpentError,
    FeatureUnavailableError,
    FilterUnavailableError,
    NotFoundError,
    ResponseError,
)
from tap_marketo.exports.series import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_marketo.exports.budget import Budget
    from tap_marketo.exports.series import Export, Series

logger = logging.getLogger("tap-marketo")

MAX_CREATIONS = 3
# What one export is refused for, all of its series are.
HOPELESS = (
    AccessDeniedError,
    FeatureUnavailableError,
    FilterUnavailableError,
    NotFoundError,
)


class ExportFailedError(ResponseError):
    """Marketo failed to export a window, more than once."""


class Exports:
    """The exports of all series, in the order of their emission.

    Attributes:
        series: As planned.
        budget: The daily export allocation.
        changed: Held by whoever changes an export, and notified afterwards.
        stopped: Whether the threads are to end.
        failure: What ended one of them.
        quota_spent: Why nothing more can be begun today.
        unrecorded: Whether there are jobs whose ids no STATE message has told yet.
        jobs_made: Jobs created by this run.
        completed: Jobs seen to complete.
    """

    def __init__(self, budget: Budget) -> None:
        """Begin without any.

        Args:
            budget: The daily export allocation.
        """
        self.series: list[Series] = []
        self.budget = budget
        self.changed = threading.Condition()
        self.stopped = False
        self.failure: BaseException | None = None
        self.quota_spent: ResponseError | None = None
        self.unrecorded = False
        self.jobs_made = 0
        self.completed = 0

    def __iter__(self) -> Iterator[Export]:
        """Each export that is still to be written."""
        wanted = [series for series in self.series if not series.given_up]
        return (export for series in wanted for export in list(series.exports))

    def of(self, *phases: Phase) -> list[Export]:
        """Those that have come so far.

        Args:
            phases: One or more.
        """
        return [export for export in self if export.phase in phases]

    def move(self, export: Export, phase: Phase) -> None:
        """Note how far an export has come.

        Args:
            export: One of these.
            phase: The new one.
        """
        with self.changed:
            export.phase = phase
            self.changed.notify_all()

    def again(self, export: Export, why: str) -> None:
        """Plan another job for a window whose job came to nothing, unless that has no end.

        Args:
            export: One with a job.
            why: What happened to it, for the log.
        """
        if export.creations >= MAX_CREATIONS:
            job = export.job
            reason = f"{export.window} was exported {export.creations} times in vain: the job {why}"
            error = ExportFailedError(reason, hint="Run again later; tell Adobe's support the job.")
            self.fail(export, error.about(export_id=job.export_id if job else None))
            return
        logger.warning("%s %s: exporting this window again.", export, why)
        export.note("given_up", why=why)
        with self.changed:
            self.budget.release(export.request, export.window)
            export.job = None
            self.move(export, Phase.PLANNED)

    def fail(self, export: Export, error: Exception) -> None:
        """Hand an error to the thread that waits for an export.

        Args:
            export: One that will not be had.
            error: Why.
        """
        if isinstance(error, ResponseError):
            error.about(stream=export.series.request.name, export_id=export.export_id or None)
        export.note("failed", why=str(error))
        with self.changed:
            failed = [export]
            if isinstance(error, HOPELESS) and export.phase is Phase.PLANNED:
                failed = [one for one in export.series.exports if one.phase is Phase.PLANNED]
            for one in failed:
                one.error = error
                self.move(one, Phase.FAILED)

    def pause(self, error: ResponseError) -> None:
        """Begin nothing more today.

        Args:
            error: Says that calls or allocation are spent.
        """
        with self.changed:
            self.quota_spent = error
            self.changed.notify_all()

    @property
    def calls_are_spent(self) -> bool:
        """Whether not even a look or a download is possible today."""
        return isinstance(self.quota_spent, DailyCallsSpentError)

    def is_blocked(self, export: Export) -> bool:
        """Tell whether a spent quota keeps an export from going on today.

        Args:
            export: One of these.
        """
        waits_for_allocation = export.phase in {Phase.PLANNED, Phase.CREATED}
        return self.calls_are_spent or bool(self.quota_spent and waits_for_allocation)
