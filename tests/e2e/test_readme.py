"""The commands of the README do what it says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from tests.support import meltano
from tests.support.documentation import PROGRAMS
from tests.support.tap_runs import own_environment, quick_config

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox

README = (meltano.ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = (meltano.ROOT / "docs" / "install.md").read_text(encoding="utf-8")
MOST_LINES = 150
SCHEMA = "marketo"


def block(language: str, beginning: str, page: str = README) -> str:
    """The code block with this beginning."""
    found = re.search(rf"```{language}\n({re.escape(beginning)}.*?)```", page, re.DOTALL)
    assert found, f"the page has no {language} block that begins with {beginning}"
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
    # The credentials are the sandbox's, and the plugins are already installed.
    assert commands[0] == "export TAP_MARKETO_CLIENT_ID=... TAP_MARKETO_CLIENT_SECRET=..."
    assert commands[1] == "meltano install"

    shell(
        "\n".join(commands[2:]).replace("meltano run", "meltano run --no-install"),
        meltano.project(tmp_path),
        TAP_MARKETO_CLIENT_ID=sandbox.client_id,
        TAP_MARKETO_CLIENT_SECRET=sandbox.client_secret,
    )

    (start,) = re.findall(r'start_date: "(.*)"', written)
    # A change of a hidden field does not change the visible `updatedAt`.
    begin = datetime.fromisoformat(start.replace("Z", "+00:00"))
    assert keys(tmp_path, "leads", "id") == sorted(
        number for number, lead in sandbox.world.leads.items() if lead.changed >= begin
    )
    for table, type_id in (("activity_send_email", 6), ("activity_click_email", 11)):
        assert keys(tmp_path, table, "marketoGUID") == sorted(
            activity["marketoGUID"]
            for activity in sandbox.world.expected_activities()
            if activity["activityTypeId"] == type_id and activity["activityDate"] >= start
        )


def test_its_pipe_without_meltano_loads_everything(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(quick_config(sandbox)))
    target = {"filepath": "warehouse.duckdb", "default_target_schema": SCHEMA}
    (tmp_path / "target.json").write_text(json.dumps(target))

    shell(block("sh", "tap-marketo --config", INSTALL), tmp_path)

    assert keys(tmp_path, "leads", "id") == sorted(
        lead["id"] for lead in sandbox.world.expected_leads()
    )


def test_its_two_lines_point_meltano_at_a_sandbox(tmp_path: Path) -> None:
    start, export = block("sh", "marketo-sandbox").splitlines()
    assert block("sh", "marketo-sandbox", INSTALL) == block("sh", "marketo-sandbox")
    address = tmp_path / "address"
    # Any free port, and a small instance: this machine has fewer processors than the reader's.
    program, *arguments = shlex.split(start.removesuffix(" &").replace("8765", "0"))
    small = ["--leads", "50", "--activities", "100", "--port-file", str(address)]
    with subprocess.Popen(
        [PROGRAMS[0] / program, *arguments, *small], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            process.stdout.readline()  # it prints this once it answers
            variables = dict(one.split("=", 1) for one in shlex.split(export)[1:])
            variables["TAP_MARKETO_BASE_URL"] = address.read_text(encoding="utf-8").strip()
            (tmp_path / "meltano.yml").write_text(block("yaml", "# meltano.yml"), encoding="utf-8")
            run = block("sh", "export TAP_MARKETO_CLIENT_ID").splitlines()[-1]
            shell(
                run.replace("meltano run", "meltano run --no-install"),
                meltano.project(tmp_path),
                **variables,
            )
        finally:
            process.terminate()

    assert keys(tmp_path, "leads", "id")


def test_it_is_short() -> None:
    assert README.count("\n") <= MOST_LINES
