"""The command `marketo-sandbox`."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support.caller import code

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = Path(sys.executable).parent / "marketo-sandbox"
SMALL = ("--port", "0", "--leads", "3", "--activities", "10")


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox in a separate process, and its address."""
    file = folder / "url"
    process = subprocess.Popen(
        [COMMAND, *SMALL, "--port-file", file, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not file.exists() or not file.read_text():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        yield process, file.read_text()
    finally:
        process.kill()
        process.communicate()


def test_help_tells_every_option() -> None:
    done = run_command("--help")

    assert done.returncode == 0
    for option in ("--port", "--leads", "--now", "--without-updated-at", "--port-file", "--assets"):
        assert option in done.stdout
    assert "default: 8765" in done.stdout


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_with_a_signal(tmp_path: Path, end: signal.Signals) -> None:
    with running(tmp_path) as (process, url):
        assert requests.get(f"{url}/_sandbox/summary", timeout=10).json()["leads"] == 3
        process.send_signal(end)
        output, errors = process.communicate(timeout=20)

    assert process.returncode == 0
    assert url in output
    assert "sandbox-client" in output
    assert "sandbox-secret" in output
    assert errors == ""
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def test_an_unknown_route_is_said_on_stderr(tmp_path: Path) -> None:
    with running(tmp_path) as (process, url):
        answer = requests.post(
            f"{url}/identity/oauth/token",
            params={
                "grant_type": "client_credentials",
                "client_id": "sandbox-client",
                "client_secret": "sandbox-secret",
            },
            timeout=10,
        )
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        lost = requests.get(f"{url}/rest/v1/nowhere.json", headers=headers, timeout=10)
        process.terminate()
        _, errors = process.communicate(timeout=20)

    assert code(lost.json()) == "610"
    assert "GET /rest/v1/nowhere.json" in errors
    assert answer.json()["access_token"] not in errors


def test_options_are_taken(tmp_path: Path) -> None:
    arguments = (
        "--now", "2026-03-01T12:00:00Z", "--start", "2026-02-01", "--time-scale", "1",
        "--job-seconds", "5-9", "--without-updated-at", "leads", "--canceled-spelling", "Canceled",
        "--plain-quota-text", "--rough", "--without-retention", "--late-sends", "60",
        "--attributes-as-list",
    )  # fmt: skip
    with running(tmp_path, *arguments) as (_, url):
        time_there = requests.get(f"{url}/_sandbox/summary", timeout=10).json()["time"]

    assert time_there.startswith("2026-03-01T12:00")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--leeds", "5"), "--leeds"),
        (("--leads", "many"), "--leads"),
        (("--leads", "-5"), "leads"),
        (("--job-seconds", "soon"), "--job-seconds"),
        (("--without-updated-at", "people"), "people"),
        (("--start", "yesterday"), "--start"),
        (("--start", "2026-03-01", "--now", "2026-02-01"), "start"),
    ],
)
def test_a_wrong_option_is_one_line(arguments: tuple[str, ...], words: str) -> None:
    done = run_command(*SMALL, *arguments)

    assert done.returncode == 2
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with running(tmp_path) as (_, url):
        port = url.rpartition(":")[2]
        done = run_command(*SMALL[2:], "--port", port)

    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_its_extra_it_says_what_to_install() -> None:
    hidden = (
        "import sys; sys.modules['flask'] = None; sys.argv = ['marketo-sandbox'];"
        "from marketo_sandbox.__main__ import main; main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", hidden], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 1
    assert done.stderr.strip() == (
        "the sandbox needs Flask: pip install 'tap-marketo-engage[sandbox]'"
    )
