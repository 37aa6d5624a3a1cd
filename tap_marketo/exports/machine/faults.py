"""What follows from a failure: again, in two halves, a hole, or the end of the series."""

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
"""A series in which so many pieces fail one after the other has a trouble of its own."""


class ExportFailedError(ResponseError):
    """Marketo failed to export a window, more than once."""


class Faults:
    """Decides what follows from a failure."""

    def __init__(self, board: Board) -> None:
        """Bind the board.

        Args:
            board: What the machine knows.
        """
        self._board = board

    def again(self, piece: Piece, why: str, *, too_large: bool = False) -> None:
        """Plan another job for a piece whose job came to nothing, unless that has no end.

        Args:
            piece: One with a job.
            why: What happened to it, for the log.
            too_large: Whether a shorter window may help.
        """
        board = self._board
        board.allocation.release(piece)
        piece.failures += too_large
        window = piece.window
        divisible = too_large and window and window.seconds > DAY
        if divisible and piece.failures >= FAILURES_BEFORE_HALVING:
            logger.warning("%s %s: exporting its window in two halves.", piece, why)
            board.emit(piece, "given_up", why=why)
            self.halve(piece)
            return
        if piece.creations >= MAX_CREATIONS:
            job = piece.export_id or None
            reason = f"Export of {self._place(piece)} failed {piece.creations} times: the job {why}"
            error = ExportFailedError(
                reason,
                hint=(
                    "The bookmark keeps the window as a gap; the next run exports it again. If"
                    " that fails too, give Adobe's support the id of the job."
                ),
            )
            self.hole(piece, error.with_context(stream=piece.series.name, export_id=job))
            return
        logger.warning("%s %s: exporting this window again.", piece, why)
        board.emit(piece, "given_up", why=why)
        self._begin_anew(piece)

    def gone(self, piece: Piece, why: str) -> None:
        """Plan anew for a job of an earlier run that is of no use.

        Args:
            piece: With that job.
            why: What became of it, for the log.
        """
        logger.info("%s %s: exporting this window again.", piece, why)
        self._begin_anew(piece)
        piece.creations = 0
        days = self._board.rules.plan.window_days
        if piece.window and piece.window.seconds > days * DAY:
            self._put(piece, [replace(piece, window=one) for one in piece.window.split(days)])

    def halve(self, piece: Piece) -> None:
        """Put two halves in the place of a window.

        Args:
            piece: With a window of more than a second.
        """
        if piece.window is None:
            raise AssertionError(piece)
        self._begin_anew(piece)
        halves = piece.window.halves()
        if self._board.rules.plan.newest_first:
            halves = halves[::-1]
        fresh = {"creations": 0, "job": None, "recorded": False}
        self._put(piece, [replace(piece, window=half, **fresh) for half in halves])  # type: ignore[arg-type]

    def _put(self, piece: Piece, pieces: list[Piece]) -> None:
        piece.series.replace(piece, pieces)

    def _begin_anew(self, piece: Piece) -> None:
        self._board.allocation.release(piece)
        if piece.adopted and piece.window and not piece.by_rest:
            piece.series.fresh.append(piece.window)
        piece.job, piece.recorded, piece.adopted = None, False, False
        piece.phase = Phase.PLANNED

    @staticmethod
    def _place(piece: Piece) -> str:
        return " ".join(filter(None, (piece.series.name, piece.part, str(piece.window or ""))))

    def hole(self, piece: Piece, error: Exception) -> None:
        """Go on without a piece; the run ends with its error.

        Args:
            piece: One that cannot be had.
            error: Why.
        """
        board, series = self._board, piece.series
        board.allocation.release(piece)
        board.emit(piece, "failed", why=str(error))
        piece.error, piece.phase = error, Phase.FAILED
        series.hole(piece)
        series.error = series.error or error
        if series.failed_in_a_row >= HOLES_IN_A_ROW or piece.window is None:
            board.stop(series)
        elif series.pieces:
            logger.error("%s Later windows go on.", str(error).rstrip())

    def stop(self, series: Series, error: Exception) -> None:
        """Do nothing more for a series; the state keeps its jobs.

        Args:
            series: One that Marketo refuses, or that cannot be written.
            error: Why.
        """
        if isinstance(error, ResponseError):
            error.with_context(stream=series.name)
        if series.head:
            self._board.emit(series.head, "failed", why=str(error))
        series.error = series.error or error
        self._board.stop(series)

    def without_filter(self, series: Series, error: ResponseError, at: Moment) -> None:
        """Go the other way where the subscription lacks the usual filter.

        Args:
            series: Whose first job was refused.
            error: Says so (1035).
            at: Now.
        """
        board, other = self._board, series.alternative
        if other is None or series.missing_filter:
            self.stop(series, error)
            return
        series.missing_filter = error
        board.held = replan_as_alternative(series, board.held, board.rules.plan, at.now)
        other.explain(series, error)

    def amended(self, piece: Piece, left: Amended, at: Moment) -> None:
        """Go on without what Marketo no longer has.

        Args:
            piece: Whose job was refused.
            left: What there still is.
            at: Now.
        """
        series, board = piece.series, self._board
        if left.request is not None:
            series.request = left.request
            if not any(one.job for one in series.pieces):
                # Jobs of an earlier run, which met the same refusal, fit now.
                board.held = plan(series, board.held, board.rules.plan, at.now)
        if not left.gone:
            return
        series.keys = tuple(key for key in series.keys if key not in left.gone)
        for key in left.gone:
            series.late.pop(key, None)
        for one in list(series.pieces):
            keys = tuple(key for key in one.keys if key not in left.gone)
            if keys == one.keys or one.phase is not Phase.PLANNED:
                continue
            if keys:
                one.keys = keys
            else:  # nothing is left to export: as if it were written
                one.phase = Phase.READY

    def refused(self, piece: Piece, error: MarketoError) -> None:
        """End a series that Marketo refuses.

        Args:
            piece: Whose job was refused.
            error: Why.
        """
        if isinstance(error, ResponseError):
            error.with_context(export_id=piece.export_id or None)
        self.stop(piece.series, error)
