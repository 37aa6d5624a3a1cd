"""The report in a real browser: it draws, says everything, and calls nobody."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.export_runs import only
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
PHASES = ("created", "enqueued", "processing", "completed", "downloading", "verified", "writing")


@pytest.fixture(scope="session")
def browser() -> str:
    """Chromium or Chrome of this machine; installed where root on Debian may."""
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
    """Opens the page of a sync log, and tells what the browser saw."""
    python = tool_environment("browser", "playwright==1.65.2") / "python"

    def at(log: Path) -> dict[str, Any]:
        made = run_tap(tmp_path, None, "report", "--log", str(log))
        assert made.returncode == 0, made.log
        picture = tmp_path / "report.png"
        done = subprocess.run(
            [python, Path(__file__).with_name("browse.py"), browser, "report.html", picture],
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
    assert [
        url for url in seen["requests"] if not url.startswith(("file:", "data:", "blob:"))
    ] == []
    assert not any("Share" in title for title in seen["buttons"])
    assert seen["download"] == "marketo-sync.png"
    assert seen["heading"] == "Sync of 127.0.0.1"
    assert seen["title"].endswith("UTC")
    assert seen["bars"] > 4 * len(sandbox.jobs)
    assert len(seen["labels"]) >= len(sandbox.jobs)
    assert seen["curves"] == 2
    assert seen["records"] == 1
    assert any(job.export_id in seen["hover"] for job in sandbox.jobs)


@pytest.mark.parametrize("jobs", [1, 45, 200])
def test_few_and_many_jobs_are_readable(look: Any, tmp_path: Path, jobs: int) -> None:
    log = tmp_path / "sync.jsonl"
    write_log(log, jobs)

    seen = look(log)

    assert seen["console"] == []
    assert seen["bars"] == len(PHASES) * jobs + 1  # the wait
    assert seen["labels"]
    assert not any(touch(*pair) for pair in combinations(seen["labels"], 2))
    assert not any(touch(*pair) for pair in combinations(seen["legend"], 2))
    assert seen["overflow"] == 0
    assert min(int(part) for part in seen["background"][4:-1].split(",")) > 200


def touch(one: list[float], other: list[float]) -> bool:
    """Whether two boxes overlap by more than a pixel."""
    left, top, right, bottom = one
    return (
        min(right, other[2]) - max(left, other[0]) > 1
        and min(bottom, other[3]) - max(top, other[1]) > 1
    )


def write_log(path: Path, jobs: int) -> None:
    """The log of a sync with so many export jobs, each in all phases, with a wait and a retry."""
    began = datetime(2026, 11, 22, 2, tzinfo=timezone.utc)
    window = "2026-01-01T00:00:00Z/2026-01-31T23:59:59Z"
    told: list[tuple[int, str, dict[str, Any]]] = [
        (0, "run_started", {"instance": "123-abc-456.mktorest.com", "version": "0.1.0"}),
        (30, "wait", {"why": "Marketo's export queue is full", "seconds": 60}),
        (95, "retry", {"why": "Marketo error 604: Timed out", "seconds": 2}),
    ]
    for number in range(jobs):
        stream = "leads" if number % 2 else "program_members"
        facts: dict[str, Any] = {"stream": stream, "window": window, "job": f"job-{number}"}
        begin = 40 * number + 10
        steps = [(begin + 60 * step, phase, dict(facts)) for step, phase in enumerate(PHASES)]
        steps[3][2].update(records=1000, bytes=500_000, used=500_000 * (number + 1))
        told += [*steps, (begin + 420, "written", {**facts, "records": 1000})]
    told.sort(key=lambda one: one[0])
    counts = {f"activity_of_some_type_{number}": 1000 + number for number in range(50)}
    end = told[-1][0]
    told += [(end, "records", {"counts": counts}), (end + 1, "run_ended", {"outcome": "ended"})]
    lines = [
        json.dumps(
            {
                "time": (began + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
                "event": event,
                "calls": number,
                **facts,
            }
        )
        for number, (seconds, event, facts) in enumerate(told)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
