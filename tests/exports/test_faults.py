"""For every fault at every step, the records arrive, and no window is exported needlessly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.export_runs import STREAMS, catalog_of, days_ago, delivered, truth
from tests.support.tap_runs import TapRun, discover, quick_config, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

CREATE, ENQUEUE, LIST, FILE = "*/create.json", "*/*/enqueue.json", "*/export.json", "*/*/file.json"
DISCOVERY = ("/rest/v1/leads/describe2.json", "/rest/v1/activities/types.json")

ONCE: dict[str, dict[str, Any]] = {
    "601 while polling": {"kind": "error", "path": LIST, "skip": 1, "code": "601"},
    "602 while polling": {"kind": "error", "path": LIST, "skip": 1, "code": "602"},
    "601 at a download": {"kind": "error", "path": FILE, "code": "601"},
    "602 at a download": {"kind": "error", "path": FILE, "code": "602"},
    "602 labelled as a file": {"kind": "unlabelled_error", "path": FILE, "code": "602"},
    "611 labelled as a file": {"kind": "unlabelled_error", "path": FILE, "code": "611"},
    "611 at create": {"kind": "error", "path": CREATE, "code": "611", "times": 2},
    "713 at enqueue": {"kind": "error", "path": ENQUEUE, "code": "713", "times": 2},
    "615 at create": {"kind": "error", "path": CREATE, "code": "615", "times": 2},
    "604 at a download": {"kind": "error", "path": FILE, "code": "604"},
    "608 while polling": {"kind": "error", "path": LIST, "skip": 1, "code": "608"},
    "HTTP 500 at create": {"kind": "http", "path": CREATE, "status": 500},
    "HTTP 502 at enqueue": {"kind": "http", "path": ENQUEUE, "status": 502},
    "HTTP 503 at a download": {"kind": "http", "path": FILE, "status": 503},
    "HTTP 503 while polling": {"kind": "http", "path": LIST, "skip": 1, "status": 503},
    "HTML at create": {"kind": "html", "path": CREATE},
    "reset at create": {"kind": "reset", "path": CREATE},
    "reset at enqueue": {"kind": "reset", "path": ENQUEUE},
    "reset while polling": {"kind": "reset", "path": LIST, "skip": 1},
    "reset at a download": {"kind": "reset", "path": FILE},
    "hung up at create": {"kind": "timeout", "path": CREATE, "seconds": 0.5},
    "hung up at a download": {"kind": "timeout", "path": FILE, "seconds": 0.5},
    "download cut": {"kind": "truncate", "path": FILE, "bytes": 700, "times": 2},
    "download ends early": {"kind": "shorten", "path": FILE, "bytes": 500},
    "file with another byte": {"kind": "corrupt", "path": FILE},
    "404 although completed": {"kind": "missing_file", "path": FILE, "times": 2},
    "queue full": {
        "kind": "error",
        "path": ENQUEUE,
        "code": "1029",
        "message": "Too many jobs in queue",
    },
    "job already queued": {
        "kind": "error",
        "path": ENQUEUE,
        "times": 0,
        "code": "1029",
        "message": "Job already queued",
    },
}


def sync(sandbox: Sandbox, folder: Path, kind: str, state: dict[str, Any] | None = None) -> TapRun:
    config = quick_config(sandbox, start_date=days_ago(sandbox, 40), export_window_days=20)
    return run_tap(folder, config, catalog=catalog_of(kind), state=state)


def exported(sandbox: Sandbox) -> list[str]:
    return [json.dumps(job.body["filter"]) for job in sandbox.jobs if job.file]


@pytest.fixture
def instance(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox(activities=4000)


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("name", ONCE)
def test_a_passing_fault_costs_nothing(
    instance: Sandbox, tmp_path: Path, name: str, kind: str
) -> None:
    fault = dict(ONCE[name])
    path = f"/bulk/v1/{kind}/export{str(fault.pop('path')).removeprefix('*')}"
    path = path.replace("/export/export.json", "/export.json")
    order = instance.control.fault(fault.pop("kind"), path, **fault)

    run = sync(instance, tmp_path, kind)

    assert run.returncode == 0, run.log
    assert order.hits or order.times == 0
    assert delivered(kind, run) == truth(kind, instance)
    assert truth(kind, instance)
    assert len(exported(instance)) == len(set(exported(instance))) == 3


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("fault", ["fail", "wrong_checksum", "lose"])
def test_a_job_that_comes_to_nothing_is_made_again(
    instance: Sandbox, tmp_path: Path, fault: str, kind: str
) -> None:
    instance.control.job_fault(kind, fault)

    run = sync(instance, tmp_path, kind)

    assert run.returncode == 0, run.log
    assert delivered(kind, run) == truth(kind, instance)
    assert len(set(exported(instance))) == 3
    assert len(instance.jobs) == 4


def test_a_window_that_always_fails_names_its_job(instance: Sandbox, tmp_path: Path) -> None:
    instance.control.job_fault("leads", "fail", 99)

    run = sync(instance, tmp_path, "leads")

    assert run.returncode == 1
    assert any(job.export_id in run.log for job in instance.jobs)
    assert "in two halves" in run.log
    assert "times: the last job failed" in run.log
    assert "Traceback" not in run.log


def test_a_window_that_always_fails_stops_no_other_stream(
    instance: Sandbox, tmp_path: Path
) -> None:
    instance.control.job_fault("activities", "fail", 99)
    config = quick_config(instance, start_date=days_ago(instance, 40))
    names = {"activity_open_email", "activity_send_email", "leads", "programs"}
    catalog = selected(discover(instance, tmp_path), names)

    run = run_tap(tmp_path, config, catalog=catalog)
    instance.instance.queue.faults.clear()
    again = run_tap(tmp_path, config, catalog=catalog, state=run.state)

    assert run.returncode == 1
    assert "activity_open_email (and 1 stream that share its exports)" in run.log
    assert delivered("leads", run) == truth("leads", instance)
    assert run.records("programs")
    assert "replication_key_value" not in run.state["bookmarks"]["activity_send_email"]
    assert again.returncode == 0, again.log
    assert delivered("activities", again) == truth("activities", instance)


@pytest.mark.parametrize("spelling", ["Cancelled", "Canceled"])
def test_a_cancelled_job_says_who_cancels_and_the_next_run_goes_on(
    start_sandbox: StartSandbox, tmp_path: Path, spelling: str
) -> None:
    sandbox = start_sandbox(canceled_spelling=spelling)
    sandbox.control.job_fault("leads", "cancel")

    first = sync(sandbox, tmp_path, "leads")
    second = sync(sandbox, tmp_path, "leads", state=first.state)

    assert first.returncode == 1
    assert "same API user" in first.log
    assert second.returncode == 0, second.log
    assert delivered("leads", first, second) == truth("leads", sandbox)


@pytest.mark.parametrize("path", DISCOVERY)
@pytest.mark.parametrize("code", ["611", "602"])
def test_a_passing_error_of_discovery_loses_no_stream(
    instance: Sandbox, tmp_path: Path, path: str, code: str
) -> None:
    config = quick_config(instance)
    whole = json.loads(run_tap(tmp_path, config, "--discover").output)
    instance.control.fault("error", path, code=code)

    again = json.loads(run_tap(tmp_path, config, "--discover").output)

    assert again == whole


@pytest.mark.parametrize("path", DISCOVERY)
def test_a_lasting_error_of_discovery_is_an_error(
    instance: Sandbox, tmp_path: Path, path: str
) -> None:
    instance.control.fault("error", path, times=-1, code="610", message="Resource not found")

    run = run_tap(tmp_path, quick_config(instance), "--discover")

    assert run.returncode == 1
    assert "610" in run.log
    assert run.output == ""


def test_too_many_calls_are_waited_for(instance: Sandbox, tmp_path: Path) -> None:
    order = instance.control.fault("error", LIST, skip=1, code="606", message="Max rate limit")

    run = sync(instance, tmp_path, "leads")

    assert run.returncode == 0, run.log
    assert order.hits == 1
    assert delivered("leads", run) == truth("leads", instance)


def test_a_token_that_lives_three_seconds_is_enough(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(token_seconds=3, job_seconds=1.5)

    run = sync(sandbox, tmp_path, "leads")

    assert run.returncode == 0, run.log
    assert sandbox.instance.tokens.issued > 1
    assert delivered("leads", run) == truth("leads", sandbox)


def test_a_queue_filled_by_others_is_waited_for(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(job_seconds=3)
    sandbox.control.fill_queue(10)

    run = sync(sandbox, tmp_path, "leads")

    assert run.returncode == 0, run.log
    assert "queue is full" in run.log
    assert delivered("leads", run) == truth("leads", sandbox)


def test_a_permission_that_is_missing_is_named(instance: Sandbox, tmp_path: Path) -> None:
    instance.control.deny("Read-Only Activity")

    run = run_tap(tmp_path, quick_config(instance), "--discover")

    assert "Read-Only Activity" in run.log
    assert "allow-list" in run.log
    names = {one["tap_stream_id"] for one in json.loads(run.output)["streams"]}
    # Still offered: a run that selects it fails, instead of succeeding without it.
    assert {"leads", "activity_send_email"} <= names


def test_a_selected_stream_that_may_not_be_read_fails_the_run(
    instance: Sandbox, tmp_path: Path
) -> None:
    instance.control.deny("Read-Only Activity", "Read-Only Lead")

    run = sync(instance, tmp_path, "leads")

    assert run.returncode == 1
    assert "Read-Only Lead" in run.log
    assert "Traceback" not in run.log
