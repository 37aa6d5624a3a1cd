"""The export engine as a state machine: no thread, lock, HTTP, wall clock, or Singer.

A driver asks for what to do next in each of three lanes (calls, files, front), does it, and reports
the result. What comes next follows from plan, saved jobs, limits, allocation and clock alone:

    board       which piece is in which state
    submission  create, save, enqueue
    watch       look at jobs, take over those of earlier runs, lost and stuck ones
    faults      again, in halves, as a hole, or the end of the series
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
from tap_marketo.exports.machine.board import Board, CancelOrder, Moment, Rules
from tap_marketo.exports.machine.faults import Faults
from tap_marketo.exports.machine.series import Phase, Piece, Series
from tap_marketo.exports.machine.submission import Amend, Create, Enqueue, Submission
from tap_marketo.exports.machine.watch import ListJobs, LookAt, Watch
from tap_marketo.exports.planner import plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_marketo.exports.allocation import Allocation
    from tap_marketo.exports.job import ExportJob
    from tap_marketo.exports.saved import SavedJob

__all__ = [
    "Amend",
    "Call",
    "CancelOrder",
    "Create",
    "Download",
    "Enqueue",
    "EnqueueRefusedError",
    "FileUnavailableError",
    "ListJobs",
    "LookAt",
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
"""Files on disk in addition to the one being written: enough to hide the download."""


@dataclass(frozen=True)
class Download:
    """Download and verify the file of a piece."""

    piece: Piece


@dataclass(frozen=True)
class Save:
    """Send a STATE message with the ids of new jobs, so that they may be enqueued."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Write:
    """Write the records of a piece, and then the state."""

    piece: Piece


Call = Create | Enqueue | Amend | ListJobs | LookAt | CancelOrder


class EnqueueRefusedError(MarketoError):
    """An enqueuing was refused, and the job looked at afterwards.

    Attributes:
        error: What Marketo answered.
        seen: The job as it is now.
    """

    def __init__(self, error: MarketoError, seen: ExportJob | None) -> None:
        """Keep both."""
        super().__init__(str(error))
        self.error = error
        self.seen = seen


class FileUnavailableError(NotFoundError):
    """A completed job's file cannot be had, or never matches its checksum: export it again."""


class Machine:
    """Decides what the exports of a run do next.

    Attributes:
        board: What it knows.
        watch: Follows jobs.
    """

    def __init__(
        self, rules: Rules, allocation: Allocation, series: Iterable[Series], at: Moment
    ) -> None:
        """Take what is to be exported; nothing is planned yet.

        Args:
            rules: How the tap behaves.
            allocation: The daily export allocation.
            series: In the order of their streams.
            at: Now.
        """
        self.board = Board(rules, allocation, list(series))
        self.faults = Faults(self.board)
        self.watch = Watch(self.board, self.faults)
        self.submission = Submission(self.board, self.watch, self.faults)
        allocation.begin_day(at.day_start)

    def plan(self, saved: Sequence[SavedJob], at: Moment, *, also_list: Iterable[str] = ()) -> None:
        """Lay out all series, jobs that earlier runs left behind fitted in.

        Args:
            saved: Those of the state.
            at: Now.
            also_list: Further object types whose jobs count for the allocation.
        """
        board = self.board
        left = list(saved)
        for one in board.series:
            left = plan(one, left, board.rules.plan, at.now)
        board.held = left
        if any(one.pieces for one in board.series) or left:
            bases = [*(one.request.base for one in board.series), *also_list]
            board.unlisted = list(dict.fromkeys(bases))

    def next_call(self, at: Moment) -> Call | None:
        """The next call to make, if any.

        Args:
            at: Now.
        """
        board = self.board
        if board.unlisted:
            return ListJobs(board.unlisted[0])
        if board.held:
            self._abandon()
        if board.cancels and not board.calls_are_spent:
            return board.cancels.pop(0)
        if adopted := self._unseen():
            return self.watch.next(at) or LookAt(adopted)
        return self.submission.next(at) or self.watch.next(at)

    def _unseen(self) -> Piece | None:
        """A job of an earlier run whose state nobody knows yet."""
        if self.board.calls_are_spent:
            return None
        return next((one for one in self.board if one.adopted and one.phase is Phase.PLANNED), None)

    def call_pause(self, at: Moment) -> float | None:
        """Seconds until a call may be due; None when only an event can change anything.

        Args:
            at: Now.
        """
        due = [one for one in (self.submission.due(at), self.watch.due(at)) if one is not None]
        return min(due, default=None)

    def next_download(self) -> Download | None:
        """The next file to fetch, if any."""
        board = self.board
        if board.calls_are_spent:
            return None
        waiting = board.of(Phase.EXPORTED)
        if len([one for one in board.of(Phase.READY) if one.file]) > FILES_AHEAD:
            # Whoever waits for one of them gets it, however many others lie there.
            heads = set(map(id, board.heads()))
            waiting = [one for one in waiting if id(one) in heads]
        if not waiting:
            return None
        first = [one for one in board.heads() if one.phase is Phase.EXPORTED]
        piece = (first or waiting)[0]
        piece.phase = Phase.DOWNLOADING
        board.emit(piece, "downloading")
        return Download(piece)

    def next_front(self, series: Series | None = None) -> Save | Write | None:
        """What the thread that writes messages is to do next, if anything.

        Args:
            series: Whose pieces alone may be written; None for any.
        """
        board = self.board
        if board.unsaved:
            return self.save()
        for one in board.series:
            if one.stopped or (series is not None and one is not series):
                continue
            if one.head and one.head.phase is Phase.READY:
                return Write(one.head)
        return None

    def save(self) -> Save:
        """The jobs whose ids no STATE message has yet."""
        self.board.unsaved = False
        return Save(tuple(one for one in self.board if one.job and not one.recorded))

    def is_over(self, series: Series) -> bool:
        """Whether nothing more will be written of a series in this run.

        Args:
            series: One of these.
        """
        return series.stopped or not series.pieces or self.is_paused(series)

    def is_paused(self, series: Series) -> bool:
        """Whether a spent quota keeps a series from going on today.

        Args:
            series: One of these.
        """
        head = series.head
        return bool(head and not series.stopped and self.board.is_blocked(head))

    # What the driver reports.

    def done(self, call: Call, result: Any, at: Moment) -> None:
        """Note the result of a call.

        Args:
            call: As `next_call` gave it.
            result: What it returned.
            at: Now.
        """
        match call:
            case Create(piece):
                self._created(piece, result)
            case Enqueue(piece):
                self.submission.enqueued(piece, at)
            case Amend(piece):
                self.faults.amended(piece, result, at)
            case ListJobs(base):
                self._listed(base, result, at)
            case LookAt(piece):
                self.watch.seen(piece, result, at)
            case CancelOrder():
                logger.info("Export job %s, which %s, is cancelled.", call.export_id, call.why)
                emit("cancelled", job=call.export_id)

    def failed(self, call: Call, error: MarketoError, at: Moment) -> None:
        """Note that a call failed.

        Args:
            call: As `next_call` gave it.
            error: Why.
            at: Now.
        """
        spent = isinstance(error, DailyCallsSpentError)
        match call:
            case Create(piece):
                self.submission.create_failed(piece, error, at)
            case Enqueue(piece) if isinstance(error, EnqueueRefusedError):
                self.submission.enqueue_failed(piece, error.error, error.seen, at)
            case Enqueue(piece):
                self.submission.enqueue_failed(piece, error, None, at)
            case Amend(piece):
                self.faults.refused(piece, call.error if spent else error)
            case ListJobs(base):
                self._list_failed(base, error)
            case LookAt(piece) if not spent:
                self.watch.look_failed(piece, error, at)
            case CancelOrder():
                logger.info("Export job %s could not be cancelled: %s", call.export_id, error)
        if isinstance(error, DailyCallsSpentError):
            self.board.quota_spent = error

    def downloaded(self, piece: Piece, file: Any) -> None:
        """Note a verified file.

        Args:
            piece: Whose file it is.
            file: Opaque here.
        """
        self.board.emit(piece, "verified")
        piece.file, piece.phase = file, Phase.READY

    def download_failed(self, piece: Piece, error: Exception) -> None:
        """Decide what follows when a file cannot be had.

        Args:
            piece: Whose file it is.
            error: Why.
        """
        piece.phase = Phase.EXPORTED
        if isinstance(error, FileUnavailableError):
            self.faults.again(piece, f"has no usable file ({error.reason})")
        elif isinstance(error, DailyCallsSpentError):
            self.board.quota_spent = error
        elif isinstance(error, MarketoError):
            self.faults.refused(piece, error)
        else:
            self.faults.stop(piece.series, error)

    def saved(self, save: Save) -> None:
        """Note that the ids of jobs stand in a STATE message that was sent.

        Args:
            save: As `next_front` gave it.
        """
        for piece in save.pieces:
            piece.recorded = bool(piece.job)

    def written(self, piece: Piece) -> None:
        """Take a piece off: its records are all written.

        Args:
            piece: As `next_front` gave it.
        """
        piece.series.written(piece)
        piece.phase, piece.file = Phase.WRITTEN, None

    def unreadable(self, piece: Piece, error: Exception) -> None:
        """Go on without the window of a file that cannot be read to its end.

        Args:
            piece: Whose file it is.
            error: Why.
        """
        piece.file = None
        self.faults.hole(piece, error)

    def _created(self, piece: Piece, job: ExportJob) -> None:
        series = piece.series
        if series.alternative and not series.missing_filter:
            # The usual filter is there: nothing of the other way counts any more.
            series.alternative = None
            known = set(series.keys)
            series.done = [one for one in series.done if set(one.keys) & known and one.window]
        series.decided = True
        self.submission.created(piece, job)

    def _listed(self, base: str, jobs: Sequence[ExportJob], at: Moment) -> None:
        board = self.board
        if base in board.unlisted:
            board.unlisted.remove(base)
            board.allocation.count(jobs, at.day_start)
            shown = {job.export_id: job for job in jobs}
            for piece in [one for one in board if one.adopted and one.phase is Phase.PLANNED]:
                job = shown.get(piece.export_id)
                if piece.series.request.base == base and job:
                    self.watch.take_over(piece, job, at)
            board.over |= {job.export_id for job in jobs if job.is_over}
            if not board.unlisted:
                allocation = board.allocation
                emit("allocation", used=allocation.used, limit=allocation.limit)
        else:
            self.watch.listed(base, jobs, at)

    def _abandon(self) -> None:
        """Cancel jobs that fit no plan any more, once it is certain what the plans are."""
        board = self.board
        series = [one for one in board.series if not one.leaves_jobs and not one.stopped]
        ours = {one.request.base for one in series}
        open_bases = {one.request.base for one in series if not self._is_decided(one)}
        for job in [one for one in board.held if one.base in ours - open_bases]:
            board.held.remove(job)
            if job.export_id not in board.over:
                order = CancelOrder(job.base, job.export_id, "fits no plan any more")
                board.cancels.append(order)

    @staticmethod
    def _is_decided(series: Series) -> bool:
        """Whether Marketo has accepted what a series asks for, or nothing more is asked."""
        return series.decided or not any(
            one.phase is Phase.PLANNED and not one.adopted for one in series.pieces
        )

    def _list_failed(self, base: str, error: MarketoError) -> None:
        board = self.board
        if base in board.unlisted:
            board.unlisted.remove(base)
            logger.debug("The export jobs of %s cannot be listed: %s", base, error)
        else:
            self.watch.list_failed(base, error)

    def finish_series(self, series: Series) -> ExportQuotaSpentError | Exception | None:
        """Why a series is not complete; None when it is.

        Args:
            series: One that is over.
        """
        if series.error:
            return series.error
        return self.board.quota_spent if self.is_paused(series) else None

    def saved_jobs(self) -> list[SavedJob]:
        """What the state keeps of jobs: those under way, and those that may fit another plan."""
        jobs = [job for one in self.board.series for job in one.saved()]
        return [*self.board.held, *jobs]
