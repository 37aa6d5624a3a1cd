"""Keeps calls within the rate limit and the concurrency limit."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_marketo.client.errors import DailyCallsSpentError
from tap_marketo.events import emit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PERIOD = 20.0
# Shorter waits, in seconds, are not logged.
WORTH_LOGGING = 1.0


class Throttle:
    """Throttle for all threads and streams of the tap.

    All integrations of an instance share its limits; Adobe advises each to use at most half.
    Source: marketo-integration-best-practices.md
    """

    def __init__(
        self,
        max_calls: int,
        max_concurrent: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Create a throttle.

        Args:
            max_calls: Maximum calls within any 20 seconds.
            max_concurrent: Maximum concurrent calls.
            monotonic: Clock in seconds.
            sleep: Function that waits for a number of seconds.
        """
        self.calls = 0
        self.budget: int | None = None
        self._max_calls = max_calls
        self._slots = threading.BoundedSemaphore(max_concurrent)
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._recent: deque[float] = deque()
        self._not_before = 0.0

    def wait_turn(self) -> None:
        """Wait until another call is within the rate limit, and count it.

        Raises:
            DailyCallsSpentError: The calls that `max_daily_calls` allows are used up.
        """
        while (delay := self._reserve()) > 0:
            if delay >= WORTH_LOGGING:
                emit("wait", why="The limits on API calls", seconds=delay)
            self._sleep(delay)

    @property
    def spare(self) -> float:
        """Unused share of the rate limit, 0 to 1."""
        with self._lock:
            self._forget_old(self._monotonic())
            return 1 - len(self._recent) / self._max_calls

    def sleep(self, seconds: float) -> None:
        """Wait without blocking other threads.

        Args:
            seconds: Seconds to wait.
        """
        self._sleep(seconds)

    def pause(self, seconds: float) -> None:
        """Block all calls for a while after the rate limit was exceeded.

        Args:
            seconds: Seconds to block.
        """
        with self._lock:
            self._not_before = max(self._not_before, self._monotonic() + seconds)

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Occupy a slot for a concurrent call."""
        with self._slots:
            yield

    def _reserve(self) -> float:
        """Count a call and return 0, or return the seconds until the next call may be allowed."""
        with self._lock:
            now = self._monotonic()
            self._forget_old(now)
            # Checked while the lock is held: other threads may have used up the budget.
            if self.budget is not None and self.calls >= self.budget:
                raise DailyCallsSpentError(
                    "The calls that max_daily_calls allows are used up",
                    hint="Raise max_daily_calls, or run again after the reset.",
                )
            if now < self._not_before:
                return self._not_before - now
            if len(self._recent) >= self._max_calls:
                return self._recent[0] + PERIOD - now
            self._recent.append(now)
            self.calls += 1
            return 0.0

    def _forget_old(self, now: float) -> None:
        while self._recent and self._recent[0] <= now - PERIOD:
            self._recent.popleft()
