"""What the machine knows: the pieces of all series and how far each is, and what holds them up."""

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
    """When something happens.

    Attributes:
        elapsed: Seconds by a clock that never jumps.
        now: Marketo's time.
        day_start: When the daily quotas last began anew.
        renewal: When it is worth asking again after a quota was found spent.
    """

    elapsed: float
    now: datetime
    day_start: datetime
    renewal: datetime


@dataclass(frozen=True)
class Rules:
    """How the tap behaves in the queue.

    Attributes:
        plan: How windows are cut and ordered.
        poll_interval: Seconds between two looks at the jobs.
        max_jobs: Jobs of ours in the queue at once.
        full_timeout: Seconds to wait for a place, or for a queued job to begin.
        job_timeout: Seconds that a running job may show no progress before another is made.
        wait_for_quota: Whether to wait until a spent quota is renewed.
    """

    plan: PlanRules
    poll_interval: float = 60.0
    max_jobs: int = 4
    full_timeout: float = 12 * 3600.0
    job_timeout: float = 3 * 3600.0
    wait_for_quota: bool = False


@dataclass(frozen=True)
class CancelOrder:
    """A job that nobody needs any more.

    Attributes:
        base: Path of its object type's export endpoints.
        export_id: Its id.
        why: What makes it useless.
    """

    base: str
    export_id: str
    why: str


@dataclass
class Board:
    """Shared by the parts of the machine; changed by one event at a time.

    Attributes:
        rules: How the tap behaves.
        allocation: The daily export allocation.
        series: In the order of their streams.
        held: Jobs of earlier runs that fit no plan yet.
        cancels: Jobs to cancel.
        unlisted: Object types whose jobs are still to be listed.
        broken_lists: Object types whose jobs cannot be listed.
        over: Jobs that the lists showed to be over.
        left: Pieces of stopped series whose jobs are in the queue: they take places of ours.
        unsaved: Jobs were made whose ids stand in no STATE message yet.
        quota_spent: Why nothing more can be begun today.
        jobs_made: Jobs created by this run.
        completed: Jobs seen to complete.
    """

    rules: Rules
    allocation: Allocation
    series: list[Series]
    held: list[SavedJob] = field(default_factory=list)
    cancels: list[CancelOrder] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    broken_lists: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    left: list[Piece] = field(default_factory=list)
    unsaved: bool = False
    quota_spent: ResponseError | None = None
    jobs_made: int = 0
    completed: int = 0

    def __iter__(self) -> Iterator[Piece]:
        """Each piece that is still wanted, in the order of emission."""
        return (piece for series in self.series if not series.stopped for piece in series.pieces)

    def of(self, *phases: Phase) -> list[Piece]:
        """Those that have come so far.

        Args:
            phases: One or more.
        """
        return [
            piece
            for series in self.series
            if not series.stopped
            for piece in series.pieces
            if piece.phase in phases
        ]

    def stop(self, series: Series) -> None:
        """Do nothing more for a series; the state keeps its jobs.

        Args:
            series: One of these.
        """
        if not series.stopped:
            series.stopped = True
            self.left += [one for one in series.pieces if one.phase is Phase.QUEUED]

    def heads(self) -> list[Piece]:
        """The next piece of each series: somebody waits for it."""
        return [one.pieces[0] for one in self.series if one.pieces and not one.stopped]

    @property
    def calls_are_spent(self) -> bool:
        """Whether not even a look or a download is possible today."""
        return isinstance(self.quota_spent, DailyCallsSpentError)

    def is_blocked(self, piece: Piece) -> bool:
        """Whether a spent quota keeps a piece from going on today.

        Args:
            piece: One of these.
        """
        if piece.phase is Phase.READY:
            return False
        begins = piece.phase in {Phase.PLANNED, Phase.CREATED}
        return self.calls_are_spent or bool(self.quota_spent and begins)

    def cancel(self, piece: Piece, why: str) -> None:
        """Have the job of a piece cancelled.

        Args:
            piece: With a job.
            why: What makes it useless.
        """
        self.cancels.append(CancelOrder(piece.series.request.base, piece.export_id, why))

    def emit(self, piece: Piece, event: str, **facts: object) -> None:
        """Send an event about a piece to whoever keeps a log of the run.

        Args:
            piece: The piece.
            event: What happened; see `tap_marketo.events.note`.
            facts: Further ones.
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
