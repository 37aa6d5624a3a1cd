"""The daily quotas of exports and of calls are kept, waited for, and distinguished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.export_runs import catalog_of, days_ago, ids, once, only, refused, windows
from tests.support.tap_runs import quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(("policy", "code"), [("fail", 1), ("stop", 0)])
@pytest.mark.parametrize("plain", [True, False])
def test_spent_allocation_ends_the_run_and_the_next_goes_on(
    start_sandbox: StartSandbox, tmp_path: Path, policy: str, code: int, *, plain: bool
) -> None:
    sandbox = start_sandbox(plain_quota_text=plain)
    catalog = only("leads", sandbox, tmp_path)
    settings = {"start_date": days_ago(sandbox, 120), "when_quota_is_spent": policy}
    sandbox.control.fault(
        "error",
        "/bulk/v1/leads/export/*/enqueue.json",
        skip=2,
        times=-1,
        code="1029",
        message="Export daily quota 500MB exceeded" if not plain else "Export daily quota exceeded",
    )

    first = run_tap(tmp_path, quick_config(sandbox, **settings), catalog=catalog)
    assert first.returncode == code, first.log
    assert "midnight in America/Chicago" in first.log
    assert ids(first)
    sandbox.control.clear_faults()
    second = run_tap(
        tmp_path, quick_config(sandbox, **settings), catalog=catalog, state=first.state
    )

    assert second.returncode == 0, second.log
    expected = {
        lead["id"]
        for lead in sandbox.world.expected_leads()
        if lead["updatedAt"] >= settings["start_date"]
    }
    assert ids(first, second) == expected
    assert not ids(first) & ids(second)
    # The second run has one more job, for changes since the first run began.
    assert len(windows(sandbox)) <= 5
    assert "export_jobs" not in second.state


def test_a_full_table_that_a_day_cannot_hold_fails(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox()
    catalog = only("leads", sandbox, tmp_path)
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    settings = {"start_date": days_ago(sandbox, 120), "when_quota_is_spent": "stop"}
    sandbox.control.fault(
        "error", "*/enqueue.json", skip=2, times=-1, code="1029", message="Export daily quota"
    )

    run = run_tap(tmp_path, quick_config(sandbox, **settings), catalog=catalog)

    assert run.returncode == 1, run.log
    assert "Failed streams: leads" in run.log
    assert "leads is a full table" in run.log


def test_window_that_does_not_fit_the_allocation_left_is_not_started(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(leads=400)
    catalog = only("leads", sandbox, tmp_path)
    config = quick_config(sandbox, export_daily_quota_mb=0.1, export_max_jobs=1)

    run = run_tap(tmp_path, config, catalog=catalog)

    assert run.returncode == 1
    assert "today's export allocation" in run.log
    assert 0 < sandbox.instance.queue.used() <= 0.1 * MEGABYTE


def test_window_larger_than_a_day_of_allocation_is_split(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(leads=400)
    catalog = only("leads", sandbox, tmp_path)
    small = {"start_date": days_ago(sandbox, 40), "export_window_days": 10, "export_max_jobs": 1}
    first = run_tap(tmp_path, quick_config(sandbox, **small), catalog=catalog)
    size = max(job.file.size for job in sandbox.jobs if job.file)
    sandbox.control.advance(86400)
    sandbox.control.change_leads(400)
    before = len(windows(sandbox))

    sandbox.control.advance(86400 * 20)
    sandbox.control.add_leads(1)
    runs = [first]
    for _ in range(8):
        runs.append(
            run_tap(
                tmp_path,
                quick_config(sandbox, export_daily_quota_mb=size * 1.5 / MEGABYTE, **small),
                catalog=catalog,
                state=runs[-1].state,
            )
        )
        sandbox.control.advance(86400)
        if runs[-1].returncode == 0:
            break

    assert runs[-1].returncode == 0, runs[-1].log
    assert ids(*runs[1:]) == {lead["id"] for lead in sandbox.world.expected_leads()}
    assert len(windows(sandbox)) > before
    assert any("split in two" in run.log for run in runs)


def test_daily_calls_spent_names_the_reset(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(daily_calls=20)

    run = run_tap(tmp_path, quick_config(sandbox))

    assert run.returncode == 1
    assert "607" in run.log
    assert "midnight in America/Chicago" in run.log
    assert "Traceback" not in run.log


def test_own_budget_of_calls_is_kept(sandbox: Sandbox, tmp_path: Path) -> None:
    run = run_tap(tmp_path, quick_config(sandbox, max_daily_calls=20))

    assert run.returncode == 1
    assert "max_daily_calls" in run.log
    assert sandbox.instance.limits.calls_today.total() <= 20


def test_waiting_for_midnight_goes_on_with_the_new_allocation(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(daily_export_mb=0.0001)
    settings = {"start_date": days_ago(sandbox, 39), "export_window_days": 20}
    config = quick_config(
        sandbox, when_quota_is_spent="wait", export_poll_interval_seconds=2, **settings
    )

    with once(lambda: refused(sandbox), lambda: sandbox.control.advance_to_reset(10)):
        run = run_tap(tmp_path, config, catalog=catalog_of("leads"))

    assert run.returncode == 0, run.log
    assert "quota" in run.log
    assert "Waiting until" in run.log
    assert "queue is full" not in run.log
    assert ids(run) == {
        lead["id"]
        for lead in sandbox.world.expected_leads()
        if lead["updatedAt"] >= settings["start_date"]
    }
    assert len(sandbox.jobs) == 2
