"""The sandbox's time: real time, scaled and moved."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

CENTRAL = ZoneInfo("America/Chicago")


def iso(moment: datetime) -> str:
    """Write a moment as Marketo does: UTC, whole seconds."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """Time that begins at the real one, may run faster, and can be moved forward."""

    def __init__(self, scale: float = 1.0, now: datetime | None = None) -> None:
        """Begin.

        Args:
            scale: Sandbox seconds that pass in a real second.
            now: The time at the beginning; the real one by default.
        """
        self._scale = scale
        self._began = time.monotonic()
        self._origin = now or datetime.now(timezone.utc)
        self._moved = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The sandbox's time, in UTC."""
        passed = (time.monotonic() - self._began) * self._scale
        return self._origin + timedelta(seconds=passed) + self._moved

    def advance(self, seconds: float) -> None:
        """Move time forward.

        Args:
            seconds: Of the sandbox's time.

        Raises:
            ValueError: It would go back.
        """
        if seconds < 0:
            raise ValueError("time moves forward alone")
        with self._lock:
            self._moved += timedelta(seconds=seconds)

    def advance_to_reset(self, seconds: float = 0.0) -> None:
        """Move time to the next midnight at which the daily quotas begin anew.

        Args:
            seconds: After it; less than 0 for before it.

        Raises:
            ValueError: It would go back.
        """
        self.advance((self.next_midnight() - self.now()).total_seconds() + seconds)

    def http_date(self) -> str:
        """The time as a `Date` header."""
        return format_datetime(self.now().replace(microsecond=0), usegmt=True)

    def midnight(self) -> datetime:
        """When the daily quotas last began anew: midnight in America/Chicago."""
        return _midnight(self.now().astimezone(CENTRAL))

    def next_midnight(self) -> datetime:
        """When the daily quotas begin anew."""
        return _midnight(self.now().astimezone(CENTRAL) + timedelta(days=1))


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(timezone.utc)
