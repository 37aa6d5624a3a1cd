"""The daily export allocation: what is used, what a window will take, what still fits.

What strangers use cannot be seen, so this is a lower bound, and Marketo has the last word.
Source: bulk-extract.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo.exports.job import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tap_marketo.exports.job import ExportJob
    from tap_marketo.exports.window import Window

MEGABYTE = 1024 * 1024
HOUR = 3600
UNKNOWN_SHARE = 4
"""A window of unknown size is taken for a quarter of the allocation."""
KEEP_OLD = 0.5
"""How much of a learned size stays when another is measured."""


@dataclass(frozen=True)
class Size:
    """What windows of one kind and about one length take.

    Attributes:
        size: Bytes.
        seconds: Length of the window; 0 for an undated export.
    """

    size: float
    seconds: float


class Allocation:
    """Bytes of the day's export allocation, and sizes learned from finished jobs.

    Attributes:
        limit: Bytes a day that the tap may take.
        used: Bytes taken today by this API user, as far as its jobs show.
        exported: Bytes of files that this run had exported.
    """

    def __init__(
        self, quota_mb: float, reserve_percent: float, learned: Mapping[str, Any] | None = None
    ) -> None:
        """Set the allocation.

        Args:
            quota_mb: Megabytes a day that the instance may export.
            reserve_percent: Share of them left to others.
            learned: As `to_state` of an earlier run wrote it.
        """
        self.limit = int(quota_mb * MEGABYTE * (100 - reserve_percent) / 100)
        self.used = 0
        self.exported = 0
        self._day: datetime | None = None
        self._learned: dict[str, dict[int, Size]] = {}
        self._promised: dict[object, int] = {}
        for name, sizes in (learned or {}).items():
            for bucket, pair in sizes.items() if isinstance(sizes, dict) else ():
                try:
                    size, seconds = (float(one) for one in pair)
                    self._learned.setdefault(name, {})[int(bucket)] = Size(size, seconds)
                except (TypeError, ValueError):
                    continue

    def to_state(self) -> dict[str, dict[str, list[int]]]:
        """The learned sizes, by kind and length of window."""
        return {
            name: {str(bucket): [int(one.size), int(one.seconds)] for bucket, one in sizes.items()}
            for name, sizes in self._learned.items()
        }

    def count(self, jobs: Iterable[ExportJob], midnight: datetime) -> None:
        """Add what jobs of the API user used since midnight.

        Args:
            jobs: Of any object types, each job once.
            midnight: When the allocation last began anew.
        """
        self.begin_day(midnight)
        self.used += sum(
            job.file_size or 0
            for job in jobs
            if job.state is JobState.COMPLETED and (at := job.finished) and at >= midnight
        )

    def begin_day(self, midnight: datetime) -> None:
        """Forget what was used, if the allocation has begun anew since it was counted.

        Args:
            midnight: When it last began anew.
        """
        if self._day and midnight > self._day:
            self.used = 0
        self._day = midnight

    def estimate(self, kind: str, window: Window | None) -> int:
        """Bytes that a window will probably take.

        Args:
            kind: What is exported.
            window: From when to when; None for an undated export.
        """
        sizes = self._learned.get(kind)
        if not sizes:
            return self.limit // UNKNOWN_SHARE
        wanted = _bucket(window)
        known = sizes[min(sizes, key=lambda one: (abs(one - wanted), one))]
        if not window or not known.seconds:
            return int(known.size)
        return int(known.size * window.seconds / known.seconds)

    def knows(self, kind: str) -> bool:
        """Whether a window of this kind was measured.

        Args:
            kind: What is exported.
        """
        return bool(self._learned.get(kind))

    def never_fits(self, kind: str, window: Window | None) -> bool:
        """Whether a window is larger than a whole day's allocation, and can be divided.

        Args:
            kind: What is exported.
            window: From when to when.
        """
        if window is None or window.seconds <= 1 or not self.knows(kind):
            return False
        return self.estimate(kind, window) > self.limit

    def fits(self, kind: str, window: Window | None) -> bool:
        """Whether a window still fits today, in addition to what is under way.

        Args:
            kind: What is exported.
            window: From when to when.
        """
        promised = self.used + sum(self._promised.values())
        if not self._promised and not self.knows(kind):
            return promised < self.limit
        return promised + self.estimate(kind, window) <= self.limit

    def promise(self, holder: object, kind: str, window: Window | None) -> None:
        """Set an estimate aside while a job is under way.

        Args:
            holder: Whose job it is.
            kind: What is exported.
            window: From when to when.
        """
        self._promised[holder] = self.estimate(kind, window)

    def release(self, holder: object) -> None:
        """Give back what was set aside: the job came to nothing.

        Args:
            holder: Whose job it was.
        """
        self._promised.pop(holder, None)

    def spend(self, holder: object, kind: str, window: Window | None, size: int) -> None:
        """Count a completed job, and learn from it.

        Args:
            holder: Whose job it was.
            kind: What was exported.
            window: From when to when; None for an undated export.
            size: Bytes of the file.
        """
        self.release(holder)
        self.used += size
        self.exported += size
        self.learn(kind, window, size)

    def learn(self, kind: str, window: Window | None, size: int) -> None:
        """Note the size of a file.

        Args:
            kind: What was exported.
            window: From when to when; None for an undated export.
            size: Bytes of the file.
        """
        sizes = self._learned.setdefault(kind, {})
        bucket, seconds = _bucket(window), window.seconds if window else 0
        old = sizes.get(bucket)
        if old is None or not old.seconds or not seconds:
            sizes[bucket] = Size(size, seconds)
            return
        rate = KEEP_OLD * old.size / old.seconds + (1 - KEEP_OLD) * size / seconds
        sizes[bucket] = Size(rate * seconds, seconds)


def _bucket(window: Window | None) -> int:
    """Windows of about one length share a bucket: each is four times as long as the one before."""
    if window is None:
        return -1
    hours = max(1, window.seconds // HOUR)
    return (hours.bit_length() - 1) // 2
