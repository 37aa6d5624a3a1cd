"""`tap-marketo export` against the sandbox."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from tap_marketo.cli.main import main
from tap_marketo.client import MarketoClient, token_pages
from tests.support.tap_runs import TAP, own_environment, quick_config

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

pytestmark = pytest.mark.usefixtures("own_variables")


@pytest.fixture
def own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables of the tester's environment."""
    for name in list(os.environ):
        if name.startswith("TAP_MARKETO_"):
            monkeypatch.delenv(name)


def run(sandbox: Sandbox, *arguments: object) -> Result:
    """Run the command in this process, with credentials from the environment."""
    variables = {
        f"TAP_MARKETO_{name.upper()}": str(value) for name, value in quick_config(sandbox).items()
    }
    return CliRunner().invoke(
        main, ["export", *map(str, arguments)], env=variables, catch_exceptions=False
    )


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def client_of(sandbox: Sandbox) -> MarketoClient:
    return MarketoClient(
        sandbox.base_url, sandbox.client_id, sandbox.client_secret, max_calls_per_20_seconds=100
    )


def test_leads_with_the_columns_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"

    done = run(sandbox, "leads", "--fields", "email, id,createdAt", "--since", "3y", "-o", path)

    assert done.exit_code == 0, done.output
    assert "120 records of leads since " in done.output
    found = rows(path)
    assert list(found[0]) == ["email", "id", "createdAt"]
    assert len({one["id"] for one in found}) == len(found) == 120
    assert [one.name for one in tmp_path.iterdir()] == ["leads.csv"]


def test_one_activity_type(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "forms.jsonl"

    done = run(sandbox, "activities", "--type", "fill out form", "--since", "2y", "-o", path)

    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    run(sandbox, "activities", "--since", "2y", "--raw", "-o", tmp_path / "all.csv")
    wanted = {
        one["marketoGUID"] for one in rows(tmp_path / "all.csv") if one["activityTypeId"] == "2"
    }
    assert {one["marketoGUID"] for one in found} == wanted
    assert {one["activityTypeId"] for one in found} == {2}
    assert "webpage_id" in found[0]


def test_the_members_of_a_static_list(sandbox: Sandbox, tmp_path: Path) -> None:
    lists = run(sandbox, "static_lists", "--fields", "name,id", "-o", tmp_path / "lists.csv")
    assert lists.exit_code == 0, lists.output
    one = rows(tmp_path / "lists.csv")[0]
    path = tmp_path / "members.csv"

    done = run(sandbox, "leads", "--static-list", one["name"], "--fields", "id", "-o", path)

    assert done.exit_code == 0, done.output
    members = token_pages(client_of(sandbox), f"/rest/v1/lists/{one['id']}/leads.json")
    assert {found["id"] for found in rows(path)} == {str(lead["id"]) for lead in members}
    assert 0 < len(rows(path)) < 120


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("leeds",), "There is no stream 'leeds'. Did you mean leads?"),
        (("leads", "--fields", "emial"), "leads has no field 'emial'. Did you mean email"),
        (
            ("activities", "--type", "Fill Form"),
            "There is no activity type 'Fill Form'. Did you mean Fill Out Form",
        ),
        (("leads", "--smart-list-id", "99999"), "There is no smart list with the id 99999"),
        (("leads", "--since", "never"), "'never' is no date"),
        (("lead_fields", "--since", "9d"), "lead_fields has no dates to filter by"),
        (("leads", "--set", "start_dat=x"), "--set start_dat"),
        (("leads", "--set", "export_max_jobs=many"), "export_max_jobs: must be of type integer"),
    ],
)
def test_a_mistake_is_one_sentence_and_the_old_file_stays(
    sandbox: Sandbox,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("as it was", encoding="utf-8")

    done = run(sandbox, *arguments, "-o", path)

    assert done.exit_code == 1
    assert words in caplog.text
    assert path.read_text(encoding="utf-8") == "as it was"
    assert [one.name for one in tmp_path.iterdir()] == ["x.csv"]


def test_a_misspelled_list_has_a_suggestion(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(sandbox, "static_lists", "--fields", "name", "-o", tmp_path / "lists.csv")
    name = rows(tmp_path / "lists.csv")[0]["name"]

    done = run(sandbox, "leads", "--static-list", f"{name}x", "-o", tmp_path / "x.csv")

    assert done.exit_code == 1
    assert f"There is no static list with the name '{name}x'. Did you mean {name}" in caplog.text


def test_a_run_that_ends_early_leaves_the_old_file(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("as it was", encoding="utf-8")
    sandbox = start_sandbox(daily_export_mb=0.001)

    done = run(sandbox, "leads", "--set", "when_quota_is_spent=stop", "-o", path)

    assert done.exit_code == 1
    assert path.read_text(encoding="utf-8") == "as it was"
    assert [one.name for one in tmp_path.iterdir()] == ["leads.csv"]


def test_append_exports_only_what_is_new(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    arguments = ("leads", "--fields", "id,email", "--since", "3y", "--append", "-o", path)
    first = run(sandbox, *arguments)
    assert first.exit_code == 0, first.output
    before = rows(path)
    ours = json.loads((tmp_path / "leads.csv.state.json").read_text(encoding="utf-8"))
    assert ours["stream"] == "leads"

    second = run(sandbox, *arguments)

    assert second.exit_code == 0, second.output
    assert rows(path) == before
    assert "120 records" not in second.output


def test_append_refuses_a_file_of_others(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("id,email\n", encoding="utf-8")
    run(sandbox, "leads", "--fields", "id,email", "--append", "-o", path)
    assert "exists without leads.csv.state.json" in caplog.text
    path.unlink()
    run(sandbox, "leads", "--fields", "id,email", "--append", "-o", path)

    done = run(sandbox, "leads", "--fields", "id", "--append", "-o", path)

    assert done.exit_code == 1
    assert "another columns: id,email, not id" in caplog.text


def test_append_needs_the_key(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    done = run(sandbox, "leads", "--fields", "email", "--append", "-o", tmp_path / "x.csv")

    assert done.exit_code == 1
    assert "add id to --fields" in caplog.text


def test_streams_and_fields_are_listed(sandbox: Sandbox) -> None:
    assert "leads" in run(sandbox, "--list").output.splitlines()
    assert "updatedAt\tUpdated At" in run(sandbox, "leads", "--list").output.splitlines()


def test_the_command_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    """A run as by a user: credentials from a private file, no output on stdout, no progress bar."""
    secrets = tmp_path / "marketo.env"
    lines = [f"{name}={value}" for name, value in quick_config(sandbox).items()]
    secrets.write_text("\n".join(lines), encoding="utf-8")
    secrets.chmod(0o600)

    done = subprocess.run(
        [TAP, "export", "channels", "-o", "channels.xlsx", "--credentials", secrets],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=own_environment(),
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("channels.xlsx: ")
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "channels.xlsx").exists()


def test_the_tap_loads_no_library_of_an_export() -> None:
    code = "import sys, tap_marketo.tap; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )

    assert not {"duckdb", "openpyxl", "pyarrow", "xlsxwriter", "tap_marketo.export"} & set(
        done.stdout.split()
    )
