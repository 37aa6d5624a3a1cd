"""Subcommands stand beside the SDK's own command line and change nothing about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tap_runs import quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from tap_marketo.sandbox import Sandbox


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


def test_a_missing_config_file_is_one_line(tmp_path: Path) -> None:
    run = run_tap(tmp_path, None, "--config=nowhere.json")

    assert run.returncode == 2
    assert "nowhere.json" in run.log
    assert "Traceback" not in run.log
