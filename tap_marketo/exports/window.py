"""Time windows of exports, and which ranges are exported or missing."""

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
    """A time range of whole seconds, both ends inclusive, as in bulk filters.

    Source: bulk-extract.md
    """

    start: datetime
    end: datetime

    def __str__(self) -> str:
        """Return both ends for the log."""
        return f"{rfc3339(self.start)}/{rfc3339(self.end)}"

    @classmethod
    def from_filter(cls, value: Mapping[str, Any]) -> Window:
        """Create a window from the value of a bulk filter.

        Args:
            value: Value with `startAt` and `endAt`.

        Raises:
            ValueError: A time is invalid, or the end is before the start.
            KeyError: A time is missing.
        """
        window = cls(parse_timestamp(str(value["startAt"])), parse_timestamp(str(value["endAt"])))
        if window.end < window.start:
            raise ValueError(f"{window} ends before it starts")
        return window

    @property
    def seconds(self) -> int:
        """Length in seconds."""
        return int((self.end - self.start).total_seconds()) + 1

    def as_filter(self) -> dict[str, str]:
        """Return the value for a bulk filter."""
        return {"startAt": rfc3339(self.start), "endAt": rfc3339(self.end)}

    def halves(self) -> tuple[Window, Window]:
        """Split a window of more than a second into two halves."""
        middle = self.start + timedelta(seconds=self.seconds // 2)
        return Window(self.start, middle - SECOND), Window(middle, self.end)

    def overlaps(self, other: Window) -> bool:
        """Return whether two windows overlap.

        Args:
            other: Any window.
        """
        return self.start <= other.end and other.start <= self.end

    def with_lookback(self, seconds: int, earliest: datetime) -> Window:
        """Return the window with an earlier start.

        Args:
            seconds: Seconds to move the start.
            earliest: Earliest start, unless the window already starts before it.
        """
        bound = min(self.start, earliest)
        return Window(max(bound, self.start - timedelta(seconds=seconds)), self.end)

    def split(self, days: int) -> list[Window]:
        """Split into windows of limited length, oldest first.

        Args:
            days: Maximum days of a window, 1 to 31.
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
    """The exported time range of a stream, except for its gaps.

    Attributes:
        until: Last exported second; the second before the start date if nothing is exported.
        gaps: Missing ranges before `until`, oldest first, left by failed windows or by a backfill
            that is read newest first.
    """

    until: datetime
    gaps: list[Window] = field(default_factory=list)

    def missing(self, end: datetime) -> list[Window]:
        """Return the ranges to export, oldest first.

        Args:
            end: Last second to export.
        """
        ranges = [Window(gap.start, min(gap.end, end)) for gap in self.gaps if gap.start <= end]
        if self.until < end:
            ranges.append(Window(self.until + SECOND, end))
        return ranges

    def add(self, window: Window) -> None:
        """Add a window whose records are all written.

        Args:
            window: Window, which may overlap exported ranges.
        """
        ranges = self.gaps
        if window.end > self.until:
            ranges = [*ranges, Window(self.until + SECOND, window.end)]
            self.until = window.end
        self.gaps = without(ranges, [window])

    def gaps_as_state(self) -> list[dict[str, str]]:
        """Return the gaps for the bookmark."""
        return [gap.as_filter() for gap in self.gaps]


def without(ranges: Iterable[Window], parts: Iterable[Window]) -> list[Window]:
    """Subtract windows from ranges.

    Args:
        ranges: Ranges, oldest first.
        parts: Windows to subtract, in any order; they may overlap.

    Returns:
        The remaining ranges, oldest first.
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
