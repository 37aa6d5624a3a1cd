"""The export engine as a state machine without threads, HTTP, wall clock or Singer.

The driver gets the next step of three kinds (call, download, write), does it, and reports the
result. The next step depends only on plan, saved jobs, limits, allocation and the given time.

    board      state of each piece
    submitter  creates and enqueues jobs
    poller     follows jobs, also those of earlier runs, and detects lost and stuck ones
    faults     exports a window again, halves it, leaves a gap, or stops the series
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo.client.errors import (
    DailyCallsSpentError,
    ExportQuotaSpentError,
    MarketoError,
    NotFoundError,
)
from tap_marketo.events import emit
from tap_marketo.exports.machine.board import Board, Cancel, Moment, Rules
from tap_marketo.exports.machine.faults import Faults
from tap_marketo.exports.machine.poller import GetStatus, ListJobs, Poller
from tap_marketo.exports.machine.series import Phase, Piece, Series
from tap_marketo.exports.machine.submitter import Amend, Create, Enqueue, Submitter
from tap_marketo.exports.planner import plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_marketo.exports.allocation import Allocation
    from tap_marketo.exports.job import ExportJob
    from tap_marketo.exports.saved import SavedJob

__all__ = [
    "Amend",
    "Call",
    "Cancel",
    "Create",
    "Download",
    "Enqueue",
    "EnqueueRefusedError",
    "FileUnavailableError",
    "GetStatus",
    "ListJobs",
    "Machine",
    "Moment",
    "Phase",
    "Piece",
    "Rules",
    "Save",
    "Series",
    "Write",
]

logger = logging.getLogger("tap-marketo")

FILES_AHEAD = 2
"""Downloaded files in addition to the one being written, so that writing never waits."""


@dataclass(frozen=True)
class Download:
    """Download and verify the file of a piece."""

    piece: Piece


@dataclass(frozen=True)
class Save:
    """Write a STATE message with the ids of new jobs, which may then be enqueued."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Write:
    """Write the records of a piece, then the state."""

    piece: Piece


Call = Create | Enqueue | Amend | ListJobs | GetStatus | Cancel


class EnqueueRefusedError(MarketoError):
    """Marketo refused to enqueue a job.

    Attributes:
        error: Marketo's error.
        seen: State of the job afterwards, if it is queued all the same.
    """

    def __init__(self, error: MarketoError, seen: ExportJob | None) -> None:
        """Create the error from Marketo's error and the job."""
        super().__init__(str(error))
        self.error = error
        self.seen = seen


class FileUnavailableError(NotFoundError):
    """The file of a completed job is missing or damaged; export it again."""


class Machine:
    """Decides the next step of a run's exports.

    Attributes:
        board: State of all pieces.
        poller: Follows queued jobs.
    """

    def __init__(
        self, rules: Rules, allocation: Allocation, series: Iterable[Series], at: Moment
    ) -> None:
        """Create the machine without planning anything.

        Args:
            rules: Limits and timeouts.
            allocation: Daily export allocation.
            series: Series in the order of their streams.
            at: Current time.
        """
        self.board = Board(rules, allocation, list(series))
        self.faults = Faults(self.board)
        self.poller = Poller(self.board, self.faults)
        self.submitter = Submitter(self.board, self.poller, self.faults)
        allocation.begin_day(at.day_start)

    def plan(self, saved: Sequence[SavedJob], at: Moment, *, also_list: Iterable[str] = ()) -> None:
        """Plan all series, taking over jobs of earlier runs.

        Args:
            saved: Jobs in the state.
            at: Current time.
            also_list: Further object types whose jobs count towards the allocation.
        """
        board = self.board
        left = list(saved)
        for series in board.series:
            left = plan(series, left, board.rules.plan, at.now)
        board.held = left
        if any(series.pieces for series in board.series) or left:
            bases = [*(series.request.base for series in board.series), *also_list]
            board.unlisted = list(dict.fromkeys(bases))

    def next_call(self, at: Moment) -> Call | None:
        """Return the next call to make, if any.

        Args:
            at: Current time.
        """
        board = self.board
        if board.unlisted:
            return ListJobs(board.unlisted[0])
        if board.held:
            self._abandon()
        if board.cancels and not board.calls_are_spent:
            return board.cancels.pop(0)
        self.poller.free_places(at)  # first, because the submitter counts them
        if adopted := self._unseen():
            return self.poller.next(at) or GetStatus(adopted)
        return self.submitter.next(at) or self.poller.next(at)

    def _unseen(self) -> Piece | None:
        """Return a job of an earlier run whose state is still unknown."""
        if self.board.calls_are_spent:
            return None
        adopted = (piece for piece in self.board if piece.adopted)
        return next((piece for piece in adopted if piece.phase is Phase.PLANNED), None)

    def call_pause(self, at: Moment) -> float | None:
        """Return the seconds until the next call is due; None if no call is waiting for time.

        Args:
            at: Current time.
        """
        due = (self.submitter.due(at), self.poller.due(at))
        return min((seconds for seconds in due if seconds is not None), default=None)

    def next_download(self) -> Download | None:
        """Return the next file to download, if any."""
        board = self.board
        if board.calls_are_spent:
            return None
        waiting = board.of(Phase.EXPORTED)
        if len([piece for piece in board.of(Phase.READY) if piece.file]) > FILES_AHEAD:
            # A series may wait for its head, so heads are always downloaded.
            heads = set(map(id, board.heads()))
            waiting = [piece for piece in waiting if id(piece) in heads]
        if not waiting:
            return None
        first = [piece for piece in board.heads() if piece.phase is Phase.EXPORTED]
        piece = (first or waiting)[0]
        piece.phase = Phase.DOWNLOADING
        board.emit(piece, "downloading")
        return Download(piece)

    def next_output(self, series: Series | None = None) -> Save | Write | None:
        """Return the next step of the main thread, if any.

        Args:
            series: Series to write; None for any.
        """
        board = self.board
        if board.unsaved:
            return self.save()
        for candidate in board.series:
            if candidate.stopped or (series is not None and candidate is not series):
                continue
            if candidate.head and candidate.head.phase is Phase.READY:
                return Write(candidate.head)
        return None

    def save(self) -> Save:
        """Return the jobs that no STATE message has yet."""
        self.board.unsaved = False
        return Save(tuple(piece for piece in self.board if piece.job and not piece.recorded))

    def is_over(self, series: Series) -> bool:
        """Return whether nothing more will be written for a series in this run.

        Args:
            series: Series of the machine.
        """
        return series.stopped or not series.pieces or self.is_paused(series)

    def is_paused(self, series: Series) -> bool:
        """Return whether a daily limit blocks a series.

        Args:
            series: Series of the machine.
        """
        head = series.head
        return bool(head and not series.stopped and self.board.is_blocked(head))

    # Results that the driver reports.

    def done(self, call: Call, result: Any, at: Moment) -> None:
        """Process the result of a call.

        Args:
            call: Call that `next_call` returned.
            result: Result of the call.
            at: Current time.
        """
        match call:
            case Create(piece):
                self._created(piece, result)
            case Enqueue(piece):
                self.submitter.enqueued(piece, at)
            case Amend(piece):
                self.faults.amended(piece, result, at)
            case ListJobs(base):
                self._listed(base, result, at)
            case GetStatus(piece):
                self.poller.seen(piece, result, at)
            case Cancel():
                logger.info("Cancelled export job %s, which %s.", call.export_id, call.why)
                emit("cancelled", job=call.export_id)

    def failed(self, call: Call, error: MarketoError, at: Moment) -> None:
        """Process the failure of a call.

        Args:
            call: Call that `next_call` returned.
            error: Error of the call.
            at: Current time.
        """
        spent = isinstance(error, DailyCallsSpentError)
        match call:
            case Create(piece):
                self.submitter.create_failed(piece, error, at)
            case Enqueue(piece) if isinstance(error, EnqueueRefusedError):
                self.submitter.enqueue_failed(piece, error.error, error.seen, at)
            case Enqueue(piece):
                self.submitter.enqueue_failed(piece, error, None, at)
            case Amend(piece):
                self.faults.refused(piece, call.error if spent else error)
            case ListJobs(base):
                self._list_failed(base, error)
            case GetStatus(piece) if not spent:
                self.poller.status_failed(piece, error, at)
            case Cancel():
                logger.info("Could not cancel export job %s: %s", call.export_id, error)
        if isinstance(error, DailyCallsSpentError):
            self.board.quota_spent = error

    def downloaded(self, piece: Piece, file: Any) -> None:
        """Process a verified file.

        Args:
            piece: Piece of the file.
            file: File, not read here.
        """
        self.board.emit(piece, "verified")
        piece.file, piece.phase = file, Phase.READY

    def download_failed(self, piece: Piece, error: Exception) -> None:
        """Decide what to do after a failed download.

        Args:
            piece: Piece of the file.
            error: Error of the download.
        """
        piece.phase = Phase.EXPORTED
        if isinstance(error, FileUnavailableError):
            self.faults.retry(piece, f"has no usable file ({error.reason})")
        elif isinstance(error, DailyCallsSpentError):
            self.board.quota_spent = error
        elif isinstance(error, MarketoError):
            self.faults.refused(piece, error)
        else:
            self.faults.stop(piece.series, error)

    def saved(self, save: Save) -> None:
        """Record that a STATE message with the ids of the jobs was written.

        Args:
            save: Step that `next_output` returned.
        """
        for piece in save.pieces:
            piece.recorded = bool(piece.job)

    def written(self, piece: Piece) -> None:
        """Remove a piece whose records are all written.

        Args:
            piece: Piece that `next_output` returned.
        """
        piece.series.written(piece)
        piece.phase, piece.file = Phase.WRITTEN, None

    def unreadable(self, piece: Piece, error: Exception) -> None:
        """Leave a gap for a file that cannot be read to its end.

        Args:
            piece: Piece of the file.
            error: Error of reading.
        """
        piece.file = None
        self.faults.leave_gap(piece, error)

    def _created(self, piece: Piece, job: ExportJob) -> None:
        series = piece.series
        if series.alternative and not series.missing_filter:
            # The usual filter works: drop the progress of the alternative.
            series.alternative = None
            known = set(series.keys)
            series.done = [done for done in series.done if set(done.keys) & known and done.window]
        series.decided = True
        self.submitter.created(piece, job)

    def _listed(self, base: str, jobs: Sequence[ExportJob], at: Moment) -> None:
        board = self.board
        if base in board.unlisted:
            board.unlisted.remove(base)
            board.allocation.count(jobs, at.day_start)
            shown = {job.export_id: job for job in jobs}
            for piece in list(board):
                job = shown.get(piece.export_id)
                is_unseen = piece.adopted and piece.phase is Phase.PLANNED
                if is_unseen and piece.series.request.base == base and job:
                    self.poller.take_over(piece, job, at)
            board.over |= {job.export_id for job in jobs if job.is_over}
            if not board.unlisted:
                allocation = board.allocation
                emit("allocation", used=allocation.used, limit=allocation.limit)
        else:
            self.poller.listed(base, jobs, at)

    def _abandon(self) -> None:
        """Cancel jobs that match no plan, once the plans are final."""
        board = self.board
        active = [series for series in board.series if not (series.leaves_jobs or series.stopped)]
        bases = {series.request.base for series in active}
        undecided = {series.request.base for series in active if not self._is_decided(series)}
        for job in [job for job in board.held if job.base in bases - undecided]:
            board.held.remove(job)
            if job.export_id not in board.over:
                order = Cancel(job.base, job.export_id, "is no longer needed")
                board.cancels.append(order)

    @staticmethod
    def _is_decided(series: Series) -> bool:
        """Return whether Marketo has accepted a request of a series, or none will be made."""
        return series.decided or not any(
            piece.phase is Phase.PLANNED and not piece.adopted for piece in series.pieces
        )

    def _list_failed(self, base: str, error: MarketoError) -> None:
        board = self.board
        if base in board.unlisted:
            board.unlisted.remove(base)
            logger.debug("Could not list the export jobs of %s: %s", base, error)
        else:
            self.poller.list_failed(base, error)

    def finish_series(self, series: Series) -> ExportQuotaSpentError | Exception | None:
        """Return why a finished series is incomplete; None if it is complete.

        Args:
            series: Series that is over.
        """
        if series.error:
            return series.error
        return self.board.quota_spent if self.is_paused(series) else None

    def saved_jobs(self) -> list[SavedJob]:
        """Return the jobs to save in the state: those running and those not taken over yet."""
        jobs = [job for series in self.board.series for job in series.saved()]
        return [*self.board.held, *jobs]
