"""Environments for tools that are too heavy, or too quarrelsome, for the tap's own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parents[2]


class ToolEnvironment(Protocol):
    """Makes an environment, or finds it made."""

    def __call__(self, name: str, *requirements: str) -> Path:
        """Make it.

        Args:
            name: Of its folder under `.cache/tools`; one name, one list of requirements.
            requirements: As pip takes them. While they are the same, the environment is kept.

        Returns:
            The folder of its programs.
        """


@pytest.fixture(scope="session")
def tool_environment() -> ToolEnvironment:
    """Environments made as `make setup` makes the tap's: with uv or pip, behind any mirror."""

    def prepare(name: str, *requirements: str) -> Path:
        done = subprocess.run(
            [ROOT / "scripts" / "tool_environment", name, *requirements],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-5000:]
        return Path(done.stdout.strip())

    return prepare
