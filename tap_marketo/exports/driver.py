"""Makes the calls and downloads that the machine decides, in two background threads.

Only the main thread writes records and state. A target may block it for minutes; the background
threads keep Marketo's queue full meanwhile.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any

from tap_marketo.client.errors import (
    ExportQueueFullError,
    MarketoError,
    ResponseError,
)
from tap_marketo.exports.download import download
from tap_marketo.exports.job import ExportEndpoint, JobState
from tap_marketo.exports.machine import (
    Amend,
    Call,
    Cancel,
    Create,
    Enqueue,
    EnqueueRefusedError,
    GetStatus,
    ListJobs,
    Machine,
    Moment,
    Phase,
    Piece,
    Save,
    Series,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.saved import SavedJob

logger = logging.getLogger("tap-marketo")

LOG_EVERY = 60.0
LONG_WAIT = 3600.0
HALF = 0.5


class Driver:
    """Runs the machine of one run.

    Attributes:
        machine: State machine; used only while the lock is held.
        failure: Error that ended a thread.
        seconds_waited: Seconds that the main thread waited for Marketo.
    """

    def __init__(
        self, client: MarketoClient, machine: Machine, write_state: Callable[[], None]
    ) -> None:
        """Create the driver without starting it.

        Args:
            client: Client for the instance.
            machine: State machine of the exports.
            write_state: Writes a STATE message with the machine's jobs; called only from the main
                thread.
        """
        self.machine = machine
        self.seconds_waited = 0.0
        self._client = client
        self._write_state = write_state
        self._changed = threading.Condition()
        self._stopped = False
        self.failure: BaseException | None = None
        self._started = time.monotonic()
        self._logged_at = time.monotonic()

    @staticmethod
    def moment(client: MarketoClient) -> Moment:
        """Return the current time.

        Args:
            client: Client with Marketo's clock.
        """
        clock = client.clock
        return Moment(time.monotonic(), clock.now(), clock.day_start(), clock.worth_asking_at())

    def start(self) -> None:
        """Start the threads for calls and downloads."""
        loops = ((self._make_calls, "export-queue"), (self._download_files, "export-files"))
        for loop, name in loops:
            threading.Thread(target=self._guarded, args=(loop,), name=name, daemon=True).start()

    def stop(self) -> None:
        """Let the threads end after their current call; the OS deletes the spool files at exit."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def take(
        self, series: Series | None = None, *, wait: bool, others: bool = True
    ) -> Piece | None:
        """Return the next piece whose records can be written.

        Args:
            series: Series to wait for; None for any.
            wait: Whether to wait until a piece is ready.
            others: Whether to return pieces of other series meanwhile.

        Returns:
            The piece with its verified file; None if none is ready or the series is finished.

        Raises:
            MarketoError: A background thread failed.
        """
        began = time.monotonic()
        while True:
            with self._changed:
                if self.failure:
                    raise self.failure
                machine = self.machine
                step = machine.next_output(series)
                if step is None and others:
                    step = machine.next_output()
                over = series is None or machine.is_over(series)
                if step is None:
                    if not wait or over:
                        return None
                    self._log_waiting(series, began)
                    self._changed.wait(1.0)
                    continue
            if not isinstance(step, Save):
                self.seconds_waited += time.monotonic() - began
                return step.piece
            self._save(step)

    def save_jobs(self) -> None:
        """Write a STATE message if there are new jobs, which may then be enqueued."""
        if not self.machine.board.unsaved:
            return
        with self._changed:
            save = self.machine.save()
        self._save(save)

    def _save(self, save: Save) -> None:
        self._write_state()
        with self._changed:
            self.machine.saved(save)
            self._changed.notify_all()

    def report(self, change: Callable[[Machine], None]) -> None:
        """Update the machine from the main thread.

        Args:
            change: Calls a method of the machine.
        """
        with self._changed:
            change(self.machine)
            self._changed.notify_all()

    def saved_jobs(self) -> list[SavedJob]:
        """Return the jobs to save in the state."""
        with self._changed:
            return self.machine.saved_jobs()

    def pieces_left(self) -> int:
        """Return the number of pieces that are not written yet."""
        with self._changed:
            return sum(1 for _ in self.machine.board)

    def cancel_all(self) -> None:
        """Cancel the jobs that no later run can resume."""
        with self._changed:
            self._stopped = True
            pieces = [
                piece
                for series in self.machine.board.series
                for piece in series.pieces
                if piece.job and piece.phase in {Phase.CREATED, Phase.QUEUED}
            ]
            self._changed.notify_all()
        for piece in pieces:
            try:
                endpoint = ExportEndpoint(self._client, piece.series.request.base)
                endpoint.cancel(piece.export_id)
            except MarketoError as error:
                logger.debug("%s: could not be cancelled: %s", piece, error)
            else:
                logger.info("%s: cancelled.", piece)

    # Thread that makes calls.

    def _make_calls(self) -> None:
        while not self._stopped:
            at = self.moment(self._client)
            with self._changed:
                machine = self.machine
                machine.poller.least_interval = self._least_interval()
                call = machine.next_call(at)
                if call is None:
                    if machine.board.quota_spent:
                        self._changed.notify_all()
                    pause = machine.call_pause(at)
                    self._changed.wait(60.0 if pause is None else max(pause, 0.01))
                    continue
            try:
                result = self._make(call)
            except MarketoError as error:
                failure: MarketoError | None = error
            except Exception as error:  # an answer of an unexpected shape
                logger.debug("A call failed.", exc_info=True)
                failure = ResponseError(f"Unexpected answer ({type(error).__name__}: {error})")
            else:
                failure = None
            with self._changed:
                at = self.moment(self._client)
                if failure is None:
                    self.machine.done(call, result, at)
                else:
                    self.machine.failed(call, failure, at)
                self._changed.notify_all()

    def _least_interval(self) -> float:
        spare = self._client.throttle.spare
        return 0.0 if spare > HALF else 1.0 if spare > HALF / 2 else 3.0

    def _make(self, call: Call) -> Any:
        match call:
            case Create(piece):
                return self._endpoint(piece).create(piece.request, piece.window)
            case Enqueue(piece):
                return self._enqueue(piece)
            case Amend(piece, error):
                if piece.series.amend is None:
                    raise error
                return piece.series.amend(piece, error)
            case ListJobs(base):
                return list(ExportEndpoint(self._client, base).jobs())
            case GetStatus(piece):
                return self._endpoint(piece).status(piece.export_id)
            case Cancel(base, export_id):
                return ExportEndpoint(self._client, base).cancel(export_id)

    def _endpoint(self, piece: Piece) -> ExportEndpoint:
        return ExportEndpoint(self._client, piece.series.request.base)

    def _enqueue(self, piece: Piece) -> None:
        endpoint = self._endpoint(piece)
        try:
            endpoint.enqueue(piece.export_id)
        except ResponseError as error:
            # An earlier attempt may have succeeded although its answer was lost.
            if type(error) not in {ExportQueueFullError, ResponseError}:
                raise
            job = endpoint.status(piece.export_id)
            is_queued = job.state is not JobState.CREATED
            raise EnqueueRefusedError(error, job if is_queued else None) from None

    # Thread that downloads files.

    def _download_files(self) -> None:
        while not self._stopped:
            with self._changed:
                order = self.machine.next_download()
                if order is None:
                    self._changed.wait(60.0)
                    continue
            piece, began = order.piece, time.monotonic()
            failure: Exception | None = None
            file = None
            try:
                file = self._download(piece)
            except OSError as error:
                place = tempfile.gettempdir()
                failure = MarketoError(
                    f"{piece}: the file cannot be stored in {place} ({error.strerror}). Set TMPDIR"
                    " to another folder."
                )
            except Exception as error:  # noqa: BLE001 - ends only this series
                failure = error
            with self._changed:
                if failure is None:
                    logger.debug("%s: downloaded in %.1f s.", piece, time.monotonic() - began)
                    self.machine.downloaded(piece, file)
                else:
                    self.machine.download_failed(piece, failure)
                self._changed.notify_all()

    def _download(self, piece: Piece) -> Any:
        if piece.job is None:
            raise AssertionError(piece)
        path = self._endpoint(piece).file_path(piece.export_id)
        return download(self._client, path, piece.job)

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            with self._changed:
                self.failure = error
                self._changed.notify_all()

    def _log_waiting(self, series: Series | None, began: float) -> None:
        """Log at most one line a minute while no piece is ready."""
        now = time.monotonic()
        head = series.head if series else None
        if head is None or now - max(self._logged_at, began) < LOG_EVERY:
            return
        self._logged_at = now
        board = self.machine.board
        phases = [piece.phase for piece in board]
        queued = phases.count(Phase.QUEUED)
        planned = phases.count(Phase.PLANNED) + phases.count(Phase.CREATED)
        level = logging.WARNING if now - began >= LONG_WAIT else logging.INFO
        logger.log(
            level,
            "Waiting for %s: %d windows in Marketo's queue, %d exported, %d to export; %s.",
            head,
            queued,
            len(phases) - queued - planned,
            planned,
            self._expected(queued + planned),
        )

    def _expected(self, windows: int) -> str:
        """Estimate the remaining time from the completed windows."""
        completed = self.machine.board.completed
        if not completed:
            return "no estimate yet"
        seconds = (time.monotonic() - self._started) / completed * windows
        return f"about {max(1, round(seconds / 60))} min left"
