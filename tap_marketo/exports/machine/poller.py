"""Follows queued jobs to their end."""

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

MAX_FAILED_CHECKS = 5
"""Consecutive failed status calls of a job after which it is left to the next run."""
NOT_SHOWN = (AccessDeniedError, NotFoundError)


class ExportCancelledError(ResponseError):
    """Another program or a person cancelled an export job of the tap."""


class ExportStuckError(ResponseError):
    """An export job does not leave Marketo's queue."""


@dataclass(frozen=True)
class ListJobs:
    """List the API user's jobs of an object type."""

    base: str


@dataclass(frozen=True)
class GetStatus:
    """Get the state of a piece's job."""

    piece: Piece


class Poller:
    """Follows jobs, with one list call per object type.

    Source: bulk-extract.md
    """

    def __init__(self, board: Board, faults: Faults) -> None:
        """Create the poller.

        Args:
            board: State of all pieces.
            faults: Handles failures.
        """
        self._board = board
        self._faults = faults
        self._next_poll = 0.0
        self._to_list: list[str] = []
        self._to_check: list[Piece] = []
        self._failed_checks: dict[str, int] = {}
        self.least_interval = 0.0

    def follow(self, piece: Piece, at: Moment) -> None:
        """Follow an enqueued job.

        Args:
            piece: Piece of the job.
            at: Current time.
        """
        if not self._board.of(Phase.QUEUED):
            self._next_poll = max(self._next_poll, at.elapsed + self._interval)
        piece.since = at.elapsed
        piece.phase = Phase.QUEUED

    @property
    def _interval(self) -> float:
        # A short interval must not use up calls that other work needs.
        return max(self._board.rules.poll_interval, self.least_interval)

    def due(self, at: Moment) -> float | None:
        """Return the seconds until the next status call; None if no job is queued.

        Args:
            at: Current time.
        """
        board = self._board
        if board.calls_are_spent or not (board.left or board.of(Phase.QUEUED)):
            return None
        return max(0.0, self._next_poll - at.elapsed)

    def next(self, at: Moment) -> ListJobs | GetStatus | None:
        """Return the next status call, if it is due.

        Args:
            at: Current time.
        """
        board = self._board
        if board.calls_are_spent:
            return None
        queued = [*board.of(Phase.QUEUED), *board.left]
        if queued and at.elapsed >= self._next_poll:
            self._next_poll = at.elapsed + self._interval
            for base in {piece.series.request.base: None for piece in queued}:
                if base in board.broken_lists:
                    pieces = [piece for piece in queued if piece.series.request.base == base]
                    self._to_check += [piece for piece in pieces if piece not in self._to_check]
                elif base not in self._to_list:
                    self._to_list.append(base)
        if self._to_list:
            return ListJobs(self._to_list.pop(0))
        while self._to_check:
            piece = self._to_check.pop(0)
            if piece.job and piece.phase in {Phase.QUEUED, Phase.PLANNED}:
                return GetStatus(piece)
        return None

    def free_places(self, at: Moment) -> None:
        """Free the places of stopped series' jobs that have waited long enough.

        Args:
            at: Current time.
        """
        for piece in list(self._board.left):
            if not self._occupies_place(piece, at):
                self._free_place(piece)

    def _free_place(self, piece: Piece, job: ExportJob | None = None) -> None:
        """Free the place of a stopped series' job, and count what the job took, if it is known."""
        board = self._board
        board.left.remove(piece)
        if job and job.state is JobState.COMPLETED:
            kind = piece.series.request.fingerprint
            board.allocation.spend(piece, kind, piece.window, job.file_size or 0)
        else:
            board.allocation.release(piece)

    def _occupies_place(self, piece: Piece, at: Moment) -> bool:
        """Return whether a stopped series' job still counts as queued."""
        board = self._board
        waited = at.elapsed - piece.since
        return waited < board.rules.full_timeout and (
            piece.series.request.base not in board.broken_lists
        )

    def check_soon(self, piece: Piece) -> None:
        """Schedule a status call for a single job.

        Args:
            piece: Piece whose job is missing in a list.
        """
        if piece not in self._to_check:
            self._to_check.append(piece)

    def listed(self, base: str, jobs: Sequence[ExportJob], at: Moment) -> None:
        """Process the list of an object type's jobs.

        Args:
            base: Path of the object type's export endpoints.
            jobs: Jobs in Marketo's list.
            at: Current time.
        """
        board = self._board
        shown = {job.export_id: job for job in jobs}
        for piece in [piece for piece in board.left if piece.series.request.base == base]:
            job = shown.get(piece.export_id)
            if job is None or job.is_over:
                self._free_place(piece, job)
        queued = board.of(Phase.QUEUED)
        for piece in [piece for piece in queued if piece.series.request.base == base]:
            job = shown.get(piece.export_id)
            if job is None:
                self.check_soon(piece)
            else:
                self.seen(piece, job, at)

    def list_failed(self, base: str, error: MarketoError) -> None:
        """Get the states of single jobs instead of their list from now on.

        Args:
            base: Path of the object type's export endpoints.
            error: Error of the list call.
        """
        board = self._board
        if not isinstance(error, RetryableError) and base not in board.broken_lists:
            logger.warning("%s Checking single export jobs instead of their list.", error)
            board.broken_lists.add(base)
        for piece in board.of(Phase.QUEUED):
            if piece.series.request.base == base:
                self.check_soon(piece)

    def status_failed(self, piece: Piece, error: MarketoError, at: Moment) -> None:
        """Decide what to do after a failed status call.

        Args:
            piece: Piece of the job.
            error: Error of the call.
            at: Current time.
        """
        if piece.adopted and piece.phase is Phase.PLANNED:
            if isinstance(error, ResponseError) and not isinstance(
                error, (RetryableError, DailyCallsSpentError)
            ):
                self._faults.replan(piece, "is not visible to this API user")
            elif self._fails_again(piece):
                self._faults.refused(piece, error)
            else:
                self.check_soon(piece)
        elif isinstance(error, NotFoundError):
            self._faults.retry(piece, "is no longer known to Marketo")
        elif isinstance(error, RetryableError):
            self._check_progress(piece, at)
            if self._fails_again(piece):
                self._faults.refused(piece, error)
        else:
            self._faults.refused(piece, error)

    def _fails_again(self, piece: Piece) -> bool:
        count = self._failed_checks[piece.export_id] = (
            self._failed_checks.get(piece.export_id, 0) + 1
        )
        return count >= MAX_FAILED_CHECKS

    def take_over(self, piece: Piece, job: ExportJob, at: Moment) -> None:
        """Continue the job of an earlier run from its current state.

        Args:
            piece: Piece that is planned with the job.
            job: Job as Marketo describes it.
            at: Current time.
        """
        board, state = self._board, job.state
        too_old = (job.finished or at.now) < at.now - timedelta(days=FILE_DAYS)
        if state in {JobState.FAILED, JobState.CANCELLED} or (
            state is JobState.COMPLETED and too_old
        ):
            piece.failures += state is JobState.FAILED
            why = "is too old" if too_old else f"has state {state.value}"
            self._faults.replan(piece, why)
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
            self.follow(piece, at)

    def seen(self, piece: Piece, job: ExportJob, at: Moment) -> None:
        """Process the state of a queued job.

        Args:
            piece: Piece of the job.
            job: Job as Marketo describes it.
            at: Current time.
        """
        self._failed_checks.pop(piece.export_id, None)
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
                self._faults.retry(piece, why, too_large=True)
            case JobState.CANCELLED:
                self._faults.leave_gap(piece, _cancelled(piece))
            case JobState.CREATED | JobState.QUEUED | JobState.PROCESSING | JobState.UNKNOWN:
                if job.state is before:
                    self._check_progress(piece, at)
                else:
                    piece.since = at.elapsed
                    self._board.emit(piece, job.state.value.lower())
                    logger.debug("%s: %s.", piece, job.state.value.lower())
            case _ as never:
                assert_never(never)

    def _check_progress(self, piece: Piece, at: Moment) -> None:
        rules, waited = self._board.rules, at.elapsed - piece.since
        state = piece.job.state if piece.job else JobState.UNKNOWN
        if state is JobState.QUEUED:
            if waited >= rules.full_timeout:
                self._faults.refused(piece, _stuck(piece, waited))
        elif waited >= rules.job_timeout:
            self._board.cancel(piece, "made no progress")
            self._faults.retry(piece, f"made no progress in state {state.value}", too_large=True)

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
        "The export job was cancelled, but not by this run",
        hint=(
            "Another run of the tap with a different catalog, another integration with the same API"
            " user, or an administrator may have cancelled it. Give the tap its own API user. The"
            " next run exports the window again."
        ),
    ).with_context(stream=piece.series.name, export_id=piece.export_id)


def _stuck(piece: Piece, waited: float) -> ResponseError:
    return ExportStuckError(
        f"The export job has been waiting in Marketo's queue for {waited / 3600:.1f} h",
        hint=(
            "That is the limit that export_queue_timeout_hours sets. Admin > Bulk Extract shows"
            " which jobs run. The next run resumes with this job."
        ),
    ).with_context(stream=piece.series.name, export_id=piece.export_id)
