"""What the README tells people to type does what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import requests

from tests.support import meltano
from tests.support.documentation import PROGRAMS
from tests.support.tap_runs import own_environment, quick_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from marketo_sandbox import Sandbox

README = (meltano.ROOT / "README.md").read_text(encoding="utf-8")
SCHEMA = "marketo"


def block(language: str, beginning: str) -> str:
    """The code block that begins like this."""
    found = re.search(rf"```{language}\n({re.escape(beginning)}.*?)```", README, re.DOTALL)
    assert found, f"the README has no {language} block that begins with {beginning}"
    return found[1]


def shell(script: str, folder: Path, **variables: str) -> None:
    environment = own_environment(**variables)
    environment["PATH"] = ":".join([*map(str, PROGRAMS), environment["PATH"]])
    command = ["bash", "-eo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def keys(folder: Path, table: str, key: str) -> list[Any]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        rows = warehouse.sql(f'select {key} from {SCHEMA}."{table}"').fetchall()
    return sorted(value for (value,) in rows)


def test_its_meltano_project_loads_what_it_selects(sandbox: Sandbox, tmp_path: Path) -> None:
    # A real instance refreshes the state of a job once a minute, the sandbox at once.
    written = block("yaml", "# meltano.yml").replace(
        "base_url: https://123-ABC-456.mktorest.com",
        f"base_url: {sandbox.base_url}\n      export_poll_interval_seconds: 1"
        "\n      export_max_jobs: 10\n      max_calls_per_20_seconds: 100",
    )
    (tmp_path / "meltano.yml").write_text(written, encoding="utf-8")
    commands = block("sh", "export TAP_MARKETO_CLIENT_ID").splitlines()
    # The credentials are the sandbox's, and the plugins are installed already.
    assert commands[0] == "export TAP_MARKETO_CLIENT_ID=... TAP_MARKETO_CLIENT_SECRET=..."
    assert commands[1] == "meltano install"

    shell(
        "\n".join(commands[2:]).replace("meltano run", "meltano run --no-install"),
        meltano.project(tmp_path),
        TAP_MARKETO_CLIENT_ID=sandbox.client_id,
        TAP_MARKETO_CLIENT_SECRET=sandbox.client_secret,
    )

    (start,) = re.findall(r'start_date: "(.*)"', written)
    assert keys(tmp_path, "leads", "id") == sorted(
        lead["id"] for lead in sandbox.world.expected_leads() if lead["updatedAt"] >= start
    )
    for table, type_id in (("activity_send_email", 6), ("activity_click_email", 11)):
        assert keys(tmp_path, table, "marketoguid") == sorted(
            one["marketoGUID"]
            for one in sandbox.world.expected_activities()
            if one["activityTypeId"] == type_id and one["activityDate"] >= start
        )


def test_its_pipe_without_meltano_loads_everything(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(quick_config(sandbox)))
    target = {"filepath": "warehouse.duckdb", "default_target_schema": SCHEMA}
    (tmp_path / "target.json").write_text(json.dumps(target))

    shell(block("sh", "tap-marketo --config"), tmp_path)

    assert keys(tmp_path, "leads", "id") == sorted(
        lead["id"] for lead in sandbox.world.expected_leads()
    )


def test_its_sandbox_answers(tmp_path: Path, sandbox_process: str) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    start, *calls = block("sh", "marketo-sandbox").splitlines()
    (leads,) = re.findall(r"--leads (\d+)", start)

    shell("\n".join(calls).replace("localhost:8765", sandbox_process), tmp_path)

    summary = requests.get(f"http://{sandbox_process}/_sandbox/summary", timeout=30).json()
    assert summary["leads"] == int(leads)


@pytest.fixture
def sandbox_process() -> Iterator[str]:
    """Host and port of a sandbox that runs as the README starts it, on any free port."""
    start = block("sh", "marketo-sandbox").splitlines()[0].replace("--port 8765", "--port 0")
    program, *arguments = start.split()
    process = subprocess.Popen(
        [PROGRAMS[0] / program, *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        # It says so when it answers.
        assert process.stdout
        first = process.stdout.readline()
        yield first.split("http://")[1].strip()
    finally:
        process.terminate()
        process.communicate(timeout=30)
