"""Environments for tools that are too heavy for the tap's environment, or conflict with it."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parents[2]


class ToolEnvironment(Protocol):
    """Creates an environment, or reuses an existing one."""

    def __call__(self, name: str, *requirements: str) -> Path:
        """Create or reuse the environment.

        Args:
            name: Name of its folder under `.cache/tools`. Use a name for a single list of
                requirements.
            requirements: Requirements for pip. While they are the same, the environment is kept.

        Returns:
            The folder of its programs.
        """


@pytest.fixture(scope="session")
def tool_environment() -> ToolEnvironment:
    """A function that creates environments like `make setup`: with uv or pip, from any mirror."""

    def prepare(name: str, *requirements: str) -> Path:
        lock = ROOT / ".cache" / "tools" / f"{name}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as file:  # test processes share the environments
            fcntl.flock(file, fcntl.LOCK_EX)
            done = subprocess.run(
                [ROOT / "scripts" / "tool_environment", name, *requirements],
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == 0, done.stderr[-5000:]
        return Path(done.stdout.strip())

    return prepare
