"""The catalog of a sandbox, discovered once: it is the same for all of one version."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from marketo_sandbox import Sandbox, SandboxOptions
from tests.conftest import QUICK
from tests.support.tap_runs import discover


@pytest.fixture(scope="session")
def discovered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As the command line prints it."""
    with Sandbox(SandboxOptions(**{**QUICK, "leads": 1, "activities": 0})) as sandbox:
        return discover(sandbox, tmp_path_factory.mktemp("catalog"))


@pytest.fixture
def catalog(discovered: dict[str, Any]) -> dict[str, Any]:
    """A copy to select in."""
    return deepcopy(discovered)
