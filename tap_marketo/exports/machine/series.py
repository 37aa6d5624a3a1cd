"""A series of exports: what one request still needs, piece by piece, and what is written of it."""

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
"""The key of a series that has one piece a window."""


class Phase(enum.Enum):
    """How far a piece has come."""

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
    """One window of a series, for some of its keys: one export job, or one round of REST calls.

    Attributes:
        window: From when to when; None for an undated export.
        keys: What of the series it is for.
        phase: How far it has come.
        job: Its job, as Marketo last described it.
        recorded: Its job's id stands in a STATE message that was sent; only then is it enqueued.
        adopted: Its job was made by an earlier run.
        creations: Jobs made for it so far.
        failures: How often its job failed, those of the window it was cut from included.
        since: When its job last moved on, by the monotonic clock.
        file: What the driver downloaded; opaque here.
        error: Why it cannot be had.
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
        """Stream, part, window and job, for the log."""
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
        """Which part of its window it is, for people; empty for the whole."""
        if self.keys == (WHOLE,):
            return ""
        spelled = str(self.keys[0])
        if len(self.keys) > 1:
            spelled += f" to {self.keys[-1]}"
        return f"{self.series.part_filter} {spelled}".strip()

    @property
    def export_id(self) -> str:
        """Id of the job; empty before it is created."""
        return self.job.export_id if self.job else ""

    @property
    def by_rest(self) -> bool:
        """Whether it is read by REST calls while it is written, and has no job."""
        return self.keys[0] in self.series.rest_keys

    @property
    def request(self) -> ExportRequest:
        """What its job asks for."""
        series = self.series
        if not series.part_filter:
            return series.request
        return series.request.part(((series.part_filter, tuple(int(one) for one in self.keys)),))

    def as_saved(self) -> SavedJob:
        """What the state keeps of its job."""
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
    """A piece that is written although the bookmark does not say so yet.

    Attributes:
        window: None for an undated export.
        keys: What of the series it was for.
        begun: When an undated export was begun.
    """

    window: Window | None
    keys: tuple[Key, ...]
    begun: datetime | None = None

    def to_state(self) -> dict[str, Any]:
        """As a bookmark keeps it."""
        spelled: dict[str, Any] = self.window.as_filter() if self.window else {}
        if self.begun:
            spelled["begunAt"] = rfc3339(self.begun)
        return spelled | {"keys": list(self.keys)}

    @classmethod
    def from_state(cls, value: Any) -> Done:
        """Read what `to_state` wrote.

        Args:
            value: An entry of the bookmark's `written`.

        Raises:
            ValueError: It is no such entry.
        """
        try:
            return cls(
                Window.from_filter(value) if "startAt" in value else None,
                tuple(value["keys"]),
                parse_timestamp(value["begunAt"]) if value.get("begunAt") else None,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no written piece: {type(error).__name__}") from None


@dataclass(frozen=True)
class Alternative:
    """What a series asks for where the subscription lacks its filter (1035).

    Attributes:
        request: Makes a request of the usual one; undated where there is no date filter.
        keys: In place of the usual ones; None leaves them.
        rest_keys: Those that are read by REST calls.
        whole_period: Everything since the start date is exported, whatever the bookmark.
        days_kept: For how many days Marketo keeps what the REST calls read.
        explain: Logs once what happens instead.
    """

    request: Callable[[ExportRequest], ExportRequest]
    explain: Callable[[Series, ResponseError], None]
    keys: tuple[Key, ...] | None = None
    rest_keys: frozenset[Key] = frozenset()
    whole_period: bool = False
    days_kept: int | None = None


@dataclass(eq=False)
class Series:
    """All pieces that one request needs, in the order in which they are written.

    Attributes:
        request: What each job asks for, but for window and keys.
        period: From the start date until the end of this run's newest window.
        coverage: What the bookmark says is exported.
        keys: What the series is made of.
        part_filter: The filter that takes some of the keys; empty where keys are no filter.
        per_job: Keys of one job at most.
        known: Keys that the bookmark covers; None when it does not say.
        late: Keys that the bookmark does not cover although it may lie behind them, each with the
            time from which it can have anything.
        done: Written pieces beyond the bookmark.
        had_bookmark: Whether an earlier run has exported anything.
        leaves_jobs: It reads something else this time: other jobs of its kind are left alone.
        lookback: Seconds that a new window reaches back over what earlier runs exported.
        streams: Names of those that share its files.
        failed_in_a_row: Pieces that could not be had, one after the other.
        keeps_done: Whether a later run may count on written pieces; not where each run makes a
            table of its own.
        pieces: Those still to be written; the first is next.
        holes: Those that could not be had.
        fresh: Windows of jobs that this run makes, for the keys that have jobs.
        rest_keys: Keys that are read by REST calls.
        alternative: What to ask for where the filter is missing.
        missing_filter: The refusal that made the alternative the plan.
        begun: When an undated export was begun, by this run or an earlier one.
        decided: Marketo has accepted what it asks for.
        stopped: Nothing more is done for it in this run; the state keeps its jobs.
        error: Why, if something went wrong.
        amend: Makes a request, or keys, without what Marketo no longer has; called by the driver.
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
        """Of the stream or group of streams, for the log."""
        return self.request.name

    @property
    def is_undated(self) -> bool:
        """Whether it asks for no time."""
        return not self.request.window_filter

    @property
    def head(self) -> Piece | None:
        """The piece that is written next."""
        return self.pieces[0] if self.pieces else None

    @property
    def has_bookmark(self) -> bool:
        """Whether a bookmark can be written."""
        return self.had_bookmark or self.coverage.until >= self.period.start

    def replace(self, piece: Piece, pieces: Iterable[Piece]) -> None:
        """Put others in the place of a piece.

        Args:
            piece: Still to be written.
            pieces: What takes its place, in order.
        """
        at = self.pieces.index(piece)
        self.pieces.rotate(-at)
        self.pieces.popleft()
        self.pieces.extendleft(reversed(list(pieces)))
        self.pieces.rotate(at)

    def written(self, piece: Piece) -> None:
        """Move the bookmark over a piece whose records are all written.

        Args:
            piece: The one that was next.
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

    def hole(self, piece: Piece) -> None:
        """Go on without a piece; the bookmark keeps its window as a gap.

        Args:
            piece: One that cannot be had, its error set.
        """
        self._take_off(piece)
        self.holes.append(piece)
        self.failed_in_a_row += 1

    def _take_off(self, piece: Piece) -> None:
        """Take off a piece, or the one that was planned in its place while it was written."""
        same = (
            one
            for one in self.pieces
            if one is piece or (one.window == piece.window and one.keys == piece.keys)
        )
        if taken := next(same, None):
            self.pieces.remove(taken)

    def _unwritten(self, window: Window) -> list[Window]:
        """Windows of the usual keys that overlap a window and are not written."""
        late = set(self.late)
        return [
            one.window
            for one in (*self.pieces, *self.holes)
            if one.window and one.window.overlaps(window) and not set(one.keys) <= late
        ]

    def _settle(self) -> None:
        """Drop what the bookmark says by itself: late keys that are complete, done pieces."""
        if self.late:
            left = {key for one in (*self.pieces, *self.holes) for key in one.keys}
            for key in [one for one in self.late if one not in left]:
                del self.late[key]
                if self.known is not None:
                    self.known.add(key)
        missing = self.coverage.missing(self.period.end)
        self.done = [
            one
            for one in self.done
            if one.window is None
            or any(key in self.late for key in one.keys)
            or any(one.window.overlaps(gap) for gap in missing)
        ]

    def _undated_written(self, piece: Piece) -> None:
        self.done.append(Done(None, piece.keys, self.begun))
        if not self.pieces and not self.holes:
            self.done = [one for one in self.done if one.window is not None]

    def saved(self) -> list[SavedJob]:
        """What the state keeps of jobs that are not written yet."""
        return [
            piece.as_saved()
            for piece in self.pieces
            if piece.job and piece.phase is not Phase.FAILED
        ]


@dataclass(frozen=True)
class Amended:
    """What is left to ask for, without what Marketo no longer has.

    Attributes:
        request: None leaves it.
        gone: Keys that no longer exist.
    """

    request: ExportRequest | None = None
    gone: frozenset[Key] = frozenset()
