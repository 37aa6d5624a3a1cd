"""Creates and enqueues jobs, and handles refusals."""

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
    from tap_marketo.exports.machine.poller import Poller
    from tap_marketo.exports.machine.series import Piece

logger = logging.getLogger("tap-marketo")

EXPORTS_AHEAD = 20
"""Maximum pieces queued or exported but not written; Marketo keeps files for seven days."""
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
    """Enqueue the job of a piece."""

    piece: Piece


@dataclass(frozen=True)
class Amend:
    """Find out what in a refused request no longer exists."""

    piece: Piece
    error: ResponseError


class Submitter:
    """Keeps Marketo's queue as full as the rules and the allocation allow.

    Source: bulk-extract.md
    """

    def __init__(self, board: Board, poller: Poller, faults: Faults) -> None:
        """Create the submitter.

        Args:
            board: State of all pieces.
            poller: Follows queued jobs.
            faults: Handles failures.
        """
        self._board = board
        self._poller = poller
        self._faults = faults
        self._not_before = 0.0
        self._spent_until: datetime | None = None
        self._full_since: float | None = None
        self._full_wait = FULL_QUEUE_WAIT[0]
        self._logged_at = -LOG_EVERY
        self._amend: Amend | None = None

    def due(self, at: Moment) -> float | None:
        """Return the seconds until a pause ends; None if there is none.

        Args:
            at: Current time.
        """
        if self._spent_until:
            # By Marketo's time, because the monotonic clock may stop while a machine sleeps.
            rest = (self._spent_until - at.now).total_seconds()
            if rest > 0:
                return min(rest, LONGEST_SLEEP)
            self._spent_until = None
        return self._not_before - at.elapsed if at.elapsed < self._not_before else None

    def next(self, at: Moment) -> Create | Enqueue | Amend | None:
        """Return the next call, if any.

        Args:
            at: Current time.
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
        """Return the next pieces to submit; heads come before other pieces."""
        board = self._board
        heads = board.heads()
        ahead = board.of(Phase.QUEUED, Phase.EXPORTED, Phase.DOWNLOADING, Phase.READY)
        full = sum(not piece.by_rest for piece in ahead) >= EXPORTS_AHEAD
        known = set(map(id, heads))
        chosen: list[Piece] = []
        for phase in (Phase.CREATED, Phase.PLANNED):
            chosen += [piece for piece in heads if piece.phase is phase]
            if not full:
                chosen += [piece for piece in board.of(phase) if id(piece) not in known]
            if len(chosen) >= places:
                break
        return chosen[:places]

    def _creation(self, piece: Piece, at: Moment) -> Create | None:
        board, request, window = self._board, piece.request, piece.window
        allocation = board.allocation
        allocation.begin_day(at.day_start)
        kind = piece.series.request.fingerprint
        while allocation.never_fits(kind, window):
            logger.info("%s is larger than the daily export allocation: split in two.", piece)
            board.emit(piece, "split")
            self._faults.halve(piece)
            return self._creation(self._first_planned(), at)
        if allocation.fits(kind, window):
            return Create(piece)
        if board.of(Phase.CREATED, Phase.QUEUED):
            return None  # a running job may turn out smaller than estimated
        if self._cut_to_fit(piece):
            return self._creation(self._first_planned(), at)
        self.quota(
            ExportQuotaSpentError(
                f"{piece} would exceed what is left of today's export allocation:"
                f" {allocation.used / MEGABYTE:.1f} of {allocation.limit / MEGABYTE:.1f} MB are"
                f" used, and it needs about {allocation.estimate(kind, window) / MEGABYTE:.1f} MB",
                hint=(
                    "If Admin > Bulk Extract shows a larger allocation, set export_daily_quota_mb"
                    " to it."
                ),
            ).with_context(stream=request.name),
            at,
        )
        return None

    def _cut_to_fit(self, piece: Piece) -> bool:
        """Halve a window until its first part fits today, unless that is less than a day."""
        window, allocation = piece.window, self._board.allocation
        kind = piece.series.request.fingerprint
        while window and window.seconds > DAY and allocation.knows(kind):
            window = window.halves()[0]
            if allocation.fits(kind, window):
                logger.info(
                    "%s is larger than the rest of today's export allocation: split in two.", piece
                )
                self._board.emit(piece, "split")
                self._faults.halve(piece)
                return True
        return False

    def _first_planned(self) -> Piece:
        return next(
            piece for piece in self._board if piece.phase is Phase.PLANNED and not piece.adopted
        )

    def created(self, piece: Piece, job: ExportJob) -> None:
        """Process a created job; it may be enqueued once its id is saved.

        Args:
            piece: Piece of the job.
            job: Created job.
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
        """Process an enqueued job.

        Args:
            piece: Piece of the job.
            at: Current time.
        """
        self._full_since = None
        self._full_wait = FULL_QUEUE_WAIT[0]
        self._poller.follow(piece, at)
        self._board.emit(piece, "enqueued")
        logger.debug("%s: enqueued.", piece)

    def create_failed(self, piece: Piece, error: MarketoError, at: Moment) -> None:
        """Decide what to do after a refused creation.

        Args:
            piece: Piece of the job.
            error: Error of the call.
            at: Current time.
        """
        if isinstance(error, (ExportQuotaSpentError, DailyCallsSpentError)):
            self.quota(error, at)
        elif isinstance(error, ExportQueueFullError):
            self._full(piece, error, at)
        elif isinstance(error, FilterUnavailableError):
            self._faults.use_alternative(piece.series, error, at)
        elif isinstance(error, ResponseError) and _names_what_is_gone(error) and piece.series.amend:
            self._amend = Amend(piece, error)
        else:
            self._faults.refused(piece, error)

    def enqueue_failed(
        self, piece: Piece, error: MarketoError, seen: ExportJob | None, at: Moment
    ) -> None:
        """Decide what to do after a refused enqueue call.

        Args:
            piece: Piece of the job.
            error: Error of the call.
            seen: Current state of the job, if it was checked.
            at: Current time.
        """
        if seen and seen.state is not JobState.CREATED:
            # An earlier attempt succeeded although its answer was lost.
            self.enqueued(piece, at)
        elif isinstance(error, (ExportQuotaSpentError, DailyCallsSpentError)):
            self.quota(error, at)
        elif isinstance(error, ExportQueueFullError):
            self._full(piece, error, at)
        elif isinstance(error, NotFoundError):
            self._faults.retry(piece, "is no longer known to Marketo")
        elif type(error) is ResponseError:
            self._faults.retry(piece, f"could not be enqueued ({error.summary})")
        else:
            self._faults.refused(piece, error)

    def quota(self, error: ResponseError, at: Moment) -> None:
        """Create no more jobs today, or wait for the reset.

        Args:
            error: Error of the daily limit.
            at: Current time.
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
                f"It was full for {waited / 3600:.1f} h, the limit that export_queue_timeout_hours"
                " sets. Admin > Bulk Extract shows whose jobs they are. The next run resumes with"
                " this job."
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
                "Marketo's export queue is full, and other integrations use it too. %s has been"
                " waiting for %.0f s.",
                piece,
                waited,
            )
        emit("wait", why="Marketo's export queue is full", seconds=pause)
        self._full_wait = min(self._full_wait * 2, FULL_QUEUE_WAIT[1])
        self._not_before = at.elapsed + pause


def _names_what_is_gone(error: ResponseError) -> bool:
    """Return whether the request may name a field or program that no longer exists."""
    return isinstance(error, (FieldNotFoundError, NotFoundError)) or type(error) is ResponseError
