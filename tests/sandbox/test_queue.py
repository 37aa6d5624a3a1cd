"""The export queue: bulk-extract.md."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.caller import ACTIVITIES, LEADS, Caller, code, message

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

DAY = 86_400
BASES = [LEADS, ACTIVITIES]


def states(sandbox: Sandbox) -> list[str]:
    sandbox.instance.queue.turn()
    return [job.status for job in sandbox.jobs]


def test_a_job_says_a_thing_once_it_has_a_value(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(job_seconds=60)
    caller = Caller(sandbox)
    made = caller.create()["result"][0]
    assert made.keys() == {"exportId", "format", "status", "createdAt"}
    assert (made["status"], made["format"]) == ("Created", "CSV")

    queued = caller.post(f"{LEADS}/{made['exportId']}/enqueue.json")["result"][0]
    assert queued.keys() - made.keys() == {"queuedAt"}
    running = caller.status(made["exportId"])
    assert running.keys() - queued.keys() == {"startedAt"}
    sandbox.control.advance(61)
    done = caller.status(made["exportId"])
    assert done.keys() - running.keys() == {
        "finishedAt", "numberOfRecords", "fileSize", "fileChecksum",
    }  # fmt: skip
    assert [job["status"] for job in (queued, running, done)] == [
        "Queued", "Processing", "Completed",
    ]  # fmt: skip


def test_a_created_job_does_nothing(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    export_id = caller.created()
    sandbox.control.advance(DAY)

    assert Caller(sandbox).status(export_id)["status"] == "Created"


def test_two_jobs_run_and_ten_are_in_the_queue_over_types_and_users(
    start_sandbox: StartSandbox,
) -> None:
    sandbox = start_sandbox(job_seconds=60)
    one, other = Caller(sandbox), Caller(sandbox, "other-client")
    for number in range(10):
        (one, other)[number % 2].queued(BASES[number // 2 % 2])
    assert states(sandbox) == ["Processing"] * 2 + ["Queued"] * 8

    late = one.created()
    refused = one.post(f"{LEADS}/{late}/enqueue.json")
    assert (code(refused), message(refused)) == ("1029", "Too many jobs in queue")
    assert one.status(late)["status"] == "Created"

    sandbox.control.advance(61)
    assert code(one.post(f"{LEADS}/{late}/enqueue.json")) == ""
    assert states(sandbox) == [*["Completed"] * 2, *["Processing"] * 2, *["Queued"] * 7]


def test_a_job_is_queued_once(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(job_seconds=60)
    caller = Caller(sandbox)
    export_id = caller.queued()

    again = caller.post(f"{LEADS}/{export_id}/enqueue.json")

    assert (code(again), message(again)) == ("1029", "Job already queued")


@pytest.mark.parametrize(
    ("plain", "text"),
    [(False, "Export daily quota 500MB exceeded"), (True, "Export daily quota exceeded")],
)
def test_a_spent_allocation_refuses_create_and_enqueue_until_midnight_central(
    start_sandbox: StartSandbox, text: str, *, plain: bool
) -> None:
    sandbox = start_sandbox(plain_quota_text=plain, token_seconds=10 * DAY)
    caller = Caller(sandbox)
    export_id = caller.created()
    sandbox.control.spend_quota()

    for refused in (caller.create(), caller.post(f"{LEADS}/{export_id}/enqueue.json")):
        assert (code(refused), message(refused)) == ("1029", text)

    sandbox.control.advance_to_reset(-5)
    assert code(caller.create()) == "1029"
    sandbox.control.advance_to_reset(1)
    assert code(caller.create()) == ""


def test_the_allocation_is_metered_in_bytes_of_files(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(daily_export_mb=0.001)
    caller = Caller(sandbox)
    size = caller.status(caller.queued())["fileSize"]
    assert size < 1024
    while sandbox.instance.queue.used() < 1048:
        caller.status(caller.queued())

    assert code(caller.create()) == "1029"
    assert sandbox.instance.queue.used() % size == 0


def test_what_is_seen_of_a_job_is_up_to_a_minute_old(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(job_seconds=10, status_refresh_seconds=60)
    caller = Caller(sandbox)
    export_id = caller.queued()
    assert caller.status(export_id)["status"] == "Processing"

    sandbox.control.advance(50)
    assert caller.status(export_id)["status"] == "Processing"
    assert caller.get(f"{LEADS}.json")["result"][0]["status"] == "Processing"
    sandbox.control.advance(11)
    assert caller.status(export_id)["status"] == "Completed"


def test_a_list_holds_the_callers_own_jobs_of_the_last_week(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(token_seconds=100 * DAY)
    one, other = Caller(sandbox), Caller(sandbox, "other-client")
    old = one.created()
    sandbox.control.advance(6 * DAY)
    new, foreign, events = one.created(), other.created(), one.created(ACTIVITIES)
    assert one.listed() == [old, new]
    assert one.listed(ACTIVITIES) == [events]
    assert other.listed() == [foreign]

    sandbox.control.advance(DAY)
    assert one.listed() == [new]
    assert one.status(old)["status"] == "Created"


def test_a_list_is_filtered_by_status_and_paged(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    done, made = caller.queued(), [caller.created() for _ in range(4)]
    assert caller.listed(status="Completed") == [done]
    assert caller.listed(status="Created,Completed") == [done, *made]
    assert code(caller.get(f"{LEADS}.json", status="Ready")) == "1003"

    first = caller.get(f"{LEADS}.json", batchSize=3)
    rest = caller.get(f"{LEADS}.json", batchSize=3, nextPageToken=first["nextPageToken"])
    ids = [job["exportId"] for page in (first, rest) for job in page["result"]]
    assert ids == [done, *made]
    assert "nextPageToken" not in rest
    assert "moreResult" not in first


@pytest.mark.parametrize("wrong", [{"batchSize": "many"}, {"nextPageToken": "made-up"}])
def test_a_page_that_cannot_be_is_refused(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    assert code(Caller(sandbox).get(f"{LEADS}.json", **wrong)) in {"1001", "1003"}


def test_jobs_of_others_are_not_found(sandbox: Sandbox) -> None:
    export_id = Caller(sandbox).queued()
    other = Caller(sandbox, "other-client")

    assert code(other.get(f"{LEADS}/{export_id}/status.json")) == "1013"
    assert code(other.post(f"{LEADS}/{export_id}/cancel.json")) == "1013"
    assert other.file(export_id).status_code == 404


def test_a_status_is_kept_for_30_days(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(token_seconds=100 * DAY)
    caller = Caller(sandbox)
    export_id = caller.queued()
    sandbox.control.advance(29 * DAY)
    assert caller.status(export_id)["status"] == "Completed"

    sandbox.control.advance(2 * DAY)
    assert code(caller.get(f"{LEADS}/{export_id}/status.json")) == "1013"


@pytest.mark.parametrize("spelling", ["Canceled", "Cancelled"])
def test_a_cancelled_job_makes_room(start_sandbox: StartSandbox, spelling: str) -> None:
    sandbox = start_sandbox(job_seconds=60, canceled_spelling=spelling)
    caller = Caller(sandbox)
    ids = [caller.queued() for _ in range(10)]

    answer = caller.post(f"{LEADS}/{ids[0]}/cancel.json")

    assert answer["result"][0]["status"] == spelling
    assert caller.file(ids[0]).status_code == 404
    caller.queued()


def test_jobs_of_strangers_fill_the_queue_and_leave_it(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(job_seconds=60)
    caller = Caller(sandbox)
    sandbox.control.fill_queue(10)
    export_id = caller.created()
    assert code(caller.post(f"{LEADS}/{export_id}/enqueue.json")) == "1029"
    assert caller.listed() == [export_id]

    sandbox.control.drain_queue()
    assert code(caller.post(f"{LEADS}/{export_id}/enqueue.json")) == ""


def test_jobs_take_the_time_that_is_set(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(job_seconds=(20, 40))
    caller = Caller(sandbox)
    for _ in range(6):
        caller.queued()
    sandbox.control.advance(200)
    sandbox.instance.queue.turn()

    assert all(20 <= job.seconds <= 40 for job in sandbox.jobs)
    assert len({job.seconds for job in sandbox.jobs}) == 6
    assert states(sandbox) == ["Completed"] * 6
    for job in sandbox.jobs:
        assert job.started
        assert job.finished
        assert job.finished - job.started == timedelta(seconds=job.seconds)


@pytest.mark.parametrize("kind", ["fail", "stick", "cancel", "lose", "wrong_checksum"])
def test_a_job_can_come_to_nothing_in_five_ways(sandbox: Sandbox, kind: str) -> None:
    caller = Caller(sandbox)
    sandbox.control.job_fault("leads", kind)
    export_id = caller.queued()
    sandbox.control.advance(3000)

    answer = caller.get(f"{LEADS}/{export_id}/status.json")

    if kind == "lose":
        assert code(answer) == "1013"
        return
    job = answer["result"][0]
    outcomes = {"fail": "Failed", "stick": "Processing", "cancel": "Cancelled"}
    assert job["status"] == outcomes.get(kind, "Completed")
    assert ("errorMsg" in job) == (kind == "fail")
    if kind == "wrong_checksum":
        assert job["fileChecksum"] == "sha256:" + "0" * 64


def test_a_job_fault_that_does_not_exist_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="wrong_checksum"):
        sandbox.control.job_fault("leads", "explode")
    with pytest.raises(ValueError, match="activities"):
        sandbox.control.job_fault("lead", "fail")
