"""Fixtures that start sandboxes, and the mark `slow` for tests that start a server or a process."""

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
    """Starts a sandbox whose jobs finish at once, with options of `SandboxOptions`."""

    def __call__(self, **options: Any) -> Sandbox:
        """Start the sandbox."""


# Fixtures, and names in a module, that mean that a test starts a server or a process.
SLOW_FIXTURES = {"start_sandbox", "tool_environment", "warehouse"}
SLOW_NAMES = {"Sandbox", "TapRun", "discover", "documentation", "meltano", "postgres", "run_tap"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that `make test-fast` skips as `slow`."""
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
    # Readers must handle awkward data and pages. Many tests move the time far ahead.
    "rough": True,
    "retention": False,
}


@pytest.fixture
def start_sandbox() -> Iterator[StartSandbox]:
    """A function that starts sandboxes, which stop with the test."""
    with ExitStack() as sandboxes:

        def start(**options: Any) -> Sandbox:
            return sandboxes.enter_context(Sandbox(SandboxOptions(**{**QUICK, **options})))

        yield start


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    """A small sandbox without delays."""
    return start_sandbox()
