"""Jobs from their enqueuing to their end: when to look at them, and what their states mean."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from typing_extensions import assert_never

from tap_marketo.client.errors import (
    AccessDeniedError,
    DailyCallsSpentError,
    MarketoError,
    NotFoundError,
    ResponseError,
    RetryableError,
)
from tap_marketo.exports.job import JobState
from tap_marketo.exports.machine.series import Phase, Piece
from tap_marketo.exports.planner import FILE_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_marketo.exports.job import ExportJob
    from tap_marketo.exports.machine.board import Board, Moment
    from tap_marketo.exports.machine.faults import Faults

logger = logging.getLogger("tap-marketo")

LOOKS_IN_VAIN = 5
"""A job whose state cannot be read so often in a row is given to the next run."""
NOT_SHOWN = (AccessDeniedError, NotFoundError)


class ExportCancelledError(ResponseError):
    """Somebody cancelled an export job of ours."""


class ExportStuckError(ResponseError):
    """A job of ours waits in Marketo's queue and does not begin."""


@dataclass(frozen=True)
class ListJobs:
    """List the API user's jobs of an object type."""

    base: str


@dataclass(frozen=True)
class LookAt:
    """Look at the job of one piece."""

    piece: Piece


class Watch:
    """Follows jobs; one call shows all of a kind.

    Source: bulk-extract.md
    """

    def __init__(self, board: Board, faults: Faults) -> None:
        """Follow nothing yet.

        Args:
            board: What the machine knows.
            faults: Decides what follows from a failure.
        """
        self._board = board
        self._faults = faults
        self._next_look = 0.0
        self._to_list: list[str] = []
        self._to_look_at: list[Piece] = []
        self._in_vain: dict[str, int] = {}
        self.least_interval = 0.0

    def begin(self, piece: Piece, at: Moment) -> None:
        """Follow a job that is in the queue now.

        Args:
            piece: Whose job it is.
            at: Now.
        """
        if not self._board.of(Phase.QUEUED):
            self._next_look = max(self._next_look, at.elapsed + self._interval)
        piece.since = at.elapsed
        piece.phase = Phase.QUEUED

    @property
    def _interval(self) -> float:
        # A short interval must not take the calls that do the work.
        return max(self._board.rules.poll_interval, self.least_interval)

    def due(self, at: Moment) -> float | None:
        """Seconds until the next look; None when there is nothing to look at.

        Args:
            at: Now.
        """
        board = self._board
        if board.calls_are_spent or not (board.left or board.of(Phase.QUEUED)):
            return None
        return max(0.0, self._next_look - at.elapsed)

    def next(self, at: Moment) -> ListJobs | LookAt | None:
        """The next look, if it is time.

        Args:
            at: Now.
        """
        board = self._board
        if board.calls_are_spent:
            return None
        board.left = [one for one in board.left if self._takes_a_place(one, at)]
        queued = [*board.of(Phase.QUEUED), *board.left]
        if queued and at.elapsed >= self._next_look:
            self._next_look = at.elapsed + self._interval
            for base in {one.series.request.base: None for one in queued}:
                if base in board.broken_lists:
                    mine = [one for one in queued if one.series.request.base == base]
                    self._to_look_at += [one for one in mine if one not in self._to_look_at]
                elif base not in self._to_list:
                    self._to_list.append(base)
        if self._to_list:
            return ListJobs(self._to_list.pop(0))
        while self._to_look_at:
            piece = self._to_look_at.pop(0)
            if piece.job and piece.phase in {Phase.QUEUED, Phase.PLANNED}:
                return LookAt(piece)
        return None

    def _takes_a_place(self, piece: Piece, at: Moment) -> bool:
        """Whether to count the job of a stopped series: until a list says otherwise, or in vain."""
        board = self._board
        waited = at.elapsed - piece.since
        return waited < board.rules.full_timeout and (
            piece.series.request.base not in board.broken_lists
        )

    def look_at(self, piece: Piece) -> None:
        """Have a single job looked at.

        Args:
            piece: Whose job a list did not show.
        """
        if piece not in self._to_look_at:
            self._to_look_at.append(piece)

    def listed(self, base: str, jobs: Sequence[ExportJob], at: Moment) -> None:
        """Note the states of all jobs of an object type.

        Args:
            base: Path of its export endpoints.
            jobs: As Marketo lists them.
            at: Now.
        """
        mine = [one for one in self._board.of(Phase.QUEUED) if one.series.request.base == base]
        shown = {job.export_id: job for job in jobs}
        board = self._board
        board.left = [
            one
            for one in board.left
            if one.series.request.base != base
            or ((job := shown.get(one.export_id)) and not job.is_over)
        ]
        for piece in mine:
            job = shown.get(piece.export_id)
            if job is None:
                self.look_at(piece)
            else:
                self.seen(piece, job, at)

    def list_failed(self, base: str, error: MarketoError) -> None:
        """Look at single jobs instead, from now on.

        Args:
            base: Path of the object type's export endpoints.
            error: Why they cannot be listed.
        """
        board = self._board
        if not isinstance(error, RetryableError) and base not in board.broken_lists:
            logger.warning("%s Looking at single export jobs instead of their list.", error)
            board.broken_lists.add(base)
        for piece in board.of(Phase.QUEUED):
            if piece.series.request.base == base:
                self.look_at(piece)

    def look_failed(self, piece: Piece, error: MarketoError, at: Moment) -> None:
        """Decide what follows when the state of a job cannot be read.

        Args:
            piece: Whose job it is.
            error: What Marketo answered.
            at: Now.
        """
        if piece.adopted and piece.phase is Phase.PLANNED:
            if isinstance(error, ResponseError) and not isinstance(
                error, (RetryableError, DailyCallsSpentError)
            ):
                self._faults.gone(piece, "is not shown to this API user")
            elif self._fails_again(piece):
                self._faults.refused(piece, error)
            else:
                self.look_at(piece)
        elif isinstance(error, NotFoundError):
            self._faults.again(piece, "is not known to Marketo any more")
        elif isinstance(error, RetryableError):
            self._stands_still(piece, at)
            if self._fails_again(piece):
                self._faults.refused(piece, error)
        else:
            self._faults.refused(piece, error)

    def _fails_again(self, piece: Piece) -> bool:
        count = self._in_vain[piece.export_id] = self._in_vain.get(piece.export_id, 0) + 1
        return count >= LOOKS_IN_VAIN

    def take_over(self, piece: Piece, job: ExportJob, at: Moment) -> None:
        """Go on with the job of an earlier run, from wherever it is by now.

        Args:
            piece: Planned with that job.
            job: As Marketo describes it.
            at: Now.
        """
        board, state = self._board, job.state
        too_old = (job.finished or at.now) < at.now - timedelta(days=FILE_DAYS)
        if state in {JobState.FAILED, JobState.CANCELLED} or (
            state is JobState.COMPLETED and too_old
        ):
            piece.failures += state is JobState.FAILED
            self._faults.gone(piece, "is over" if too_old else f"is {state.value.lower()}")
            return
        piece.job = job
        logger.info("%s: taken over from an earlier run (%s).", piece, state.value.lower())
        board.emit(piece, "taken_over", state=state.value, records=job.records, bytes=job.file_size)
        kind = piece.series.request.fingerprint
        if state is JobState.COMPLETED:
            board.allocation.learn(kind, piece.window, job.file_size or 0)
            piece.phase = Phase.READY if job.records == 0 else Phase.EXPORTED
            return
        board.allocation.promise(piece, kind, piece.window)
        if state is JobState.CREATED:
            piece.phase = Phase.CREATED
        else:
            self.begin(piece, at)

    def seen(self, piece: Piece, job: ExportJob, at: Moment) -> None:
        """Note the state of a job in the queue.

        Args:
            piece: Whose job it is.
            job: As Marketo describes it.
            at: Now.
        """
        self._in_vain.pop(piece.export_id, None)
        if piece.adopted and piece.phase is Phase.PLANNED:
            self.take_over(piece, job, at)
            return
        before = piece.job.state if piece.job else JobState.UNKNOWN
        piece.job = job
        match job.state:
            case JobState.COMPLETED:
                self._complete(piece, job)
            case JobState.FAILED:
                why = f"failed ({job.error or 'no reason given'})"
                self._faults.again(piece, why, too_large=True)
            case JobState.CANCELLED:
                self._faults.hole(piece, _cancelled(piece))
            case JobState.CREATED | JobState.QUEUED | JobState.PROCESSING | JobState.UNKNOWN:
                if job.state is before:
                    self._stands_still(piece, at)
                else:
                    piece.since = at.elapsed
                    self._board.emit(piece, job.state.value.lower())
                    logger.debug("%s: %s.", piece, job.state.value.lower())
            case _ as never:
                assert_never(never)

    def _stands_still(self, piece: Piece, at: Moment) -> None:
        rules, waited = self._board.rules, at.elapsed - piece.since
        state = piece.job.state if piece.job else JobState.UNKNOWN
        if state is JobState.QUEUED:
            # Its turn will come; but not for ever.
            if waited >= rules.full_timeout:
                self._faults.refused(piece, _stuck(piece, waited))
        elif waited >= rules.job_timeout:
            self._board.cancel(piece, "makes no progress")
            self._faults.again(piece, f"made no progress in state {state.value}", too_large=True)

    def _complete(self, piece: Piece, job: ExportJob) -> None:
        board = self._board
        logger.debug(
            "%s: completed, %s records, %s bytes.",
            piece,
            "?" if job.records is None else job.records,
            "?" if job.file_size is None else job.file_size,
        )
        board.completed += 1
        kind = piece.series.request.fingerprint
        board.allocation.spend(piece, kind, piece.window, job.file_size or 0)
        piece.phase = Phase.READY if job.records == 0 else Phase.EXPORTED
        board.emit(
            piece,
            "completed",
            records=job.records,
            bytes=job.file_size,
            started_at=job.started_at,
            finished_at=job.finished_at,
            used=board.allocation.used,
        )


def _cancelled(piece: Piece) -> ResponseError:
    return ExportCancelledError(
        "The export job was cancelled, not by this run",
        hint=(
            "Jobs are cancelled by whoever uses the same API user: another run of the tap with"
            " another catalog, another integration, or an administrator. Give the tap an API user"
            " of its own; the next run exports the window again."
        ),
    ).with_context(stream=piece.series.name, export_id=piece.export_id)


def _stuck(piece: Piece, waited: float) -> ResponseError:
    return ExportStuckError(
        f"The export job has been waiting in Marketo's queue for {waited / 3600:.1f} h",
        hint=(
            "That is as long as export_queue_timeout_hours has the tap wait. Admin > Bulk Extract"
            " shows which jobs run; the next run resumes with this one."
        ),
    ).with_context(stream=piece.series.name, export_id=piece.export_id)
