"""The doctor reports what would stop a sync, and what to do, in under a dozen calls."""

from __future__ import annotations

import json
import socket
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.client import MarketoClient
from tap_marketo.exports.job import LEADS, ExportEndpoint, ExportRequest
from tap_marketo.exports.window import Window
from tests.support import meltano
from tests.support.tap_runs import TapRun, quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

SMALL = {"leads": 5, "activities": 20}


def run_checks(
    sandbox: Sandbox, folder: Path, *arguments: str, **inputs: Any
) -> tuple[TapRun, dict[str, Any]]:
    """Run the doctor and return its findings by check."""
    settings = {name: inputs.pop(name) for name in list(inputs) if name not in {"catalog", "state"}}
    run = run_tap(
        folder, quick_config(sandbox, **settings), "doctor", "--format=json", *arguments, **inputs
    )
    assert "Traceback" not in run.log + run.output
    assert sandbox.client_secret not in run.log + run.output
    report = json.loads(run.output)
    assert report["ready"] == (run.returncode == 0)
    return run, {one["check"]: one for one in report["findings"]}


def statuses(findings: dict[str, Any]) -> dict[str, str]:
    return {check: one["status"] for check, one in findings.items()}


def test_a_healthy_instance_is_ready(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)

    run, findings = run_checks(sandbox, tmp_path)

    assert run.returncode == 0, run.output
    assert set(statuses(findings).values()) <= {"ok", "skipped"}
    assert len(sandbox.log) < 12
    assert json.loads(run.output)["calls"] == len(sandbox.log)
    assert findings["Cost of a sync"]["details"]["windows"] == {"activities": 12, "leads": 12}
    assert findings["API calls"]["details"]["today_by_user"].keys() == {sandbox.client_id}


def test_nothing_is_exported(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)

    run_checks(sandbox, tmp_path)

    assert [job.status for job in sandbox.jobs] == ["Created"]


def test_the_table_is_for_people(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)
    sandbox.control.deny("Read-Only Lead")

    run = run_tap(tmp_path, quick_config(sandbox), "doctor")

    assert run.returncode == 1
    assert "Permission Read-Only Lead" in run.output
    assert "Admin > Users & Roles > Roles" in run.output
    assert "Not ready for a sync" in run.output


@pytest.mark.parametrize(
    ("permission", "status"),
    [
        ("Read-Only Lead", "failed"),
        ("Read-Only Activity", "failed"),
        ("Read-Only Asset", "warning"),
        ("Read-Only Campaign", "warning"),
        ("Read-Only Redirect Rules", "warning"),
        ("Read-Only Custom Object", "warning"),
        ("Read-Only Activity Metadata", "warning"),
        ("Access User Management Api", "warning"),
    ],
)
def test_a_missing_permission_is_named(
    start_sandbox: StartSandbox, tmp_path: Path, permission: str, status: str
) -> None:
    sandbox = start_sandbox(**SMALL)
    sandbox.control.deny(permission)

    run, findings = run_checks(sandbox, tmp_path, "--all-permissions")

    (found,) = [one for one in findings.values() if one["status"] not in {"ok", "skipped"}]
    assert found["check"].startswith(f"Permission {permission}")
    assert found["status"] == status
    assert "Admin > Users & Roles > Roles" in found["remedy"]
    assert run.returncode == (1 if status == "failed" else 0)


def test_a_permission_that_a_catalog_needs_is_red(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**SMALL)
    catalog = catalog_of(sandbox, tmp_path, {"programs"})
    sandbox.control.deny("Read-Only Asset", "Read-Only Lead")
    sandbox.log.clear()

    run, findings = run_checks(sandbox, tmp_path, catalog=catalog)

    assert run.returncode == 1
    assert statuses(findings)["Permission Read-Only Asset"] == "failed"
    # Leads are not selected, so their permission and their filter don't matter.
    assert not {"Permission Read-Only Lead", "updatedAt filter"} & findings.keys()
    assert len(sandbox.log) < 12


def test_deletions_need_a_permission_beside_that_of_leads(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**SMALL)
    catalog = catalog_of(sandbox, tmp_path, {"leads"})
    sandbox.control.deny("Read-Only Activity")

    _, without = run_checks(sandbox, tmp_path, catalog=catalog)
    _, findings = run_checks(sandbox, tmp_path, catalog=catalog, capture_deletes=True)

    assert "Permission Read-Only Activity" not in without
    assert statuses(findings)["Permission Read-Only Activity"] == "failed"


def test_wrong_credentials_are_red_at_once(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)

    run, findings = run_checks(sandbox, tmp_path, client_secret="not-this")  # noqa: S106

    assert run.returncode == 1
    assert "Admin > LaunchPoint" in findings["Credentials"]["remedy"]
    assert sandbox.log == []
    assert "not-this" not in run.output + run.log


def test_an_unreachable_host_is_red(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        run, findings = run_checks(sandbox, tmp_path, base_url=url)

    assert run.returncode == 1
    assert "Admin > Web Services" in findings["Credentials"]["remedy"]


def test_an_address_of_something_else_is_red(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)
    sandbox.control.fault("html", "/identity/oauth/token", times=-1)

    run, findings = run_checks(sandbox, tmp_path)

    assert run.returncode == 1
    assert "Admin > Web Services" in findings["Credentials"]["remedy"]


def test_a_wrong_setting_is_red(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)

    run, findings = run_checks(sandbox, tmp_path, export_window_days=99)

    assert run.returncode == 1
    assert "export_window_days" in findings["Configuration"]["message"]


def test_spent_calls_are_red(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL, daily_calls=0)

    run, findings = run_checks(sandbox, tmp_path)

    assert run.returncode == 1
    assert statuses(findings)["Credentials"] == "ok"
    assert findings["API calls"]["status"] == "failed"
    assert "607" in findings["API calls"]["message"]
    assert len(sandbox.log) == 1


def test_calls_beyond_the_setting_are_red(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    run, findings = run_checks(start_sandbox(**SMALL), tmp_path, max_daily_calls=3)

    assert run.returncode == 1
    assert "max_daily_calls" in findings["API calls"]["remedy"]


def test_a_cost_beyond_the_setting_is_told(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    run, findings = run_checks(start_sandbox(**SMALL), tmp_path, max_daily_calls=50)

    assert run.returncode == 0
    assert findings["Cost of a sync"]["status"] == "warning"


def test_jobs_for_ten_programs_each_are_told(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)
    catalog = catalog_of(sandbox, tmp_path, {"program_members"})

    _, findings = run_checks(sandbox, tmp_path, catalog=catalog)

    assert "program_members 12 for each ten programs" in findings["Cost of a sync"]["message"]
    assert findings["Permission Read-Only Asset"]["status"] == "ok"
    assert findings["Permission Read-Only Lead"]["status"] == "ok"


def test_statistics_that_fail_are_no_reason_not_to_sync(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**SMALL)
    sandbox.control.fault("error", "/rest/v1/stats/*", times=-1)

    run, findings = run_checks(sandbox, tmp_path)

    assert run.returncode == 0
    assert statuses(findings)["API calls"] == "skipped"


@pytest.mark.parametrize("plain", [True, False])
def test_a_spent_allocation_is_red(
    start_sandbox: StartSandbox, tmp_path: Path, *, plain: bool
) -> None:
    sandbox = start_sandbox(**SMALL, plain_quota_text=plain)
    sandbox.control.spend_quota()

    run, findings = run_checks(sandbox, tmp_path)

    assert run.returncode == 1
    assert findings["Export allocation"]["status"] == "failed"
    assert "Admin > Bulk Extract" in findings["Export allocation"]["remedy"]


def test_a_spent_allocation_that_is_waited_for_is_no_failure(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**SMALL)
    sandbox.control.spend_quota()

    run, findings = run_checks(sandbox, tmp_path, when_quota_is_spent="wait")

    assert run.returncode == 0
    assert findings["Export allocation"]["status"] == "warning"


def test_a_missing_filter_is_told(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL, without_updated_at=("leads",))

    run, findings = run_checks(sandbox, tmp_path)

    assert run.returncode == 0
    assert findings["updatedAt filter"]["status"] == "warning"
    assert "1035" in findings["updatedAt filter"]["message"]
    assert "Marketo Support" in findings["updatedAt filter"]["remedy"]


def test_a_queue_full_of_own_jobs_is_told(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL, job_seconds=1000)
    window = Window.from_filter(
        {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-02T00:00:00Z"}
    )
    with MarketoClient(sandbox.base_url, sandbox.client_id, sandbox.client_secret) as client:
        endpoint = ExportEndpoint(client, LEADS)
        for _ in range(10):
            job = endpoint.create(ExportRequest("leads", LEADS, ("id",), "createdAt"), window)
            endpoint.enqueue(job.export_id)

    run, findings = run_checks(sandbox, tmp_path)

    assert run.returncode == 0
    assert findings["Export queue"]["status"] == "warning"
    assert findings["Export queue"]["details"] == {"running": 2, "waiting": 8, "places": 10}


def test_jobs_of_others_are_said_to_be_unseen(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL, job_seconds=1000)
    sandbox.control.fill_queue(10)

    _, findings = run_checks(sandbox, tmp_path)

    assert "cannot be seen" in findings["Export queue"]["message"]


def test_a_clock_that_is_wrong_is_told(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)
    sandbox.control.advance(3 * 3600)

    run, findings = run_checks(sandbox, tmp_path)

    assert run.returncode == 0
    assert findings["Clock"]["status"] == "warning"
    assert "3 h behind" in findings["Clock"]["message"]


def test_errors_of_a_limit_are_told(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)
    sandbox.instance.limits.errors_today["606"] = 7

    _, findings = run_checks(sandbox, tmp_path)

    assert findings["API errors"]["status"] == "warning"
    assert findings["API errors"]["details"]["today_by_code"] == {"606": 7}
    assert "max_calls_per_20_seconds" in findings["API errors"]["remedy"]


@pytest.mark.parametrize("envelope", [None, "singer_state"])
def test_the_state_lowers_the_cost(
    start_sandbox: StartSandbox, tmp_path: Path, envelope: str | None
) -> None:
    sandbox = start_sandbox(**SMALL)
    catalog = catalog_of(sandbox, tmp_path, {"leads", "activity_send_email"})
    yesterday = (datetime.now(timezone.utc) - timedelta(days=1)).isoformat()
    bookmark = {"replication_key_value": yesterday}
    state = {"bookmarks": {"leads": bookmark, "activity_send_email": bookmark}}

    inputs = {envelope: state} if envelope else state

    _, findings = run_checks(sandbox, tmp_path, catalog=catalog, state=inputs)

    assert findings["Cost of a sync"]["details"]["windows"] == {"leads": 1, "activities": 1}


def test_a_stream_that_is_gone_is_told(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)
    catalog = catalog_of(sandbox, tmp_path, {"leads"})
    catalog["streams"][0] |= {"tap_stream_id": "activity_gone", "stream": "activity_gone"}
    for entry in catalog["streams"][0]["metadata"]:
        entry["metadata"]["selected"] = True

    _, findings = run_checks(sandbox, tmp_path, catalog=catalog)

    assert "activity_gone" in findings["Catalog"]["message"]


def test_meltano_gives_settings_and_selection(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(**SMALL)

    done = meltano.run(
        sandbox,
        tmp_path,
        *("invoke", "tap-marketo:doctor", "--format=json"),
        select=("leads.id", "activity_send_email.*"),
    )

    report = json.loads(done.stdout)
    found = {one["check"]: one for one in report["findings"]}
    assert found["Discovery"]["details"]["selected"] == ["activity_send_email", "leads"]
    assert report["calls"] == len(sandbox.log) < 12


def catalog_of(sandbox: Sandbox, folder: Path, streams: set[str]) -> dict[str, Any]:
    """A catalog that selects these streams."""
    run = run_tap(folder, quick_config(sandbox), "--discover")
    assert run.returncode == 0, run.log
    catalog: dict[str, Any] = json.loads(run.output)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return catalog
