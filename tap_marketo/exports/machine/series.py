"""Series of exports: the pieces that a request still needs, and those that are written."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_marketo.exports.saved import Key, SavedJob
from tap_marketo.exports.window import Coverage, Window, without
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.job import ExportJob, ExportRequest

WHOLE: Key = ""
"""Key of a series that has one piece a window."""


class Phase(enum.Enum):
    """Progress of a piece."""

    PLANNED = enum.auto()
    CREATED = enum.auto()
    QUEUED = enum.auto()
    EXPORTED = enum.auto()
    DOWNLOADING = enum.auto()
    READY = enum.auto()
    WRITTEN = enum.auto()
    FAILED = enum.auto()


@dataclass(eq=False)
class Piece:
    """A window of a series for some of its keys: one export job, or one round of REST calls.

    Attributes:
        series: Series of the piece.
        window: Window to export; None for an undated export.
        keys: Keys to export.
        phase: Progress of the piece.
        job: Export job, as Marketo last described it.
        recorded: Whether a STATE message has the job's id, so that the job may be enqueued.
        adopted: Whether an earlier run created the job.
        creations: Number of jobs created so far.
        failures: Number of failed jobs, including those of the window that this is a half of.
        since: When the job last made progress, by the monotonic clock.
        file: Downloaded file, not read here.
        error: Why the piece cannot be exported.
    """

    series: Series
    window: Window | None
    keys: tuple[Key, ...] = (WHOLE,)
    phase: Phase = Phase.PLANNED
    job: ExportJob | None = None
    recorded: bool = False
    adopted: bool = False
    creations: int = 0
    failures: int = 0
    since: float = 0.0
    file: Any = None
    error: Exception | None = None

    def __str__(self) -> str:
        """Return stream, part, window and job, for the log."""
        words = [self.series.name]
        if part := self.part:
            words.append(part)
        if self.window:
            words.append(str(self.window))
        if self.job:
            words.append(f"(export job {self.job.export_id})")
        return " ".join(words)

    @property
    def part(self) -> str:
        """Keys of the piece, for the log; empty if it is the whole window."""
        if self.keys == (WHOLE,):
            return ""
        keys = str(self.keys[0])
        if len(self.keys) > 1:
            keys += f" to {self.keys[-1]}"
        return f"{self.series.part_filter} {keys}".strip()

    @property
    def export_id(self) -> str:
        """Id of the job; empty before the job is created."""
        return self.job.export_id if self.job else ""

    @property
    def by_rest(self) -> bool:
        """Whether the piece has no job and is read by REST calls while it is written."""
        return self.keys[0] in self.series.rest_keys

    @property
    def request(self) -> ExportRequest:
        """Request of the job."""
        series = self.series
        if not series.part_filter:
            return series.request
        return series.request.part(((series.part_filter, tuple(map(int, self.keys))),))

    def as_saved(self) -> SavedJob:
        """Return the job for the state."""
        series = self.series
        return SavedJob(
            self.export_id,
            series.request.base,
            series.request.fingerprint,
            self.window,
            () if self.keys == (WHOLE,) else self.keys,
            series.begun if self.window is None else None,
        )


@dataclass(frozen=True)
class Done:
    """A written piece that the bookmark does not cover yet.

    Attributes:
        window: Window of the piece; None for an undated export.
        keys: Keys of the piece.
        begun: Start of an undated export.
    """

    window: Window | None
    keys: tuple[Key, ...]
    begun: datetime | None = None

    def to_state(self) -> dict[str, Any]:
        """Return the piece for the bookmark."""
        entry: dict[str, Any] = self.window.as_filter() if self.window else {}
        if self.begun:
            entry["begunAt"] = rfc3339(self.begun)
        return entry | {"keys": list(self.keys)}

    @classmethod
    def from_state(cls, value: Any) -> Done:
        """Create a piece from an entry of the bookmark.

        Args:
            value: Entry of the bookmark's `written`.

        Raises:
            ValueError: The entry is invalid.
        """
        try:
            return cls(
                Window.from_filter(value) if "startAt" in value else None,
                tuple(value["keys"]),
                parse_timestamp(value["begunAt"]) if value.get("begunAt") else None,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a written piece: {type(error).__name__}") from None


@dataclass(frozen=True)
class Alternative:
    """How to export a series if the subscription lacks its filter (error 1035).

    Attributes:
        request: Converts the usual request; the result is undated if there is no date filter.
        keys: Keys in place of the usual ones; None keeps them.
        rest_keys: Keys that are read by REST calls.
        whole_period: Whether to export everything since the start date, not since the bookmark.
        days_kept: Days for which Marketo keeps the data of the REST calls.
        explain: Logs once what is done instead.
    """

    request: Callable[[ExportRequest], ExportRequest]
    explain: Callable[[Series, ResponseError], None]
    keys: tuple[Key, ...] | None = None
    rest_keys: frozenset[Key] = frozenset()
    whole_period: bool = False
    days_kept: int | None = None


@dataclass(eq=False)
class Series:
    """The pieces that a request still needs, in the order in which they are written.

    Attributes:
        request: Request of the jobs, without window and keys.
        period: Range from the start date to the end of this run's newest window.
        coverage: Ranges that the bookmark covers.
        keys: Keys to export.
        part_filter: Bulk filter for some of the keys; empty if keys are not filters.
        per_job: Maximum keys of one job.
        known: Keys that the bookmark covers; None if unknown.
        late: Keys that may have data before the bookmark which it does not cover, each with the
            time of its earliest data, if known.
        done: Written pieces that the bookmark does not cover.
        had_bookmark: Whether an earlier run exported anything.
        keeps_done: Whether a later run may skip written pieces; not if each run replaces the
            table.
        leaves_jobs: Whether this run must not cancel other jobs of the same object type.
        lookback: Seconds by which a new window starts before the bookmark.
        pieces: Pieces to write; the first is next.
        holes: Pieces that could not be exported.
        fresh: Windows of jobs that this run creates, for the keys that have jobs.
        rest_keys: Keys that are read by REST calls.
        alternative: How to export if the filter is missing.
        missing_filter: Error 1035, if the alternative is used.
        begun: Start of an undated export, by this run or an earlier one.
        stopped: Whether nothing more is done in this run; the jobs remain in the state.
        decided: Whether Marketo has accepted a request.
        error: First error, if any.
        amend: Returns what remains of a refused request; called by the driver.
        streams: Names of the streams that share the files.
        failed_in_a_row: Number of consecutive failed pieces.
    """

    request: ExportRequest
    period: Window
    coverage: Coverage
    keys: tuple[Key, ...] = (WHOLE,)
    part_filter: str = ""
    per_job: int = 10
    known: set[Key] | None = None
    late: dict[Key, datetime | None] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    had_bookmark: bool = False
    keeps_done: bool = True
    leaves_jobs: bool = False
    lookback: int = 0
    pieces: deque[Piece] = field(default_factory=deque)
    holes: list[Piece] = field(default_factory=list)
    fresh: list[Window] = field(default_factory=list)
    rest_keys: frozenset[Key] = frozenset()
    alternative: Alternative | None = None
    missing_filter: ResponseError | None = None
    begun: datetime | None = None
    stopped: bool = False
    decided: bool = False
    error: Exception | None = None
    amend: Callable[[Piece, ResponseError], Amended] | None = None
    streams: tuple[str, ...] = ()
    failed_in_a_row: int = 0

    @property
    def name(self) -> str:
        """Name of the stream or group of streams, for the log."""
        return self.request.name

    @property
    def is_undated(self) -> bool:
        """Whether the request has no date filter."""
        return not self.request.window_filter

    @property
    def head(self) -> Piece | None:
        """The next piece to write."""
        return self.pieces[0] if self.pieces else None

    @property
    def has_bookmark(self) -> bool:
        """Whether a bookmark can be written."""
        return self.had_bookmark or self.coverage.until >= self.period.start

    def replace(self, piece: Piece, pieces: Iterable[Piece]) -> None:
        """Replace a piece with others.

        Args:
            piece: Piece that is not written yet.
            pieces: New pieces, in order.
        """
        at = self.pieces.index(piece)
        self.pieces.rotate(-at)
        self.pieces.popleft()
        self.pieces.extendleft(reversed(list(pieces)))
        self.pieces.rotate(at)

    def written(self, piece: Piece) -> None:
        """Move the bookmark past a piece whose records are all written.

        Args:
            piece: Written piece.
        """
        self._take_off(piece)
        self.failed_in_a_row = 0
        if piece.window is None:
            self._undated_written(piece)
            return
        if piece.keys == (WHOLE,):
            self.coverage.add(piece.window)
            return
        self.done.append(Done(piece.window, piece.keys))
        if not set(piece.keys) <= set(self.late):
            for free in without([piece.window], self._unwritten(piece.window)):
                self.coverage.add(free)
        self._settle()

    def leave_gap(self, piece: Piece) -> None:
        """Remove a failed piece; the bookmark keeps its window as a gap.

        Args:
            piece: Piece with an error.
        """
        self._take_off(piece)
        self.holes.append(piece)
        self.failed_in_a_row += 1

    def _take_off(self, piece: Piece) -> None:
        """Remove a piece, or the one that replaced it while it was written."""
        same = (
            other
            for other in self.pieces
            if other is piece or (other.window == piece.window and other.keys == piece.keys)
        )
        if taken := next(same, None):
            self.pieces.remove(taken)

    def _unwritten(self, window: Window) -> list[Window]:
        """Return unwritten windows that overlap a window, except for those of late keys only."""
        late = set(self.late)
        return [
            piece.window
            for piece in (*self.pieces, *self.holes)
            if piece.window and piece.window.overlaps(window) and not set(piece.keys) <= late
        ]

    def _settle(self) -> None:
        """Drop complete late keys and written pieces that the bookmark now covers."""
        if self.late:
            left = {key for piece in (*self.pieces, *self.holes) for key in piece.keys}
            for key in [key for key in self.late if key not in left]:
                del self.late[key]
                if self.known is not None:
                    self.known.add(key)
        missing = self.coverage.missing(self.period.end)
        self.done = [
            done
            for done in self.done
            if done.window is None
            or any(key in self.late for key in done.keys)
            or any(done.window.overlaps(gap) for gap in missing)
        ]

    def _undated_written(self, piece: Piece) -> None:
        self.done.append(Done(None, piece.keys, self.begun))
        if not self.pieces and not self.holes:
            self.done = [done for done in self.done if done.window is not None]

    def saved(self) -> list[SavedJob]:
        """Return the jobs of unwritten pieces, for the state."""
        return [
            piece.as_saved()
            for piece in self.pieces
            if piece.job and piece.phase is not Phase.FAILED
        ]


@dataclass(frozen=True)
class Amended:
    """What remains of a refused request after removing what no longer exists.

    Attributes:
        request: New request; None keeps the old one.
        gone: Keys that no longer exist.
    """

    request: ExportRequest | None = None
    gone: frozenset[Key] = frozenset()
