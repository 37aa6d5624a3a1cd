"""A client whose waits take no time."""

from __future__ import annotations

import heapq
import threading
from typing import TYPE_CHECKING

import pytest

from tap_marketo.client import MarketoClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox import Sandbox


class FakeTime:
    """A clock that moves only during sleeps.

    Attributes:
        now: Current time in seconds.
        slept: Length of each sleep in seconds.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds

    def longest(self, count: int = 1) -> list[float]:
        return heapq.nlargest(count, self.slept)


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def connect(fake_time: FakeTime, sandbox: Sandbox) -> Callable[..., MarketoClient]:
    """A function that creates clients for the sandbox, whose waits take no time."""

    def create(other: Sandbox | None = None, **how: object) -> MarketoClient:
        credentials = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
        client = MarketoClient((other or sandbox).base_url, **{**credentials, **how})  # type: ignore[arg-type]
        client.throttle._monotonic = fake_time.monotonic
        client.throttle._sleep = fake_time.sleep
        return client

    return create


@pytest.fixture
def client(connect: Callable[..., MarketoClient]) -> MarketoClient:
    return connect()
