"""The workflows are valid, and request only the rights that they need."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.tools.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.conftest import ToolEnvironment

WORKFLOWS = [
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / "examples" / "github-actions").glob("*.yml")),
]
CHECKERS = ("check-jsonschema==0.39.0", "zizmor==1.32.0")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
@pytest.mark.parametrize(
    "check",
    [
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
        ("zizmor", "--offline", "--config", str(ROOT / ".github" / "zizmor.yml")),
    ],
    ids=lambda check: check[0],
)
def test_a_workflow_passes(
    tool_environment: ToolEnvironment, workflow: Path, check: tuple[str, ...]
) -> None:
    program, *arguments = check
    done = subprocess.run(
        [tool_environment("workflows", *CHECKERS) / program, *arguments, workflow],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    # zizmor skips an expression that it cannot read, with a warning.
    assert "couldn't parse" not in done.stderr
