"""The daily export allocation: how much is used, and whether a window still fits.

The use by other API users is not visible, so Marketo may still refuse a job that fits here.
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
"""A window of unknown size is estimated as this fraction of the allocation: a quarter."""
KEEP_OLD = 0.5
"""Weight of the learned size when another is measured."""


@dataclass(frozen=True)
class Size:
    """File size of windows of one kind and similar length.

    Attributes:
        size: Bytes of the file.
        seconds: Length of the window; 0 for an undated export.
    """

    size: float
    seconds: float


class Allocation:
    """Tracks the daily export allocation and learns sizes from completed jobs.

    Attributes:
        limit: Bytes a day that the tap may export.
        used: Bytes exported today by jobs of this API user.
        exported: Bytes exported by this run.
    """

    def __init__(
        self, quota_mb: float, reserve_percent: float, learned: Mapping[str, Any] | None = None
    ) -> None:
        """Set the allocation.

        Args:
            quota_mb: Daily export allocation of the instance in MB.
            reserve_percent: Share of it left to other integrations.
            learned: Sizes written by `to_state` of an earlier run.
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
                    size, seconds = map(float, pair)
                    self._learned.setdefault(name, {})[int(bucket)] = Size(size, seconds)
                except (TypeError, ValueError):
                    continue

    def to_state(self) -> dict[str, dict[str, list[int]]]:
        """Return the learned sizes by kind and length of window."""
        return {
            name: {
                str(bucket): [int(known.size), int(known.seconds)]
                for bucket, known in sizes.items()
            }
            for name, sizes in self._learned.items()
        }

    def count(self, jobs: Iterable[ExportJob], midnight: datetime) -> None:
        """Add the sizes of jobs that completed since midnight.

        Args:
            jobs: Jobs of any object types, each job once.
            midnight: Last reset of the allocation.
        """
        self.begin_day(midnight)
        self.used += sum(
            job.file_size or 0
            for job in jobs
            if job.state is JobState.COMPLETED and (at := job.finished) and at >= midnight
        )

    def begin_day(self, midnight: datetime) -> None:
        """Set the used bytes to 0 if the allocation was reset since they were counted.

        Args:
            midnight: Last reset of the allocation.
        """
        if self._day and midnight > self._day:
            self.used = 0
        self._day = midnight

    def estimate(self, kind: str, window: Window | None) -> int:
        """Estimate the bytes of a window's file.

        Args:
            kind: Fingerprint of the request.
            window: Window to export; None for an undated export.
        """
        sizes = self._learned.get(kind)
        if not sizes:
            return self.limit // UNKNOWN_SHARE
        target = _bucket(window)
        known = sizes[min(sizes, key=lambda bucket: (abs(bucket - target), bucket))]
        if not window or not known.seconds:
            return int(known.size)
        return int(known.size * window.seconds / known.seconds)

    def knows(self, kind: str) -> bool:
        """Return whether a size of this kind is known.

        Args:
            kind: Fingerprint of the request.
        """
        return bool(self._learned.get(kind))

    def never_fits(self, kind: str, window: Window | None) -> bool:
        """Return whether a window exceeds a whole day's allocation and can be split.

        Args:
            kind: Fingerprint of the request.
            window: Window to export.
        """
        if window is None or window.seconds <= 1 or not self.knows(kind):
            return False
        return self.estimate(kind, window) > self.limit

    def fits(self, kind: str, window: Window | None) -> bool:
        """Return whether a window still fits into today's allocation.

        Args:
            kind: Fingerprint of the request.
            window: Window to export.
        """
        promised = self.used + sum(self._promised.values())
        if not self._promised and not self.knows(kind):
            return promised < self.limit
        return promised + self.estimate(kind, window) <= self.limit

    def promise(self, holder: object, kind: str, window: Window | None) -> None:
        """Reserve the estimated size while a job runs.

        Args:
            holder: Owner of the job.
            kind: Fingerprint of the request.
            window: Window to export.
        """
        self._promised[holder] = self.estimate(kind, window)

    def release(self, holder: object) -> None:
        """Release the reserved size of a job that ended without a file.

        Args:
            holder: Owner of the job.
        """
        self._promised.pop(holder, None)

    def spend(self, holder: object, kind: str, window: Window | None, size: int) -> None:
        """Count the file of a completed job and learn its size.

        Args:
            holder: Owner of the job.
            kind: Fingerprint of the request.
            window: Exported window; None for an undated export.
            size: Bytes of the file.
        """
        self.release(holder)
        self.used += size
        self.exported += size
        self.learn(kind, window, size)

    def learn(self, kind: str, window: Window | None, size: int) -> None:
        """Learn the size of a file.

        Args:
            kind: Fingerprint of the request.
            window: Exported window; None for an undated export.
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
    """Return the bucket of a window's length; each covers lengths four times those before it."""
    if window is None:
        return -1
    hours = max(1, window.seconds // HOUR)
    return (hours.bit_length() - 1) // 2
