"""The scripts of `examples/`, run as users do."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from tap_marketo.client import MarketoClient, offset_pages, token_pages
from tests.support.meltano import ROOT
from tests.support.tap_runs import own_environment

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox


def run(sandbox: Sandbox, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / script, *map(str, arguments)],
        env=own_environment(
            TAP_MARKETO_BASE_URL=sandbox.base_url,
            TAP_MARKETO_CLIENT_ID=sandbox.client_id,
            TAP_MARKETO_CLIENT_SECRET=sandbox.client_secret,
            TAP_MARKETO_EXPORT_POLL_INTERVAL_SECONDS="0.2",
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert "Traceback" not in done.stderr
    return done


def client_of(sandbox: Sandbox) -> MarketoClient:
    return MarketoClient(
        sandbox.base_url, sandbox.client_id, sandbox.client_secret, max_calls_per_20_seconds=100
    )


def members(sandbox: Sandbox, list_id: int) -> list[dict[str, Any]]:
    fields = "id,email,unsubscribed,emailInvalid,marketingSuspended"
    path = f"/rest/v1/lists/{list_id}/leads.json"
    return list(token_pages(client_of(sandbox), path, {"fields": fields}))


def a_list(sandbox: Sandbox) -> int:
    """The list with the most members."""
    lists = offset_pages(client_of(sandbox), "/rest/asset/v1/staticLists.json")
    return max((int(one["id"]) for one in lists), key=lambda one: len(members(sandbox, one)))


def test_costs_of_programs(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"

    done = run(sandbox, "program_costs_to_csv.py", path)

    assert done.returncode == 0, done.stderr
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        params = {"name": row["program"], "includeCosts": "true"}
        (program,) = client_of(sandbox).get("/rest/asset/v1/program/byName.json", params).result
        assert (row["start_date"], row["cost"]) in {
            (str(cost["startDate"]), str(cost["cost"])) for cost in program["costs"]
        }
    assert [one.name for one in tmp_path.iterdir()] == ["costs.csv"]


def test_form_fills(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "forms.xlsx"

    done = run(sandbox, "form_fills_to_xlsx.py", path, "--since", "2y")

    assert done.returncode == 0, done.stderr
    header, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    assert header == ("date", "lead", "email", "form")
    assert isinstance(rows[0][0], datetime)
    assert f"{len(rows)} form fills" in done.stdout
    assert any(row[2] for row in rows)
    assert [one.name for one in tmp_path.iterdir()] == ["forms.xlsx"]


def test_an_older_workbook_stays_when_the_export_fails(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "forms.xlsx"
    path.write_text("as it was", encoding="utf-8")

    done = run(sandbox, "form_fills_to_xlsx.py", path, "--since", "never")

    assert done.returncode == 1
    assert "is not a date" in done.stderr
    assert path.read_text(encoding="utf-8") == "as it was"
    assert [one.name for one in tmp_path.iterdir()] == ["forms.xlsx"]


@pytest.mark.parametrize("is_dry", [True, False])
def test_clean_up_of_a_list(sandbox: Sandbox, is_dry: bool) -> None:  # noqa: FBT001
    list_id = a_list(sandbox)
    before = members(sandbox, list_id)
    reasons = ("unsubscribed", "emailInvalid", "marketingSuspended")
    bad = {
        one["id"]
        for one in before
        if not one.get("email") or any(one.get(reason) for reason in reasons)
    }
    assert 0 < len(bad) < len(before)

    done = run(sandbox, "clean_static_list.py", list_id, *([] if is_dry else ["--remove"]))

    assert done.returncode == 0, done.stdout + done.stderr
    left = {one["id"] for one in members(sandbox, list_id)}
    assert left == {one["id"] for one in before} - (set() if is_dry else bad)
    assert len(done.stdout.splitlines()) == len(bad) + 1


def test_missing_credentials_are_one_line() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "clean_static_list.py", "1"],
        env=own_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Set the environment variables TAP_MARKETO_BASE_URL, ")
