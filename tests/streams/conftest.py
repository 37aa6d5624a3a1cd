"""The catalog of a sandbox, discovered once because it is the same for all sandboxes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from marketo_sandbox import Sandbox, SandboxOptions
from tests.conftest import QUICK
from tests.support.tap_runs import discover


@pytest.fixture(scope="session")
def discovered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The catalog that the command line prints."""
    with Sandbox(SandboxOptions(**{**QUICK, "leads": 1, "activities": 0})) as sandbox:
        return discover(sandbox, tmp_path_factory.mktemp("catalog"))


@pytest.fixture
def catalog(discovered: dict[str, Any]) -> dict[str, Any]:
    """A copy of the catalog, to change the selection in."""
    return deepcopy(discovered)
