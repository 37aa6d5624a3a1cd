"""The machine's state: the pieces of all series, their phases, and what blocks them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_marketo.client.errors import DailyCallsSpentError
from tap_marketo.events import emit
from tap_marketo.exports.machine.series import Phase, Piece, Series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.allocation import Allocation
    from tap_marketo.exports.planner import PlanRules
    from tap_marketo.exports.saved import SavedJob

logger = logging.getLogger("tap-marketo")


@dataclass(frozen=True)
class Moment:
    """A time by several clocks.

    Attributes:
        elapsed: Seconds of a monotonic clock.
        now: Marketo's time.
        day_start: Last reset of the daily limits.
        renewal: When to try again after a daily limit was reached.
    """

    elapsed: float
    now: datetime
    day_start: datetime
    renewal: datetime


@dataclass(frozen=True)
class Rules:
    """Limits and timeouts of the exports.

    Attributes:
        plan: How windows are split and ordered.
        poll_interval: Seconds between two status calls.
        max_jobs: Maximum jobs of the tap in the queue.
        full_timeout: Seconds to wait for a place in the queue, or for a queued job to start.
        job_timeout: Seconds that a running job may make no progress before it is replaced.
        wait_for_quota: Whether to wait for the reset after a daily limit is reached.
    """

    plan: PlanRules
    poll_interval: float = 60.0
    max_jobs: int = 4
    full_timeout: float = 12 * 3600.0
    job_timeout: float = 3 * 3600.0
    wait_for_quota: bool = False


@dataclass(frozen=True)
class Cancel:
    """An order to cancel a job that is no longer needed.

    Attributes:
        base: Path of the object type's export endpoints.
        export_id: Id of the job.
        why: Reason, as the end of a sentence.
    """

    base: str
    export_id: str
    why: str


@dataclass
class Board:
    """State shared by the parts of the machine.

    Attributes:
        rules: Limits and timeouts.
        allocation: Daily export allocation.
        series: Series in the order of their streams.
        held: Jobs of earlier runs that match no plan yet.
        cancels: Jobs to cancel.
        unlisted: Object types whose jobs are not listed yet.
        broken_lists: Object types whose jobs cannot be listed.
        over: Ids of jobs that have ended.
        left: Pieces of stopped series whose jobs still take places in the queue.
        unsaved: Whether there are new jobs that no STATE message has yet.
        quota_spent: Error of the daily limit that is reached, if any.
        jobs_made: Number of jobs created by this run.
        completed: Number of jobs that completed in this run.
    """

    rules: Rules
    allocation: Allocation
    series: list[Series]
    held: list[SavedJob] = field(default_factory=list)
    cancels: list[Cancel] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    broken_lists: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    left: list[Piece] = field(default_factory=list)
    unsaved: bool = False
    quota_spent: ResponseError | None = None
    jobs_made: int = 0
    completed: int = 0

    def __iter__(self) -> Iterator[Piece]:
        """Iterate over the pieces of active series in the order in which they are written."""
        return (piece for series in self.series if not series.stopped for piece in series.pieces)

    def of(self, *phases: Phase) -> list[Piece]:
        """Return the pieces of active series in given phases.

        Args:
            phases: Phases to include.
        """
        return [
            piece
            for series in self.series
            if not series.stopped
            for piece in series.pieces
            if piece.phase in phases
        ]

    def stop(self, series: Series) -> None:
        """Stop a series; its jobs remain in the state.

        Args:
            series: Series to stop.
        """
        if series.stopped:
            return
        series.stopped = True
        for piece in series.pieces:
            if piece.phase is Phase.QUEUED:
                self.left.append(piece)
            else:
                self.allocation.release(piece)

    def heads(self) -> list[Piece]:
        """Return the next piece of each active series."""
        return [series.pieces[0] for series in self.series if series.pieces and not series.stopped]

    @property
    def calls_are_spent(self) -> bool:
        """Whether the daily call limit is reached, so that no call is possible."""
        return isinstance(self.quota_spent, DailyCallsSpentError)

    def is_blocked(self, piece: Piece) -> bool:
        """Return whether a daily limit blocks a piece.

        Args:
            piece: Piece of a series.
        """
        if piece.phase is Phase.READY:
            return False
        needs_allocation = piece.phase in {Phase.PLANNED, Phase.CREATED}
        return self.calls_are_spent or bool(self.quota_spent and needs_allocation)

    def cancel(self, piece: Piece, why: str) -> None:
        """Order to cancel the job of a piece.

        Args:
            piece: Piece with a job.
            why: Reason, as the end of a sentence.
        """
        self.cancels.append(Cancel(piece.series.request.base, piece.export_id, why))

    def emit(self, piece: Piece, event: str, **facts: object) -> None:
        """Emit an event about a piece.

        Args:
            piece: Piece of the event.
            event: Name of the event; see `tap_marketo.events.emit`.
            facts: Further values of the event.
        """
        part = {"part": piece.part} if piece.part else {}
        emit(
            event,
            stream=piece.series.name,
            window=str(piece.window or ""),
            job=piece.export_id,
            **part,
            **facts,
        )
