"""Which job is created or enqueued next, and what a refusal of it means."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo.client.errors import (
    DailyCallsSpentError,
    ExportQueueFullError,
    ExportQuotaSpentError,
    FieldNotFoundError,
    FilterUnavailableError,
    MarketoError,
    NotFoundError,
    ResponseError,
)
from tap_marketo.events import emit
from tap_marketo.exports.allocation import MEGABYTE
from tap_marketo.exports.job import ExportJob, JobState
from tap_marketo.exports.machine.series import Phase

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo.exports.machine.board import Board, Moment
    from tap_marketo.exports.machine.faults import Faults
    from tap_marketo.exports.machine.series import Piece
    from tap_marketo.exports.machine.watch import Watch

logger = logging.getLogger("tap-marketo")

EXPORTS_AHEAD = 20
"""Pieces under way or exported and not yet written; Marketo keeps their files for seven days."""
FULL_QUEUE_WAIT = (30.0, 300.0)
LONGEST_SLEEP = 60.0
LOG_EVERY = 60.0
LONG_WAIT = 3600.0
DAY = 86_400


@dataclass(frozen=True)
class Create:
    """Create the job of a piece."""

    piece: Piece


@dataclass(frozen=True)
class Enqueue:
    """Put the job of a piece into Marketo's queue."""

    piece: Piece


@dataclass(frozen=True)
class Amend:
    """Find out what a refused request names that no longer exists."""

    piece: Piece
    error: ResponseError


class Submission:
    """Keeps the queue as full as the rules, the others and the allocation allow.

    Source: bulk-extract.md
    """

    def __init__(self, board: Board, watch: Watch, faults: Faults) -> None:
        """Submit nothing yet.

        Args:
            board: What the machine knows.
            watch: Looks at the jobs from their enqueuing on.
            faults: Decides what follows from a failure.
        """
        self._board = board
        self._watch = watch
        self._faults = faults
        self._not_before = 0.0
        self._spent_until: datetime | None = None
        self._full_since: float | None = None
        self._full_wait = FULL_QUEUE_WAIT[0]
        self._logged_at = -LOG_EVERY
        self._amend: Amend | None = None

    def due(self, at: Moment) -> float | None:
        """Seconds until a pause ends; None when there is none.

        Args:
            at: Now.
        """
        if self._spent_until:
            # By Marketo's time: a machine that sleeps meanwhile must not wait on.
            rest = (self._spent_until - at.now).total_seconds()
            if rest > 0:
                return min(rest, LONGEST_SLEEP)
            self._spent_until = None
        return self._not_before - at.elapsed if at.elapsed < self._not_before else None

    def next(self, at: Moment) -> Create | Enqueue | Amend | None:
        """What is to be done now, if anything.

        Args:
            at: Now.
        """
        if self._amend:
            amend, self._amend = self._amend, None
            return amend
        board = self._board
        if board.quota_spent or self.due(at) is not None:
            return None
        places = board.rules.max_jobs - len(board.of(Phase.QUEUED)) - len(board.left)
        if places <= 0:
            return None
        for piece in self._candidates(places):
            if piece.phase is Phase.CREATED:
                if piece.recorded:
                    return Enqueue(piece)
                continue
            return self._creation(piece, at)
        return None

    def _candidates(self, places: int) -> list[Piece]:
        """The pieces whose turn it is: what somebody waits for is never behind the others."""
        board = self._board
        heads = board.heads()
        ahead = board.of(Phase.QUEUED, Phase.EXPORTED, Phase.DOWNLOADING, Phase.READY)
        full = sum(not one.by_rest for one in ahead) >= EXPORTS_AHEAD
        known = set(map(id, heads))
        chosen: list[Piece] = []
        for phase in (Phase.CREATED, Phase.PLANNED):
            chosen += [one for one in heads if one.phase is phase]
            if not full:
                chosen += [one for one in board.of(phase) if id(one) not in known]
            if len(chosen) >= places:
                break
        return chosen[:places]

    def _creation(self, piece: Piece, at: Moment) -> Create | None:
        board, request, window = self._board, piece.request, piece.window
        allocation = board.allocation
        allocation.begin_day(at.day_start)
        kind = piece.series.request.fingerprint
        while allocation.never_fits(kind, window):
            logger.info("%s is larger than a day's export allocation: split in two.", piece)
            board.emit(piece, "split")
            self._faults.halve(piece)
            return self._creation(self._first_planned(), at)
        if allocation.fits(kind, window):
            return Create(piece)
        if board.of(Phase.CREATED, Phase.QUEUED):
            return None  # another that ends may have taken less than expected
        if self._cut_to_fit(piece):
            return self._creation(self._first_planned(), at)
        self.quota(
            ExportQuotaSpentError(
                f"{piece} would exceed what is left of today's export allocation:"
                f" {allocation.used / MEGABYTE:.1f} of {allocation.limit / MEGABYTE:.1f} MB are"
                f" used, and it takes about {allocation.estimate(kind, window) / MEGABYTE:.1f} MB",
                hint=(
                    "Set export_daily_quota_mb to what Admin > Bulk Extract shows, if that is more."
                ),
            ).with_context(stream=request.name),
            at,
        )
        return None

    def _cut_to_fit(self, piece: Piece) -> bool:
        """Halve a window of which a day or more fits today, so that each day brings something."""
        window, allocation = piece.window, self._board.allocation
        kind = piece.series.request.fingerprint
        while window and window.seconds > DAY and allocation.knows(kind):
            window = window.halves()[0]
            if allocation.fits(kind, window):
                logger.info("%s is larger than what is left of today's allocation: halved.", piece)
                self._board.emit(piece, "split")
                self._faults.halve(piece)
                return True
        return False

    def _first_planned(self) -> Piece:
        return next(one for one in self._board if one.phase is Phase.PLANNED and not one.adopted)

    def created(self, piece: Piece, job: ExportJob) -> None:
        """Note a job; it is enqueued once its id is saved.

        Args:
            piece: Whose job it is.
            job: As Marketo describes it.
        """
        board = self._board
        piece.job, piece.phase = job, Phase.CREATED
        piece.creations += 1
        piece.recorded = False
        board.jobs_made += 1
        board.unsaved = True
        board.allocation.promise(piece, piece.series.request.fingerprint, piece.window)
        board.emit(piece, "created")
        logger.debug("%s: created.", piece)

    def enqueued(self, piece: Piece, at: Moment) -> None:
        """Follow a job that is in the queue now.

        Args:
            piece: Whose job it is.
            at: Now.
        """
        self._full_since = None
        self._full_wait = FULL_QUEUE_WAIT[0]
        self._watch.begin(piece, at)
        self._board.emit(piece, "enqueued")
        logger.debug("%s: enqueued.", piece)

    def create_failed(self, piece: Piece, error: MarketoError, at: Moment) -> None:
        """Decide what follows from a refused creation.

        Args:
            piece: Whose job it is.
            error: What Marketo answered.
            at: Now.
        """
        if isinstance(error, (ExportQuotaSpentError, DailyCallsSpentError)):
            self.quota(error, at)
        elif isinstance(error, ExportQueueFullError):
            self._full(piece, error, at)
        elif isinstance(error, FilterUnavailableError):
            self._faults.without_filter(piece.series, error, at)
        elif isinstance(error, ResponseError) and _names_what_is_gone(error) and piece.series.amend:
            self._amend = Amend(piece, error)
        else:
            self._faults.refused(piece, error)

    def enqueue_failed(
        self, piece: Piece, error: MarketoError, seen: ExportJob | None, at: Moment
    ) -> None:
        """Decide what follows from a refused enqueuing.

        Args:
            piece: Whose job it is.
            error: What Marketo answered.
            seen: The job as it is now; None where nobody looked.
            at: Now.
        """
        if seen and seen.state is not JobState.CREATED:
            # An earlier try came through, in whatever words that is reported now.
            self.enqueued(piece, at)
        elif isinstance(error, (ExportQuotaSpentError, DailyCallsSpentError)):
            self.quota(error, at)
        elif isinstance(error, ExportQueueFullError):
            self._full(piece, error, at)
        elif isinstance(error, NotFoundError):
            self._faults.again(piece, "is not known to Marketo any more")
        elif type(error) is ResponseError:
            self._faults.again(piece, f"cannot be enqueued ({error.summary})")
        else:
            self._faults.refused(piece, error)

    def quota(self, error: ResponseError, at: Moment) -> None:
        """Begin nothing more today, or wait for tomorrow.

        Args:
            error: Says that calls or allocation are spent.
            at: Now.
        """
        board = self._board
        if not board.rules.wait_for_quota:
            board.quota_spent = error
            return
        self._spent_until = at.renewal
        logger.warning("%s Waiting until %s UTC.", error, f"{at.renewal:%Y-%m-%d %H:%M}")
        emit("wait", why=str(error), seconds=(at.renewal - at.now).total_seconds())

    def _full(self, piece: Piece, error: ExportQueueFullError, at: Moment) -> None:
        rules = self._board.rules
        if self._full_since is None:
            self._full_since = at.elapsed
        waited = at.elapsed - self._full_since
        if waited >= rules.full_timeout:
            error.hint = (
                f"It was full for {waited / 3600:.1f} h, as long as export_queue_timeout_hours has"
                " the tap wait. Admin > Bulk Extract shows whose jobs they are; the next run"
                " resumes with this one."
            )
            self._faults.refused(piece, error)
            return
        pause = min(self._full_wait, rules.full_timeout - waited)
        pause = min(pause, max(rules.poll_interval, 1.0) * 5)
        if at.elapsed - self._logged_at >= LOG_EVERY:
            self._logged_at = at.elapsed
            level = logging.WARNING if waited >= LONG_WAIT else logging.INFO
            logger.log(
                level,
                "Marketo's export queue is full (other integrations use it too): %s has waited"
                " for %.0f s.",
                piece,
                waited,
            )
        emit("wait", why="Marketo's export queue is full", seconds=pause)
        self._full_wait = min(self._full_wait * 2, FULL_QUEUE_WAIT[1])
        self._not_before = at.elapsed + pause


def _names_what_is_gone(error: ResponseError) -> bool:
    """Whether a request may name a field or program that no longer exists."""
    return isinstance(error, (FieldNotFoundError, NotFoundError)) or type(error) is ResponseError
