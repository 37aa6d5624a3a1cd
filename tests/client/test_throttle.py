"""Calls per 20 seconds, concurrent calls and daily calls stay within the tap's share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tap_marketo.client.errors import DailyCallsSpentError, RateLimitError
from tap_marketo.client.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox import Sandbox
    from tap_marketo.client import MarketoClient
    from tests.client.conftest import FakeTime
    from tests.conftest import StartSandbox

DAY = 86_400
TYPES = "/rest/v1/activities/types.json"
USAGE = "/rest/v1/stats/usage.json"


def throttle(time: FakeTime, max_calls: int) -> Throttle:
    return Throttle(max_calls, 5, monotonic=time.monotonic, sleep=time.sleep)


def test_calls_within_the_share_do_not_wait(fake_time: FakeTime) -> None:
    limited = throttle(fake_time, 50)

    for _ in range(50):
        limited.wait_turn()

    assert fake_time.slept == []


def test_the_call_beyond_the_share_waits_until_the_first_is_20_seconds_old(
    fake_time: FakeTime,
) -> None:
    limited = throttle(fake_time, 3)
    for second in (0, 4, 6):
        fake_time.now = 1000.0 + second
        limited.wait_turn()

    limited.wait_turn()

    assert fake_time.slept == [14.0]


@pytest.mark.parametrize("share", [1, 50, 100])
def test_no_20_seconds_hold_more_than_the_share(fake_time: FakeTime, share: int) -> None:
    limited = throttle(fake_time, share)
    calls = []
    for number in range(share * 4):
        limited.wait_turn()
        calls.append(fake_time.now)
        fake_time.now += number % 3 / 4

    assert all(later - call >= 20 for call, later in zip(calls, calls[share:], strict=False))


def test_threads_share_the_limit(fake_time: FakeTime) -> None:
    limited = throttle(fake_time, 10)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: limited.wait_turn(), range(30)))

    assert limited.calls == 30
    assert fake_time.now >= 1040


def test_a_pause_holds_everybody_back(fake_time: FakeTime) -> None:
    limited = throttle(fake_time, 50)
    limited.pause(20)
    limited.pause(5)

    limited.wait_turn()

    assert fake_time.slept == [20.0]


def test_what_is_spare_is_told(fake_time: FakeTime) -> None:
    limited = throttle(fake_time, 4)
    limited.wait_turn()
    assert limited.spare == 0.75

    fake_time.now += 20
    assert limited.spare == 1


def test_slots_are_given_back_even_after_an_error(fake_time: FakeTime) -> None:
    limited = Throttle(1, 1, monotonic=fake_time.monotonic, sleep=fake_time.sleep)
    for _ in range(3):
        with suppress(ValueError), limited.in_flight():
            raise ValueError

    assert limited._slots.acquire(blocking=False)


def test_a_budget_is_kept_to_the_call_by_many_threads(fake_time: FakeTime) -> None:
    limited = throttle(fake_time, 2)
    limited.budget = 9
    together = threading.Barrier(20)

    def call(_: int) -> bool:
        together.wait()
        try:
            limited.wait_turn()
        except DailyCallsSpentError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        made = sum(pool.map(call, range(20)))

    assert made == limited.calls == 9


def test_a_client_has_at_most_so_many_calls_in_flight(
    connect: Callable[..., MarketoClient], sandbox: Sandbox
) -> None:
    client = connect(max_concurrent_calls=3)
    sandbox.control.fault("slow", TYPES, seconds=0.1, times=-1)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: client.get(TYPES), range(12)))

    assert sandbox.instance.limits.most_in_flight == 3


def test_a_turn_is_taken_with_the_slot_in_hand(connect: Callable[..., MarketoClient]) -> None:
    client = connect(max_concurrent_calls=1)
    limited, take_turn = client.throttle, client.throttle.wait_turn
    slot_was_free = []

    def watched() -> None:
        slot_was_free.append(limited._slots.acquire(blocking=False))
        if slot_was_free[-1]:
            limited._slots.release()
        take_turn()

    limited.wait_turn = watched  # type: ignore[method-assign]
    client.get(TYPES)

    assert slot_was_free == [False]


def test_a_client_keeps_to_the_share_of_calls(
    connect: Callable[..., MarketoClient], fake_time: FakeTime
) -> None:
    client = connect(max_calls_per_20_seconds=2)

    for _ in range(6):
        client.get(USAGE)

    assert len(fake_time.slept) == 2
    assert fake_time.now >= 1040


def test_606_holds_every_call_back_for_20_seconds(
    connect: Callable[..., MarketoClient], sandbox: Sandbox, fake_time: FakeTime
) -> None:
    client = connect(max_tries=1)
    sandbox.control.fault("error", USAGE, code="606", message="Max rate limit '100' exceeded")
    with pytest.raises(RateLimitError):
        client.get(USAGE)

    client.get(TYPES)

    assert fake_time.slept == [20]


class TestDailyCalls:
    """`limit_calls_today` counts the calls of the whole instance."""

    def test_calls_of_others_count(self, client: MarketoClient, sandbox: Sandbox) -> None:
        sandbox.instance.limits.calls_today["somebody"] = 95
        client.limit_calls_today(100)  # is a call, too
        for _ in range(4):
            client.get(TYPES)

        with pytest.raises(DailyCallsSpentError, match="max_daily_calls"):
            client.get(TYPES)
        assert sandbox.instance.limits.calls_today.total() == 100

    def test_a_spent_budget_makes_no_call(self, client: MarketoClient, sandbox: Sandbox) -> None:
        sandbox.instance.limits.calls_today["somebody"] = 100
        client.limit_calls_today(50)

        with pytest.raises(DailyCallsSpentError, match="America/Chicago"):
            client.get(TYPES)
        assert len(sandbox.log) == 1

    def test_another_day_has_a_budget_of_its_own(
        self, connect: Callable[..., MarketoClient], start_sandbox: StartSandbox
    ) -> None:
        sandbox = start_sandbox(token_seconds=2 * DAY)
        client = connect(sandbox)
        client.limit_calls_today(4)
        client.get(TYPES)
        sandbox.control.advance_to_reset(10)
        client.get(TYPES)  # sets the client's clock

        for _ in range(2):
            client.get(TYPES)
        with pytest.raises(DailyCallsSpentError):
            client.get(TYPES)
        assert [call.path for call in sandbox.log].count(USAGE) == 2
        assert sandbox.instance.limits.calls_today.total() == 4

    @pytest.mark.parametrize("limit", ["607", "max_daily_calls"])
    def test_it_may_wait_for_midnight(
        self,
        connect: Callable[..., MarketoClient],
        sandbox: Sandbox,
        fake_time: FakeTime,
        limit: str,
    ) -> None:
        client = connect(waits_for_quota=True)
        sandbox.control.advance_to_reset(-7200)
        client.get(USAGE)
        if limit == "607":
            sandbox.control.set_options(daily_calls=2)
            client.get(USAGE)
        else:
            client.limit_calls_today(2)
        client.throttle._sleep = _with_the_instance(sandbox, fake_time)

        client.get(TYPES)

        # Sleeps end shortly after midnight, never before it.
        assert 7195 < max(fake_time.slept) < 7210
        codes = [call.code for call in sandbox.log]
        assert codes.count("607") == (1 if limit == "607" else 0)

    def test_quotas_that_are_late_at_midnight_are_asked_for_again(
        self, connect: Callable[..., MarketoClient], sandbox: Sandbox, fake_time: FakeTime
    ) -> None:
        client = connect(waits_for_quota=True, max_tries=2)
        sandbox.control.advance_to_reset(-60)
        client.get(USAGE)
        sandbox.control.fault("error", TYPES, code="607", message="Daily quota reached", times=5)
        client.throttle._sleep = _with_the_instance(sandbox, fake_time)

        client.get(TYPES)

        assert [round(one, -2) for one in fake_time.longest(5)] == [900, 900, 900, 900, 100]

    def test_a_quota_spent_in_the_day_is_not_asked_for_again_before_the_next(
        self, connect: Callable[..., MarketoClient], sandbox: Sandbox, fake_time: FakeTime
    ) -> None:
        client = connect(waits_for_quota=True)
        sandbox.control.advance_to_reset(2 * 3600)
        client.get(USAGE)
        sandbox.control.fault("error", TYPES, code="607", message="Daily quota reached")
        client.throttle._sleep = _with_the_instance(sandbox, fake_time)

        client.get(TYPES)

        # A day has 23, 24 or 25 hours.
        assert 20 * 3600 < max(fake_time.slept) < 24 * 3600


def _with_the_instance(sandbox: Sandbox, fake_time: FakeTime) -> Callable[[float], None]:
    """Sleeps that move the instance's clock."""

    def sleep(seconds: float) -> None:
        fake_time.sleep(seconds)
        sandbox.control.advance(seconds)

    return sleep
