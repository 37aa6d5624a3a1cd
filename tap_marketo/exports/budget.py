"""The daily export allocation: what is used, what a window will take, what still fits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_marketo.client.errors import (
    AccessDeniedError,
    FeatureUnavailableError,
    NotFoundError,
)
from tap_marketo.exports.job import (
    ACTIVITIES,
    LEADS,
    PROGRAM_MEMBERS,
    ExportEndpoint,
    ExportJob,
    JobState,
)
from tap_marketo.exports.window import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pendulum

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.job import ExportRequest
    from tap_marketo.exports.window import Window

logger = logging.getLogger("tap-marketo")

MEGABYTE = 1024 * 1024

# Those that have one list of jobs; custom objects have one for each type.
OBJECT_TYPES = (LEADS, ACTIVITIES, PROGRAM_MEMBERS)


class Budget:
    """Bytes of the day's export allocation.

    What strangers use cannot be seen, so this is a lower bound, and Marketo has the last word.
    An estimate needs an export of the same kind to have finished before.

    Source: bulk-extract.md
    """

    def __init__(self, quota_mb: float, reserve_percent: float) -> None:
        """Set the allocation.

        Args:
            quota_mb: Megabytes a day that the instance may export.
            reserve_percent: Share of them left to others.
        """
        self.limit = int(quota_mb * MEGABYTE * (100 - reserve_percent) / 100)
        self.used = 0
        self.exported = 0
        self._since: pendulum.DateTime | None = None
        self._measured: dict[str, tuple[int, int]] = {}
        self._promised: dict[tuple[str, Window | None], int] = {}

    def look_up(
        self,
        client: MarketoClient,
        midnight: pendulum.DateTime,
        bases: Iterable[str] = OBJECT_TYPES,
    ) -> dict[str, ExportJob]:
        """Read the API user's jobs of some object types, and what they used since midnight.

        Args:
            client: Of the instance.
            midnight: When the allocation last began anew.
            bases: Paths of the object types' export endpoints; each costs a call.

        Returns:
            The jobs by id, those of object types that the API user may read.
        """
        self._since = midnight
        jobs: dict[str, ExportJob] = {}
        for base in bases:
            try:
                jobs.update({job.export_id: job for job in ExportEndpoint(client, base).jobs()})
            except (AccessDeniedError, FeatureUnavailableError, NotFoundError):
                logger.debug("The jobs of %s cannot be listed.", base)
        self.used = sum(
            job.file_size or 0
            for job in jobs.values()
            if job.state is JobState.COMPLETED
            and job.finished_at
            and moment(job.finished_at) >= midnight
        )
        return jobs

    def estimate(self, request: ExportRequest, window: Window | None) -> int:
        """Bytes that a window will probably take; 0 when nothing like it was measured.

        Args:
            request: What is exported.
            window: From when to when; None for an undated export, which nothing is like.
        """
        size, seconds = self._measured.get(request.fingerprint, (0, 0))
        return size * window.seconds // seconds if window and seconds else 0

    def never_fits(self, request: ExportRequest, window: Window | None) -> bool:
        """Tell whether a window is larger than a whole day's allocation."""
        too_large = self.estimate(request, window) > self.limit
        return too_large and window is not None and window.seconds > 1

    def fits(self, request: ExportRequest, window: Window | None) -> bool:
        """Tell whether a window still fits today, beside what is under way."""
        promised = self.used + sum(self._promised.values())
        return promised + self.estimate(request, window) <= self.limit

    def promise(self, request: ExportRequest, window: Window | None) -> None:
        """Set a window's estimate aside while its job is under way."""
        self._promised[request.fingerprint, window] = self.estimate(request, window)

    def release(self, request: ExportRequest, window: Window | None) -> None:
        """Give back what was set aside: the job came to nothing."""
        self._promised.pop((request.fingerprint, window), None)

    def spend(self, request: ExportRequest, window: Window | None, size: int) -> None:
        """Count a completed job, and learn from it.

        Args:
            request: What was exported.
            window: From when to when; None for an undated export.
            size: Bytes of the file.
        """
        self.release(request, window)
        self.used += size
        self.exported += size
        if window:
            known, seconds = self._measured.get(request.fingerprint, (0, 0))
            self._measured[request.fingerprint] = (known + size, seconds + window.seconds)

    def begin_day(self, midnight: pendulum.DateTime) -> None:
        """Forget what was used, if the allocation has begun anew since it was counted.

        Args:
            midnight: When it last began anew.
        """
        if self._since and midnight > self._since:
            self.used = 0
        self._since = midnight
