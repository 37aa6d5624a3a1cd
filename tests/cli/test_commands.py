"""Subcommands extend the SDK's command line without changing it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.tap_runs import quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox


def test_help_names_the_subcommands(tmp_path: Path) -> None:
    run = run_tap(tmp_path, {}, "--help")

    assert run.returncode == 0
    assert "doctor" in run.output
    assert "--discover" in run.output


def test_an_unknown_subcommand_is_refused_without_a_sync(sandbox: Sandbox, tmp_path: Path) -> None:
    run = run_tap(tmp_path, quick_config(sandbox), "dcotor")

    assert run.returncode == 2
    assert "dcotor" in run.log
    assert sandbox.log == []


@pytest.mark.parametrize(
    ("catalog", "state", "named"),
    [
        ({"streams": [5]}, None, "not a Singer catalog"),
        ({}, None, "not a Singer catalog"),
        (None, {"bookmarks": {"leads": 5}}, "bookmarks of the state"),
    ],
)
@pytest.mark.parametrize("command", [[], ["doctor"]])
def test_a_broken_file_is_one_line(
    sandbox: Sandbox,
    tmp_path: Path,
    catalog: dict[str, Any] | None,
    state: dict[str, Any] | None,
    named: str,
    command: list[str],
) -> None:
    run = run_tap(tmp_path, quick_config(sandbox), *command, catalog=catalog, state=state)

    assert run.returncode == 1
    assert named in run.log
    assert "Traceback" not in run.log
    assert sandbox.log == []


def test_what_commands_need_is_not_loaded_for_a_sync() -> None:
    script = "import sys, tap_marketo.tap; sys.exit('rich' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_missing_config_file_is_one_line(tmp_path: Path) -> None:
    run = run_tap(tmp_path, None, "--config=nowhere.json")

    assert run.returncode == 2
    assert "nowhere.json" in run.log
    assert "Traceback" not in run.log
