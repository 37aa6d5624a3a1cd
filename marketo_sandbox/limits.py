"""Tokens and the API's limits: calls per day, calls per 20 seconds, concurrent calls."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter, deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from marketo_sandbox.clock import Clock
    from marketo_sandbox.options import SandboxOptions

PERIOD = 20.0
# Errors whose calls count against no limit; see error-codes.md.
FREE = frozenset({"601", "602", "604", "605", "608", "611"})


class Tokens:
    """Access tokens of the API users. Source: authentication.md."""

    def __init__(self, options: SandboxOptions, clock: Clock) -> None:
        """Start without tokens."""
        self._options = options
        self._clock = clock
        self._by_client: dict[str, tuple[str, datetime]] = {}
        self._owners: dict[str, str] = {}
        self.issued = 0

    def issue(self, client_id: str, client_secret: str) -> tuple[str, int] | None:
        """The client's token and its remaining seconds; None for wrong credentials."""
        if self._options.users.get(client_id) != client_secret:
            return None
        now = self._clock.now()
        token, until = self._by_client.get(client_id, ("", now))
        if until <= now:
            token = f"{uuid.uuid4()}:sandbox"
            # Callers measure real seconds, so the lifetime is in real seconds.
            until = now + timedelta(seconds=self._options.token_seconds * self._options.time_scale)
            self._by_client[client_id] = (token, until)
            self._owners[token] = client_id
            self.issued += 1
        return token, int((until - now).total_seconds() / self._options.time_scale)

    def revoke(self) -> None:
        """Revoke all tokens: the next call with one of them gets 601."""
        self._by_client.clear()
        self._owners.clear()

    def owner(self, header: str | None) -> str:
        """The API user of a call.

        Args:
            header: `Authorization` header.

        Raises:
            Refused: 600, 601 or 602.
        """
        if not header or not header.startswith("Bearer "):
            raise Refused("603", "Access denied")
        token = header.removeprefix("Bearer ")
        owner = self._owners.get(token)
        if owner is None:
            raise Refused("601", "Access token invalid")
        current, until = self._by_client.get(owner, ("", self._clock.now()))
        if current != token or until <= self._clock.now():
            raise Refused("602", "Access token expired")
        return owner


class Limits:
    """Counts calls and refuses those above a limit. Source: rest-api.md."""

    def __init__(self, options: SandboxOptions, clock: Clock) -> None:
        """Start without calls."""
        self._options = options
        self._clock = clock
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self._day = clock.midnight()
        self.in_flight = 0
        self.most_in_flight = 0
        self._days = {self._day: (Counter[str](), Counter[str]())}

    @property
    def calls_today(self) -> Counter[str]:
        """Today's calls by API user."""
        return self._days[self._day][0]

    @property
    def errors_today(self) -> Counter[str]:
        """Today's errors by code."""
        return self._days[self._day][1]

    def days(self, count: int) -> list[tuple[datetime, tuple[Counter[str], Counter[str]]]]:
        """Calls and errors of the last days with any, oldest first. Source: usage.md.

        Args:
            count: Number of days.
        """
        oldest = self._clock.midnight() - timedelta(days=count)
        # Midnights are not always 24 hours apart.
        return [(day, used) for day, used in self._days.items() if day > oldest]

    def enter(self, user: str) -> None:
        """Admit a call.

        Args:
            user: API user.

        Raises:
            Refused: 606, 607 or 615; do not call `leave` then.
        """
        with self._lock:
            if self._day != self._clock.midnight():
                self._day = self._clock.midnight()
                self._days[self._day] = (Counter(), Counter())
            if self.calls_today.total() >= self._options.daily_calls:
                raise Refused("607", "Daily quota reached")
            now = time.monotonic()
            while self._recent and self._recent[0] <= now - PERIOD:
                self._recent.popleft()
            allowed = self._options.calls_per_20_seconds
            if len(self._recent) >= allowed:
                raise Refused("606", f"Max rate limit '{allowed}' exceeded with in '20' secs")
            if self.in_flight >= self._options.concurrent_calls:
                raise Refused("615", "Concurrent access limit reached")
            self._recent.append(now)
            self.calls_today[user] += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def leave(self) -> None:
        """Count a call as finished."""
        with self._lock:
            self.in_flight -= 1

    def free(self, user: str, code: str) -> None:
        """Undo the count of a call that ended in certain errors.

        Args:
            user: API user.
            code: Code of the error.
        """
        with self._lock:
            self.errors_today[code] += 1
            if code in FREE:
                self.calls_today[user] -= 1
                if self._recent:
                    self._recent.pop()
