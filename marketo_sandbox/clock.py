"""The sandbox's clock: real time, scaled and moved."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

CENTRAL = ZoneInfo("America/Chicago")


def iso(at: datetime) -> str:
    """Format a time as Marketo does: in UTC, with whole seconds."""
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """A clock that starts at the real time, may run faster, and can be moved forward."""

    def __init__(self, scale: float = 1.0, now: datetime | None = None) -> None:
        """Start the clock.

        Args:
            scale: Sandbox seconds per real second.
            now: Start time; the real time by default.
        """
        self._scale = scale
        self._began = time.monotonic()
        self._origin = now or datetime.now(timezone.utc)
        self._moved = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The current sandbox time, in UTC."""
        passed = (time.monotonic() - self._began) * self._scale
        return self._origin + timedelta(seconds=passed) + self._moved

    def advance(self, seconds: float) -> None:
        """Move time forward.

        Args:
            seconds: Sandbox seconds.

        Raises:
            ValueError: Time would move back.
        """
        if seconds < 0:
            raise ValueError("time only moves forward")
        with self._lock:
            self._moved += timedelta(seconds=seconds)

    def advance_to_reset(self, seconds: float = 0.0) -> None:
        """Move time to the next midnight, when the daily limits reset.

        Args:
            seconds: Seconds after midnight; negative for before it.

        Raises:
            ValueError: Time would move back.
        """
        self.advance((self.next_midnight() - self.now()).total_seconds() + seconds)

    def http_date(self) -> str:
        """The current time as a `Date` header."""
        return format_datetime(self.now().replace(microsecond=0), usegmt=True)

    def midnight(self) -> datetime:
        """Time of the last reset of the daily limits: midnight in America/Chicago."""
        return _midnight(self.now().astimezone(CENTRAL))

    def next_midnight(self) -> datetime:
        """Time of the next reset of the daily limits."""
        return _midnight(self.now().astimezone(CENTRAL) + timedelta(days=1))


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(timezone.utc)
