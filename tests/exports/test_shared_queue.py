"""The queue is shared with other runs of the tap, other integrations, and jobs that get stuck."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.export_runs import catalog_of, days_ago, delivered, once, refused, truth
from tests.support.tap_runs import TapRun, quick_config, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from marketo_sandbox.queue import Job
    from tests.conftest import StartSandbox

CLIENTS = {
    "one": {},
    "other": {"client_id": "other-client", "client_secret": "other-secret"},
}  # fmt: skip
SECOND = 1 / 3600


def settings(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    usual = {"start_date": days_ago(sandbox, 40), "export_window_days": 20}
    return quick_config(sandbox, **(usual | more))


def sync(sandbox: Sandbox, folder: Path, state: Any = None, **more: Any) -> TapRun:
    folder.mkdir(exist_ok=True)
    config = settings(sandbox, **more)
    return run_tap(folder, config, catalog=catalog_of("leads"), state=state)


def downloads(jobs: list[Job]) -> set[int]:
    """The number of downloads; files without records are not downloaded."""
    return {job.downloads for job in jobs if job.file and job.file.records}


@pytest.mark.parametrize("clients", [("one", "other"), ("one", "one")], ids=" and ".join)
def test_two_runs_at_once_share_the_queue_and_leave_each_other_alone(
    start_sandbox: StartSandbox, tmp_path: Path, clients: tuple[str, str]
) -> None:
    sandbox = start_sandbox(job_seconds=0.3)

    def run(number: int) -> TapRun:
        more = {"export_window_days": 7, "export_max_jobs": 2, **CLIENTS[clients[number]]}
        return sync(sandbox, tmp_path / str(number), **more)

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run, range(2)))

    for one in runs:
        assert one.returncode == 0, one.log
        assert delivered("leads", one) == truth("leads", sandbox)
    assert {job.status for job in sandbox.jobs} == {"Completed"}
    assert downloads(sandbox.jobs) == {1}
    assert len(sandbox.jobs) == 2 * 6
    most = sandbox.instance.queue.most_queued
    assert all(count <= 2 * clients.count("one") for count in most.values())


def test_two_runs_that_begin_at_the_same_state_take_over_the_same_jobs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.control.fault("error", "*/file.json", times=-1, code="603", message="Access denied")
    first = sync(sandbox, tmp_path)
    left = {job["exportId"] for job in first.state["export_jobs"]}
    sandbox.control.clear_faults()

    def run(number: int) -> TapRun:
        return sync(sandbox, tmp_path / str(number), state=first.state)

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run, range(2)))

    for one in runs:
        assert one.returncode == 0, one.log
        assert delivered("leads", one) == truth("leads", sandbox)
    adopted = [job for job in sandbox.jobs if job.export_id in left]
    assert downloads(adopted) == {2}


def test_a_queue_that_others_fill_is_no_spent_allocation(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(job_seconds=0)
    sandbox.control.set_options(job_seconds=3600)
    sandbox.control.fill_queue(10)

    def drain() -> None:
        sandbox.control.set_options(job_seconds=0)
        sandbox.control.drain_queue()

    with once(lambda: refused(sandbox), drain):
        run = sync(sandbox, tmp_path, when_quota_is_spent="stop")

    assert run.returncode == 0, run.log
    assert "queue is full" in run.log
    assert "quota" not in run.log
    assert delivered("leads", run) == truth("leads", sandbox)


def test_a_queue_that_stays_full_ends_the_run_and_the_next_goes_on(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(job_seconds=3600)
    sandbox.control.fill_queue(10)

    first = sync(sandbox, tmp_path, export_queue_timeout_hours=2 * SECOND)
    assert first.returncode == 1
    assert "export_queue_timeout_hours" in first.log
    made = {job.export_id for job in sandbox.jobs if job.user != "stranger"}
    sandbox.control.set_options(job_seconds=0)
    sandbox.control.drain_queue()
    second = sync(sandbox, tmp_path, state=first.state)

    assert second.returncode == 0, second.log
    assert delivered("leads", second) == truth("leads", sandbox)
    assert downloads([job for job in sandbox.jobs if job.export_id in made]) == {1}


def test_a_job_that_never_ends_is_cancelled_and_made_again(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.control.job_fault("leads", "stick")

    run = sync(sandbox, tmp_path, export_job_timeout_hours=SECOND)

    assert run.returncode == 0, run.log
    assert "made no progress" in run.log
    assert delivered("leads", run) == truth("leads", sandbox)
    assert sorted(job.status for job in sandbox.jobs) == ["Cancelled", *["Completed"] * 3]


def test_a_job_that_waits_behind_strangers_is_left_in_peace(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(job_seconds=3600)
    sandbox.control.fill_queue(2)
    sandbox.control.set_options(job_seconds=0)

    def is_waiting() -> bool:
        looks = [call for call in list(sandbox.log) if call.path == "/bulk/v1/leads/export.json"]
        return len(looks) > 10  # two seconds at least, twice its patience

    with once(is_waiting, sandbox.control.drain_queue):
        run = sync(sandbox, tmp_path, export_job_timeout_hours=SECOND)

    assert run.returncode == 0, run.log
    assert delivered("leads", run) == truth("leads", sandbox)
    assert len(sandbox.jobs) == 2 + 3


def test_a_refused_job_is_not_asked_for_again_and_again(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(job_seconds=3)
    path = "/bulk/v1/leads/export/*/enqueue.json"
    order = sandbox.control.fault("error", path, times=-1, code="603", message="Access denied")
    catalog = selected(deepcopy(catalog_of("leads")), {"leads", "activity_send_email"})

    run = run_tap(tmp_path, settings(sandbox), catalog=catalog)

    assert run.returncode == 1
    assert 0 < order.hits <= 3
    assert {activity["marketoGUID"] for activity in run.records("activity_send_email")} == set(
        truth("activities", sandbox)
    )


@pytest.mark.parametrize("code", ["603", "1003", "1013"])
def test_jobs_of_another_api_user_are_made_again(
    sandbox: Sandbox, tmp_path: Path, code: str
) -> None:
    sandbox.control.fault("error", "*/file.json", times=-1, code="603", message="Access denied")
    first = sync(sandbox, tmp_path)
    assert first.state["export_jobs"]
    sandbox.control.clear_faults()
    sandbox.control.fault("error", "*/status.json", times=-1, code=code, message="Not yours")

    second = sync(sandbox, tmp_path, state=first.state, **CLIENTS["other"])

    assert second.returncode == 0, second.log
    assert delivered("leads", first, second) == truth("leads", sandbox)


def test_files_that_marketo_has_deleted_are_not_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control.fault("error", "*/file.json", times=-1, code="603", message="Access denied")
    first = sync(sandbox, tmp_path)
    assert first.state["export_jobs"]
    sandbox.control.clear_faults()
    start = truth("leads", sandbox)
    sandbox.control.advance(8 * 86400)

    second = sync(sandbox, tmp_path, state=first.state, start_date=days_ago(sandbox, 48))

    assert second.returncode == 0, second.log
    assert delivered("leads", first, second) == start
    assert not [call for call in sandbox.log if call.status == 404]


def test_a_job_that_cannot_be_enqueued_is_made_again(sandbox: Sandbox, tmp_path: Path) -> None:
    path = "/bulk/v1/leads/export/*/enqueue.json"
    sandbox.control.fault("error", path, code="1003", message="Invalid state of the job")

    run = sync(sandbox, tmp_path)

    assert run.returncode == 0, run.log
    assert delivered("leads", run) == truth("leads", sandbox)
    assert len(sandbox.jobs) == 4


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1029", "Job already queued"),
        ("1029", "Export job is in the queue"),
        ("1003", "Invalid state of the job"),
    ],
)
def test_a_job_whose_enqueuing_was_not_answered_is_not_made_again(
    sandbox: Sandbox, tmp_path: Path, code: str, message: str
) -> None:
    path = "/bulk/v1/leads/export/*/enqueue.json"
    sandbox.control.fault("unanswered", path)
    order = sandbox.control.fault("error", path, code=code, message=message)

    run = sync(sandbox, tmp_path)

    assert run.returncode == 0, run.log
    assert order.hits == 1
    assert "queue is full" not in run.log
    assert delivered("leads", run) == truth("leads", sandbox)
    assert len(sandbox.jobs) == 3
