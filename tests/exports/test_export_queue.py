"""The queue is shared and limited: nothing is lost or exported twice, limits are distinguished."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.support.export_runs import days_ago, filled, ids, only, windows
from tests.support.tap_runs import quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

MEGABYTE = 1024 * 1024


def test_year_of_leads_and_every_activity_type_is_24_jobs(sandbox: Sandbox, tmp_path: Path) -> None:
    run = run_tap(tmp_path, quick_config(sandbox))

    assert run.returncode == 0, run.log
    assert len(sandbox.jobs) == 24
    types = {len(job.body["filter"].get("activityTypeIds", ())) for job in sandbox.jobs}
    assert len(types) == 2  # none for leads, and every type for activities


def test_never_more_jobs_in_the_queue_than_allowed(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(job_seconds=0.3)

    run_tap(tmp_path, quick_config(sandbox, export_max_jobs=2))

    assert sandbox.instance.queue.most_queued[sandbox.client_id] == 2


def test_windows_touch_but_do_not_overlap_and_none_is_left_over(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    catalog = only("leads", sandbox, tmp_path)

    first = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)
    sandbox.control.advance(3600)
    run_tap(tmp_path, quick_config(sandbox), catalog=catalog, state=first.state)

    ranges = sorted(windows(sandbox))
    assert len(ranges) == 13
    for (_, end), (start, _) in pairwise(ranges):
        assert sandbox_seconds(start) - sandbox_seconds(end) == 1


def sandbox_seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_newest_first_begins_with_the_last_days_and_history_follows(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    catalog = only("leads", sandbox, tmp_path)
    settings = {"start_date": days_ago(sandbox, 120), "backfill_order": "newest_first"}
    sandbox.control.fault(
        "error",
        "/bulk/v1/leads/export/*/enqueue.json",
        skip=2,
        times=-1,
        code="1029",
        message="Export daily quota exceeded",
    )

    first = run_tap(tmp_path, quick_config(sandbox, **settings), catalog=catalog)
    assert first.state["bookmarks"]["leads"]["gaps"]
    newest = max(lead["updatedAt"] for lead in sandbox.world.expected_leads())
    assert first.records("leads")[0]["updatedAt"] > days_ago(sandbox, 32)
    assert newest in {lead["updatedAt"] for lead in first.records("leads")}
    sandbox.control.clear_faults()
    sandbox.control.advance(3600)
    new = sandbox.control.add_leads(3)
    second = run_tap(
        tmp_path, quick_config(sandbox, **settings), catalog=catalog, state=first.state
    )

    assert second.returncode == 0, second.log
    # Jobs of the first run come first, because their files are older; then the new windows.
    assert set(new) <= ids(second)
    assert "gaps" not in second.state["bookmarks"]["leads"]
    assert not ids(first) & ids(second)
    assert ids(first, second) == {
        lead["id"]
        for lead in sandbox.world.expected_leads()
        if lead["updatedAt"] >= settings["start_date"]
    }


def test_jobs_left_behind_are_taken_over(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = only("leads", sandbox, tmp_path)
    config = quick_config(sandbox, start_date=days_ago(sandbox, 90))
    sandbox.control.fault("error", "*/file.json", times=-1, code="603", message="Access denied")
    first = run_tap(tmp_path, config, catalog=catalog)
    assert first.returncode == 1
    left = first.state["export_jobs"]
    assert left
    sandbox.control.clear_faults()
    sandbox.control.advance(60)

    second = run_tap(tmp_path, config, catalog=catalog, state=first.state)

    assert second.returncode == 0, second.log
    assert {job["exportId"] for job in left} <= {
        job.export_id for job in sandbox.jobs if job.downloads
    }
    ranges = windows(sandbox)
    assert len(ranges) == len(set(ranges))
    assert "export_jobs" not in second.state


def test_jobs_left_behind_that_fit_no_more_are_cancelled(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(job_seconds=3600)
    catalog = only("leads", sandbox, tmp_path)
    config = quick_config(sandbox, start_date=days_ago(sandbox, 20))
    for path, skip in (("*/export.json", 4), ("*/status.json", 0)):
        sandbox.control.fault("error", path, skip=skip, times=-1, code="603", message="Denied")
    first = run_tap(tmp_path, config, catalog=catalog)
    (left,) = first.state["export_jobs"]
    sandbox.control.clear_faults()
    sandbox.control.set_options(job_seconds=0)
    (leads,) = (stream for stream in catalog["streams"] if stream["tap_stream_id"] == "leads")
    for entry in leads["metadata"]:
        if entry["breadcrumb"] == ["properties", "email"]:
            entry["metadata"]["selected"] = False

    second = run_tap(tmp_path, config, catalog=catalog, state=first.state)

    assert second.returncode == 0, second.log
    states = {job.export_id: job.status for job in sandbox.jobs}
    assert states[left["exportId"]] == "Cancelled"


def test_type_selected_later_catches_up_without_repeating_the_others(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    catalog = only("activity_send_email", sandbox, tmp_path)
    first = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)
    sandbox.control.advance(3600)
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] == "activity_open_email":
            stream["metadata"][-1]["metadata"]["selected"] = True
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = True

    second = run_tap(tmp_path, quick_config(sandbox), catalog=catalog, state=first.state)

    assert second.returncode == 0, second.log
    assert second.records("activity_send_email") == []
    expected = {
        activity["marketoGUID"]
        for activity in sandbox.world.expected_activities()
        if activity["activityTypeId"] == 10
    }
    assert {
        activity["marketoGUID"] for activity in second.records("activity_open_email")
    } == expected


def test_field_deleted_since_discovery_is_a_warning(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = only("leads", sandbox, tmp_path)
    sandbox.control.delete_field("Region__c")

    run = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)

    assert run.returncode == 0, run.log
    assert "Region__c" in run.log
    assert ids(run) == {lead["id"] for lead in sandbox.world.expected_leads()}


def test_lookback_repeats_the_last_seconds(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = only("leads", sandbox, tmp_path)
    first = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)
    sandbox.control.advance(60)
    last = max(sandbox.world.leads.values(), key=lambda lead: lead.changed)
    age = (sandbox.instance.clock.now() - last.changed).total_seconds()

    second = run_tap(
        tmp_path,
        quick_config(sandbox, lookback_seconds=int(age) + 60),
        catalog=catalog,
        state=first.state,
    )

    assert ids(second) == {last.values["id"]}


def test_without_the_updated_at_filter_changed_leads_are_found_and_read_by_id(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(without_updated_at=("leads",))
    catalog = only("leads", sandbox, tmp_path)
    first = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)
    assert first.returncode == 0, first.log
    assert ids(first) == {lead["id"] for lead in sandbox.world.expected_leads()}
    sandbox.control.advance(3600)
    changed = sandbox.control.change_leads(4) + sandbox.control.add_leads(2)
    jobs = len(sandbox.jobs)

    second = run_tap(tmp_path, quick_config(sandbox), catalog=catalog, state=first.state)

    assert second.returncode == 0, second.log
    truth = {lead["id"]: filled(lead) for lead in sandbox.world.expected_leads()}
    delivered = {lead["id"]: filled(lead) for lead in second.records("leads")}
    assert delivered == {key: truth[key] for key in changed}
    assert len(sandbox.jobs) == jobs + 1
    assert "1035" in second.log
