"""Handles failures: exports a window again, halves it, leaves a gap, or stops the series."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from tap_marketo.client.errors import MarketoError, ResponseError
from tap_marketo.exports.machine.series import Amended, Phase, Piece
from tap_marketo.exports.planner import plan, replan_as_alternative

if TYPE_CHECKING:
    from tap_marketo.exports.machine.board import Board, Moment
    from tap_marketo.exports.machine.series import Series

logger = logging.getLogger("tap-marketo")

MAX_CREATIONS = 3
FAILURES_BEFORE_HALVING = 2
DAY = 86_400
HOLES_IN_A_ROW = 2
"""Consecutive failed pieces after which the series is stopped."""


class ExportFailedError(ResponseError):
    """Marketo failed to export a window several times."""


class Faults:
    """Decides what to do after a failure."""

    def __init__(self, board: Board) -> None:
        """Create the handler.

        Args:
            board: State of all pieces.
        """
        self._board = board

    def retry(self, piece: Piece, why: str, *, too_large: bool = False) -> None:
        """Plan another job for a piece whose job failed, up to a limit.

        Args:
            piece: Piece with a failed job.
            why: What happened to the job, for the log.
            too_large: Whether a shorter window may help.
        """
        board = self._board
        board.allocation.release(piece)
        piece.failures += too_large
        window = piece.window
        divisible = too_large and window and window.seconds > DAY
        if divisible and piece.failures >= FAILURES_BEFORE_HALVING:
            logger.warning("%s %s. Exporting its window in two halves.", piece, why)
            board.emit(piece, "given_up", why=why)
            self.halve(piece)
            return
        if piece.creations >= MAX_CREATIONS:
            job = piece.export_id or None
            place, count = self._place(piece), piece.creations
            reason = f"Export of {place} failed {count} times: the last job {why}"
            error = ExportFailedError(
                reason,
                hint=(
                    "The next run exports the window again. If that fails too, send the id of the"
                    " job to Adobe's support."
                ),
            )
            self.leave_gap(piece, error.with_context(stream=piece.series.name, export_id=job))
            return
        logger.warning("%s %s. Exporting this window again.", piece, why)
        board.emit(piece, "given_up", why=why)
        self._reset(piece)

    def replan(self, piece: Piece, why: str) -> None:
        """Plan another job for a piece whose job of an earlier run is unusable.

        Args:
            piece: Piece with the job.
            why: What happened to the job, for the log.
        """
        logger.info("%s %s. Exporting this window again.", piece, why)
        self._reset(piece)
        piece.creations = 0
        days = self._board.rules.plan.window_days
        if piece.window and piece.window.seconds > days * DAY:
            windows = piece.window.split(days)
            self._put(piece, [replace(piece, window=window) for window in windows])

    def halve(self, piece: Piece) -> None:
        """Replace a piece with two for the halves of its window.

        Args:
            piece: Piece with a window of more than a second.
        """
        if piece.window is None:
            raise AssertionError(piece)
        self._reset(piece)
        halves = piece.window.halves()
        if self._board.rules.plan.newest_first:
            halves = halves[::-1]
        fresh = {"creations": 0, "job": None, "recorded": False}
        self._put(piece, [replace(piece, window=half, **fresh) for half in halves])  # type: ignore[arg-type]

    def _put(self, piece: Piece, pieces: list[Piece]) -> None:
        piece.series.replace(piece, pieces)

    def _reset(self, piece: Piece) -> None:
        self._board.allocation.release(piece)
        if piece.adopted and piece.window and not piece.by_rest:
            piece.series.fresh.append(piece.window)
        piece.job, piece.recorded, piece.adopted = None, False, False
        piece.phase = Phase.PLANNED

    @staticmethod
    def _place(piece: Piece) -> str:
        return " ".join(filter(None, (piece.series.name, piece.part, str(piece.window or ""))))

    def leave_gap(self, piece: Piece, error: Exception) -> None:
        """Leave a gap for a piece; the run ends with its error.

        Args:
            piece: Piece that cannot be exported.
            error: Cause of the failure.
        """
        board, series = self._board, piece.series
        board.allocation.release(piece)
        board.emit(piece, "failed", why=str(error))
        piece.error, piece.phase = error, Phase.FAILED
        series.leave_gap(piece)
        series.error = series.error or error
        if series.failed_in_a_row >= HOLES_IN_A_ROW or piece.window is None:
            board.stop(series)
        elif series.pieces:
            logger.error("%s Later windows continue.", str(error).rstrip())

    def stop(self, series: Series, error: Exception) -> None:
        """Stop a series; its jobs remain in the state.

        Args:
            series: Series to stop.
            error: Cause of the failure.
        """
        if isinstance(error, ResponseError):
            error.with_context(stream=series.name)
        if series.head:
            self._board.emit(series.head, "failed", why=str(error))
        series.error = series.error or error
        self._board.stop(series)

    def use_alternative(self, series: Series, error: ResponseError, at: Moment) -> None:
        """Switch to the alternative request if the subscription lacks the usual filter.

        Args:
            series: Series whose first job was refused.
            error: Marketo's error 1035.
            at: Current time.
        """
        board, other = self._board, series.alternative
        if other is None or series.missing_filter:
            self.stop(series, error)
            return
        series.missing_filter = error
        board.held = replan_as_alternative(series, board.held, board.rules.plan, at.now)
        other.explain(series, error)

    def amended(self, piece: Piece, left: Amended, at: Moment) -> None:
        """Continue without fields or keys that no longer exist in Marketo.

        Args:
            piece: Piece whose job was refused.
            left: What remains of the request.
            at: Current time.
        """
        series, board = piece.series, self._board
        if left.request is not None:
            series.request = left.request
            if not any(planned.job for planned in series.pieces):
                # Jobs of an earlier run with the same amended request match now.
                board.held = plan(series, board.held, board.rules.plan, at.now)
        if not left.gone:
            return
        series.keys = tuple(key for key in series.keys if key not in left.gone)
        for key in left.gone:
            series.late.pop(key, None)
        for planned in list(series.pieces):
            keys = tuple(key for key in planned.keys if key not in left.gone)
            if keys == planned.keys or planned.phase is not Phase.PLANNED:
                continue
            if keys:
                planned.keys = keys
            else:  # nothing is left to export
                planned.phase = Phase.READY

    def refused(self, piece: Piece, error: MarketoError) -> None:
        """Stop a series whose job Marketo refused.

        Args:
            piece: Piece whose job was refused.
            error: Marketo's error.
        """
        if isinstance(error, ResponseError):
            error.with_context(export_id=piece.export_id or None)
        self.stop(piece.series, error)
