"""Daily calls, calls per 20 seconds and concurrent calls: rest-api.md and error-codes.md."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.caller import LEADS, Caller, code, message

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

TYPES = "/rest/v1/activities/types.json"
USAGE = "/rest/v1/stats/usage.json"


def test_calls_within_20_seconds_are_limited_for_all_users_together(
    start_sandbox: StartSandbox,
) -> None:
    sandbox = start_sandbox(calls_per_20_seconds=4)
    one, other = Caller(sandbox), Caller(sandbox, "other-client")
    assert [code(user.get(TYPES)) for user in (one, other, one, other)] == [""] * 4

    refused = one.get(TYPES)

    assert code(refused) == "606"
    assert message(refused) == "Max rate limit '4' exceeded with in '20' secs"


def test_calls_in_flight_are_limited(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(concurrent_calls=3)
    caller = Caller(sandbox)
    sandbox.control.fault("slow", TYPES, seconds=1.0, times=-1)

    with ThreadPoolExecutor(8) as pool:
        codes = [code(body) for body in pool.map(lambda _: caller.get(TYPES), range(8))]

    assert sorted(codes) == ["", "", "", *["615"] * 5]
    assert sandbox.instance.limits.in_flight == 0
    assert sandbox.instance.limits.most_in_flight == 3


def test_calls_of_a_day_are_limited_until_midnight_central(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(daily_calls=2)
    caller = Caller(sandbox)
    assert code(caller.get(TYPES)) == code(caller.get(USAGE)) == ""
    assert code(caller.get(TYPES)) == "607"

    sandbox.control.advance_to_reset(-5)
    caller = Caller(sandbox)
    assert code(caller.get(TYPES)) == "607"
    sandbox.control.advance_to_reset(1)
    caller = Caller(sandbox)
    assert code(caller.get(TYPES)) == ""


@pytest.mark.parametrize("free", ["601", "602", "604", "605", "608", "611"])
def test_some_errors_count_against_no_limit(start_sandbox: StartSandbox, free: str) -> None:
    sandbox = start_sandbox(daily_calls=1, calls_per_20_seconds=1)
    caller = Caller(sandbox)
    sandbox.control.fault("error", TYPES, code=free, times=3)

    assert [code(caller.get(TYPES)) for _ in range(4)] == [free, free, free, ""]
    assert code(caller.get(TYPES)) == "607"


def test_other_errors_count(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(daily_calls=2)
    caller = Caller(sandbox)

    assert [code(caller.get("/rest/v1/nowhere.json")) for _ in range(3)] == ["610", "610", "607"]


def test_identity_and_control_count_against_no_limit(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(daily_calls=1)
    caller = Caller(sandbox)
    for _ in range(5):
        caller.identity()
        caller.call("GET", "/_sandbox/summary")

    assert code(caller.get(TYPES)) == ""


def test_usage_tells_calls_by_user(sandbox: Sandbox) -> None:
    one, other = Caller(sandbox), Caller(sandbox, "other-client")
    other.get(TYPES)
    one.get("/rest/v1/nowhere.json")

    (usage,) = one.get(USAGE)["result"]
    (errors,) = one.get("/rest/v1/stats/errors.json")["result"]

    assert usage["total"] == 3
    assert {user["userId"]: user["count"] for user in usage["users"]} == {
        "other-client": 1,
        "sandbox-client": 2,
    }
    assert errors["errors"] == [{"errorCode": "610", "count": 1}]


def test_a_url_of_more_than_8_kb_is_414_and_works_as_a_form(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    fields = ",".join(["email"] * 2000)
    query = {"filterType": "id", "filterValues": "1000", "fields": fields}

    assert caller.call("GET", "/rest/v1/leads.json", params=query).status_code == 414
    form = caller.call("POST", "/rest/v1/leads.json?_method=GET", data=query)
    assert code(form.json()) == ""


def test_a_body_of_more_than_a_megabyte_is_413_beyond_bulk(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    query = {"filterType": "id", "filterValues": "1000", "padding": "x" * 1_100_000}

    assert caller.call("POST", "/rest/v1/leads.json", data=query).status_code == 413
    assert code(caller.create(LEADS, padding="x" * 1_100_000)) == ""
