"""The control interface, over HTTP and from Python, and errors that must not be silent."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from marketo_sandbox import Sandbox, SandboxOptions
from marketo_sandbox.control import VERBS, Control
from tests.support.caller import LEADS, Caller, code

if TYPE_CHECKING:
    from tests.conftest import StartSandbox

TYPES = "/rest/v1/activities/types.json"


def post(sandbox: Sandbox, verb: str, **arguments: Any) -> requests.Response:
    return requests.post(f"{sandbox.base_url}/_sandbox/{verb}", json=arguments, timeout=10)


def look(sandbox: Sandbox, what: str) -> requests.Response:
    return requests.get(f"{sandbox.base_url}/_sandbox/{what}", timeout=10)


def test_data_is_changed_over_http_and_the_truth_follows(sandbox: Sandbox) -> None:
    added = post(sandbox, "add_leads", count=2).json()["result"]
    changed = post(sandbox, "change_leads", count=3).json()["result"]
    gone = post(sandbox, "delete_leads", count=1).json()["result"]
    post(sandbox, "add_activities", count=4)

    truth = [json.loads(line) for line in look(sandbox, "leads.jsonl").text.split("\n") if line]
    summary = look(sandbox, "summary").json()

    ids = {lead["id"] for lead in truth}
    assert set(added) <= ids
    assert set(changed) - set(gone) <= ids
    assert not set(gone) & ids
    events = [json.loads(line) for line in look(sandbox, "activities.jsonl").text.splitlines()]
    assert (summary["leads"], summary["activities"]) == (121, len(events))
    # Two new leads, three changes, and the four activities.
    assert len(events) == 600 + 2 + 3 + 4


def test_time_is_moved_over_http(sandbox: Sandbox) -> None:
    before = sandbox.instance.clock.now()

    post(sandbox, "advance", seconds=3600)

    assert sandbox.instance.clock.now() - before >= timedelta(hours=1)
    assert post(sandbox, "advance", seconds=-1).status_code == 400


@pytest.mark.parametrize("seconds", [-30, 5])
def test_time_is_moved_to_the_renewal_of_the_quotas(sandbox: Sandbox, seconds: int) -> None:
    midnight = sandbox.instance.clock.next_midnight()

    post(sandbox, "advance_to_reset", seconds=seconds)

    now = sandbox.instance.clock.now()
    assert 0 <= (now - midnight).total_seconds() - seconds < 3


def test_a_sandbox_can_begin_at_another_time(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(now=datetime(2026, 7, 1, 4, 59, 50, tzinfo=timezone.utc))

    assert look(sandbox, "summary").json()["time"].startswith("2026-07-01T04:59:5")
    assert sandbox.instance.clock.midnight().isoformat() == "2026-06-30T05:00:00+00:00"
    assert max(lead.created for lead in sandbox.world.leads.values()).isoformat() < "2026-07-01T05"


def test_time_may_run_faster(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(time_scale=1000, job_seconds=100, status_refresh_seconds=60)
    caller = Caller(sandbox)
    export_id = caller.queued()

    while caller.status(export_id)["status"] != "Completed":
        pass

    (job,) = sandbox.jobs
    assert job.started
    assert job.finished
    assert job.finished - job.started == timedelta(seconds=100)


@pytest.mark.parametrize("path", [TYPES, "/identity/oauth/token", "/_sandbox/summary"])
@pytest.mark.parametrize("moved", [0, 90_000])
def test_answers_carry_the_time_of_the_sandbox_once(
    sandbox: Sandbox, path: str, moved: int
) -> None:
    caller = Caller(sandbox)
    sandbox.control.advance(moved)

    date = caller.call("GET", path).headers["Date"]

    age = sandbox.instance.clock.now() - parsedate_to_datetime(date)
    assert abs(age.total_seconds()) < 3


def test_calls_and_jobs_are_told(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    caller.get("/rest/v1/nowhere.json")
    export_id = caller.queued()
    caller.file(export_id)

    calls, jobs = look(sandbox, "log").json(), look(sandbox, "jobs").json()

    assert [(call["method"], call["code"]) for call in calls][:2] == [("GET", "610"), ("POST", "")]
    assert calls[-1]["bytes"] > 0
    assert {call["user"] for call in calls} == {caller.client_id}
    assert [(job["exportId"], job["status"], job["downloads"]) for job in jobs] == [
        (export_id, "Completed", 1)
    ]


def test_options_are_changed_while_it_runs(sandbox: Sandbox) -> None:
    post(sandbox, "set_options", daily_calls=0)
    assert code(Caller(sandbox).get(TYPES)) == "607"

    refused = post(sandbox, "set_options", daily_call=0)
    assert refused.status_code == 400
    assert "daily_call" in refused.json()["error"]


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("fault", {"kind": "earthquake"}),
        ("fault", {"kind": "reset", "strength": 9}),
        ("job_fault", {"object_type": "leads", "kind": "explode"}),
        ("job_fault", {"object_type": "lead", "kind": "fail"}),
        ("deny", {"args": ["Read Only Lead"]}),
        ("add_leads", {}),
        ("delete_field", {"name": "nobody"}),
    ],
)
def test_a_wrong_order_is_refused_with_a_reason(
    sandbox: Sandbox, verb: str, arguments: dict[str, Any]
) -> None:
    refused = post(sandbox, verb, **arguments)

    assert refused.status_code == 400
    assert refused.json()["error"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_verb_names_those_that_are(sandbox: Sandbox, method: str) -> None:
    answer = requests.request(method, f"{sandbox.base_url}/_sandbox/explode", timeout=10)

    assert answer.status_code == 404
    assert "fill_queue" in answer.json()["error"]


def test_every_verb_is_in_python_too() -> None:
    assert all(
        name in VERBS for name in vars(Control) if not name.startswith("_")
    )  # fmt: skip


def test_an_unknown_route_is_610_and_said(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "marketo-sandbox"):
        assert code(Caller(sandbox).get("/rest/v1/opportunity/weather.json")) == "610"

    assert "GET /rest/v1/opportunity/weather.json" in caplog.text


def test_a_double_slash_is_no_route(sandbox: Sandbox) -> None:
    assert code(Caller(sandbox).get("/rest//v1/activities/types.json")) == "610"


def test_a_known_route_with_another_method_is_605(sandbox: Sandbox) -> None:
    assert code(Caller(sandbox).get(f"{LEADS}/create.json")) == "605"


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="leeds"):
        SandboxOptions(leeds=5)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "wrong",
    [
        {"leads": -1},
        {"time_scale": 0},
        {"job_seconds": (5, 1)},
        {"without_updated_at": ("lead",)},
        {"canceled_spelling": "Aborted"},
        {"port": 99_999},
    ],
)
def test_an_impossible_option_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SandboxOptions(**wrong)


def test_it_listens_on_loopback_alone(sandbox: Sandbox) -> None:
    assert sandbox.base_url.startswith("http://127.0.0.1:")


def test_a_test_of_its_users_has_it_as_a_context_manager() -> None:
    with Sandbox(SandboxOptions(leads=3, activities=0)) as sandbox:
        url = f"{sandbox.base_url}/_sandbox/summary"
        assert requests.get(url, timeout=10).json()["leads"] == 3

    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def test_it_may_be_stopped_before_it_was_started_and_twice() -> None:
    sandbox = Sandbox(SandboxOptions(leads=1, activities=0))

    sandbox.stop()
    sandbox.stop()


def test_many_live_side_by_side() -> None:
    small = SandboxOptions(leads=1, activities=0)
    with Sandbox(small) as one, Sandbox(SandboxOptions(leads=2, activities=0)) as two:
        assert one.base_url != two.base_url
        assert [look(each, "summary").json()["leads"] for each in (one, two)] == [1, 2]
