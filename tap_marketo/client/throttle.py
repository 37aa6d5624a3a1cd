"""Calls per 20 seconds and calls in flight, kept below what the instance allows."""

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
# Shorter waits than this many seconds say nothing of a run.
WORTH_LOGGING = 1.0


class Throttle:
    """One throttle for the whole tap, whatever thread or stream makes the call.

    The limits are the instance's, shared with every other integration: Adobe advises one
    integration to take at most half of each. Source: marketo-integration-best-practices.md
    """

    def __init__(
        self,
        max_calls: int,
        max_concurrent: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Set both limits.

        Args:
            max_calls: Calls allowed within any 20 seconds.
            max_concurrent: Calls allowed in flight.
            monotonic: Clock, in seconds.
            sleep: Waits for a number of seconds.
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
        """Wait until one more call keeps to the rate, and count it.

        Raises:
            DailyCallsSpentError: The budget of calls is used up.
        """
        while (delay := self._reserve()) > 0:
            if delay >= WORTH_LOGGING:
                emit("wait", why="The limits on API calls", seconds=delay)
            self._sleep(delay)

    @property
    def spare(self) -> float:
        """Share of the calls within 20 seconds that is still free, 0 to 1."""
        with self._lock:
            self._forget_old(self._monotonic())
            return 1 - len(self._recent) / self._max_calls

    def sleep(self, seconds: float) -> None:
        """Wait, holding nobody else back.

        Args:
            seconds: How long.
        """
        self._sleep(seconds)

    def pause(self, seconds: float) -> None:
        """Let nobody call for a while: the instance said that the rate was too high.

        Args:
            seconds: How long.
        """
        with self._lock:
            self._not_before = max(self._not_before, self._monotonic() + seconds)

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Hold one of the slots for concurrent calls."""
        with self._slots:
            yield

    def _reserve(self) -> float:
        """Take a place in the window, or return the seconds until one may be free."""
        with self._lock:
            now = self._monotonic()
            self._forget_old(now)
            # Asked here, by whoever would go next: others may have used up the budget meanwhile.
            if self.budget is not None and self.calls >= self.budget:
                raise DailyCallsSpentError(
                    "The calls that max_daily_calls allows are used up",
                    hint="Raise max_daily_calls; otherwise the next run continues after the reset.",
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
