"""After an interruption at any point, the next run loses no data and repeats no window."""

from __future__ import annotations

import array
import fcntl
import json
import random
import signal
import subprocess
import termios
import time
from typing import IO, TYPE_CHECKING, Any

import pytest

from tests.support.export_runs import filled
from tests.support.tap_runs import TAP, discover, own_environment, quick_config, selected

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

ROUNDS = 3
# A pipe buffers 64 KB, and a chunk of leads is longer, so the tap blocks in the middle of it.
ALMOST_FULL = 60_000


class Target:
    """Keeps records by key and the last state, as a target does."""

    def __init__(self) -> None:
        self.leads: dict[int, dict[str, Any]] = {}
        self.activities: set[str] = set()
        self.state: dict[str, Any] = {}
        self.torn = False

    def load(self, lines: list[bytes]) -> None:
        for line in lines:
            self.torn = self.torn or not line.endswith(b"\n")
            if not line.endswith(b"\n"):
                continue
            message = json.loads(line)
            if message["type"] == "STATE":
                self.state = message["value"]
            elif message["type"] == "RECORD" and message["stream"] == "leads":
                self.leads[message["record"]["id"]] = message["record"]
            elif message["type"] == "RECORD" and "marketoGUID" in message["record"]:
                self.activities.add(message["record"]["marketoGUID"])


def run_until(lines_wanted: int | None, end: signal.Signals, target: Target, folder: Path) -> int:
    """Run the tap, and end it after a number of lines."""
    state = folder / "state.json"
    state.write_text(json.dumps(target.state), encoding="utf-8")
    process = subprocess.Popen(
        [TAP, "--config", folder / "config.json", "--state", state],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=own_environment(),
    )
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if lines_wanted is not None and len(lines) == lines_wanted:
            process.send_signal(end)
    target.load(lines)
    return process.wait(timeout=60)


@pytest.mark.parametrize("buffering", ["", "1"])
def test_no_message_is_torn_while_the_target_is_busy(
    start_sandbox: StartSandbox, tmp_path: Path, buffering: str
) -> None:
    sandbox = start_sandbox(leads=1500, activities=0)
    catalog = selected(discover(sandbox, tmp_path), {"leads"})
    (tmp_path / "config.json").write_text(json.dumps(quick_config(sandbox)), encoding="utf-8")
    (tmp_path / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    process = subprocess.Popen(
        [TAP, "--config", "config.json", "--catalog", "catalog.json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=own_environment(PYTHONUNBUFFERED=buffering),
    )
    assert process.stdout
    while waiting_in(process.stdout) < ALMOST_FULL:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)

    output = process.stdout.read()

    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    assert output.endswith(b"\n")
    assert all(json.loads(line) for line in output.splitlines())


def waiting_in(pipe: IO[bytes]) -> int:
    """The number of unread bytes in the pipe."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_lost_or_exported_twice(
    start_sandbox: StartSandbox, tmp_path: Path, end: signal.Signals
) -> None:
    sandbox = start_sandbox(leads=1500, activities=3000, job_seconds=0.2)
    (tmp_path / "config.json").write_text(json.dumps(quick_config(sandbox)), encoding="utf-8")
    draw = random.Random(int(end))  # noqa: S311 - where to end, not a secret
    target = Target()

    for _ in range(ROUNDS):
        code = run_until(draw.randint(60, 900), end, target, tmp_path)
        assert code == (-end if end is signal.SIGKILL else 128 + end)
    assert run_until(None, end, target, tmp_path) == 0

    wanted = {lead["id"]: filled(lead) for lead in sandbox.world.expected_leads()}
    assert {key: filled(lead) for key, lead in target.leads.items()} == wanted
    assert target.activities == {
        activity["marketoGUID"] for activity in sandbox.world.expected_activities()
    }
    assert_no_window_twice(sandbox)
    assert "export_jobs" not in target.state
    # Only kill -9 can cut a message.
    assert end is signal.SIGKILL or not target.torn


def assert_no_window_twice(sandbox: Sandbox) -> None:
    exported = [json.dumps(job.body["filter"]) for job in sandbox.jobs if job.file]
    assert len(exported) == len(set(exported))
