"""Time ranges: what a stream has exported, what is missing, and the windows that fill it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_DAYS = 31
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, order=True)
class Window:
    """A time range of whole seconds, both ends inclusive, as the bulk filters take it.

    Source: bulk-extract.md
    """

    start: datetime
    end: datetime

    def __str__(self) -> str:
        """Both ends, for the log."""
        return f"{rfc3339(self.start)}/{rfc3339(self.end)}"

    @classmethod
    def from_filter(cls, value: Mapping[str, Any]) -> Window:
        """Read what `as_filter` wrote.

        Args:
            value: With `startAt` and `endAt`.

        Raises:
            ValueError: An end is no time, or they are the wrong way round.
            KeyError: An end is missing.
        """
        window = cls(parse_timestamp(str(value["startAt"])), parse_timestamp(str(value["endAt"])))
        if window.end < window.start:
            raise ValueError(f"{window} ends before it begins")
        return window

    @property
    def seconds(self) -> int:
        """Length in seconds."""
        return int((self.end - self.start).total_seconds()) + 1

    def as_filter(self) -> dict[str, str]:
        """The range as a bulk filter's value."""
        return {"startAt": rfc3339(self.start), "endAt": rfc3339(self.end)}

    def halves(self) -> tuple[Window, Window]:
        """Two windows which together span this one; it must be longer than a second."""
        middle = self.start + timedelta(seconds=self.seconds // 2)
        return Window(self.start, middle - SECOND), Window(middle, self.end)

    def overlaps(self, other: Window) -> bool:
        """Whether both have a second in common.

        Args:
            other: Any window.
        """
        return self.start <= other.end and other.start <= self.end

    def looked_back(self, seconds: int, earliest: datetime) -> Window:
        """The same, begun earlier.

        Args:
            seconds: By how much.
            earliest: Nothing before this is wanted, unless the window begins before it already.
        """
        bound = min(self.start, earliest)
        return Window(max(bound, self.start - timedelta(seconds=seconds)), self.end)

    def split(self, days: int) -> list[Window]:
        """Cut into windows of at most so many days, oldest first.

        Args:
            days: 1 to 31.
        """
        return list(self._pieces(days))

    def _pieces(self, days: int) -> Iterator[Window]:
        start = self.start
        while start <= self.end:
            end = min(start + timedelta(days=days) - SECOND, self.end)
            yield Window(start, end)
            start = end + SECOND


@dataclass
class Coverage:
    """What has been exported: everything from a beginning until a moment, except for gaps.

    Attributes:
        until: Last second that is exported; one before the start date when nothing is.
        gaps: Ranges before `until` that are still missing, oldest first. Only a history that is
            read newest first leaves any.
    """

    until: datetime
    gaps: list[Window] = field(default_factory=list)

    def missing(self, end: datetime) -> list[Window]:
        """What is to be exported up to a moment, oldest first.

        Args:
            end: Last second wanted.
        """
        ranges = [Window(gap.start, min(gap.end, end)) for gap in self.gaps if gap.start <= end]
        if self.until < end:
            ranges.append(Window(self.until + SECOND, end))
        return ranges

    def add(self, window: Window) -> None:
        """Note that a window's records are all written.

        Args:
            window: May overlap what is covered already.
        """
        ranges = self.gaps
        if window.end > self.until:
            ranges = [*ranges, Window(self.until + SECOND, window.end)]
            self.until = window.end
        self.gaps = without(ranges, [window])

    def gaps_as_state(self) -> list[dict[str, str]]:
        """The gaps as a bookmark keeps them."""
        return [gap.as_filter() for gap in self.gaps]

    @classmethod
    def from_state(cls, until: datetime, gaps: list[dict[str, Any]], start: datetime) -> Coverage:
        """Read a bookmark.

        Args:
            until: The bookmark's value.
            gaps: As `gaps_as_state` wrote them.
            start: Nothing before this is wanted any more.
        """
        ranges = [Window.from_filter(gap) for gap in gaps]
        kept = [Window(max(gap.start, start), gap.end) for gap in ranges if gap.end >= start]
        return cls(max(until, start - SECOND), kept)


def without(ranges: Iterable[Window], parts: Iterable[Window]) -> list[Window]:
    """What of some ranges lies in none of some others.

    Args:
        ranges: Oldest first.
        parts: In any order; they may overlap.

    Returns:
        The rest, oldest first.
    """
    left = list(ranges)
    for part in parts:
        left = [rest for whole in left for rest in _without(whole, part)]
    return left


def _without(whole: Window, part: Window) -> list[Window]:
    if part.end < whole.start or part.start > whole.end:
        return [whole]
    rest = []
    if part.start > whole.start:
        rest.append(Window(whole.start, part.start - SECOND))
    if part.end < whole.end:
        rest.append(Window(part.end + SECOND, whole.end))
    return rest
