"""Fixtures for all tests: sandboxes on demand. Marks the tests that start a server or a process."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import settings

from marketo_sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Iterator


# Speed belongs in benchmarks: a busy machine must not fail a test.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


class StartSandbox(Protocol):
    """Starts a sandbox whose jobs are done at once; options as `SandboxOptions` has them."""

    def __call__(self, **options: Any) -> Sandbox:
        """Start it."""


# What a test uses that starts a server or a process: fixtures, and names in its module.
SLOW_FIXTURES = {"start_sandbox", "tool_environment"}
SLOW_NAMES = {"Sandbox", "TapRun", "discover", "documentation", "meltano", "postgres", "run_tap"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `slow` what `make test-fast` leaves out."""
    for item in items:
        names = set(vars(getattr(item, "module", None) or object))
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & SLOW_FIXTURES or names & (SLOW_NAMES | {"subprocess"}):
            item.add_marker(pytest.mark.slow)


QUICK: dict[str, Any] = {
    "leads": 120,
    "activities": 600,
    "job_seconds": 0,
    "status_refresh_seconds": 0,
    "calls_per_20_seconds": 100_000,
    # Readers must survive awkward data and odd pages; and time is moved far in many tests.
    "rough": True,
    "retention": False,
}


@pytest.fixture
def start_sandbox() -> Iterator[StartSandbox]:
    """Start sandboxes that stop with the test."""
    with ExitStack() as sandboxes:

        def start(**options: Any) -> Sandbox:
            return sandboxes.enter_context(Sandbox(SandboxOptions(**{**QUICK, **options})))

        yield start


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    """A small sandbox that answers at once."""
    return start_sandbox()
