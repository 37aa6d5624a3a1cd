"""The report in a real browser: it is drawn completely and makes no network calls."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.export_runs import only
from tests.support.sync_logs import PHASES, write_log
from tests.support.tap_runs import quick_config, run_tap

if TYPE_CHECKING:
    from tests.conftest import StartSandbox
    from tests.tools.conftest import ToolEnvironment

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@pytest.fixture(scope="session")
def browser() -> str:
    """Chromium or Chrome; installed if missing, as root on Debian."""
    if not _found() and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], check=False, capture_output=True)
        subprocess.run(["apt-get", "install", "-qy", "chromium"], check=False, capture_output=True)
    found = _found()
    assert found, "No browser: install Chromium (on Debian: apt-get install chromium) or Chrome."
    return found


def _found() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture
def look(tool_environment: ToolEnvironment, browser: str, tmp_path: Path) -> Any:
    """Opens the page of a sync log and returns what the browser shows."""
    python = tool_environment("browser", "playwright==1.65.2") / "python"

    def at(log: Path, width: int = 1280, scheme: str = "light") -> dict[str, Any]:
        made = run_tap(tmp_path, None, "report", "--log", str(log))
        assert made.returncode == 0, made.log
        picture = tmp_path / "report.png"
        done = subprocess.run(
            [
                python,
                Path(__file__).with_name("browse.py"),
                browser,
                "report.html",
                picture,
                str(width),
                scheme,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert picture.stat().st_size > 10_000
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    return at


def test_a_sync_is_drawn_without_a_request_or_an_error(
    look: Any, start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(job_seconds=0.5)
    log = tmp_path / "sync.jsonl"
    run = run_tap(
        tmp_path,
        quick_config(sandbox, sync_log=str(log)),
        catalog=only("leads", sandbox, tmp_path),
    )
    assert run.returncode == 0, run.log

    seen = look(log)

    assert seen["console"] == []
    assert [url for url in seen["requests"] if not url.startswith("file:")] == []
    assert seen["heading"] == "Sync of 127.0.0.1"
    assert seen["title"].endswith("UTC")
    assert seen["bars"] > 4 * len(sandbox.jobs)
    assert len(seen["labels"]) == len(sandbox.jobs)
    assert seen["curves"] == 2
    assert seen["records"] == 1


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
@pytest.mark.parametrize(("jobs", "failed"), [(1, ""), (45, "it failed"), (200, "")])
def test_few_and_many_jobs_are_readable(
    look: Any, tmp_path: Path, jobs: int, failed: str, width: int, scheme: str
) -> None:
    log = tmp_path / "sync.jsonl"
    write_log(log, jobs, failed=failed)

    seen = look(log, width, scheme)

    assert seen["console"] == []
    assert seen["bars"] == len(PHASES) * jobs
    assert len(seen["labels"]) == jobs
    assert not any(touch(*pair) for pair in pairwise(seen["labels"]))
    assert seen["overflow"] == 0
    assert (min(seen["background"]) > 200) == (scheme == "light")
    assert min(abs(a - b) for a, b in zip(seen["background"], seen["ink"], strict=True)) > 100
    assert bool(seen["reason"]) == bool(failed)


def touch(one: list[float], other: list[float]) -> bool:
    """Whether two boxes overlap by more than a pixel."""
    left, top, right, bottom = one
    return (
        min(right, other[2]) - max(left, other[0]) > 1
        and min(bottom, other[3]) - max(top, other[1]) > 1
    )
