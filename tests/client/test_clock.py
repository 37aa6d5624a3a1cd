"""The instance's time, from its responses, and its midnight."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from tap_marketo.client import MarketoClient
from tap_marketo.client.clock import InstanceClock

if TYPE_CHECKING:
    from tests.conftest import StartSandbox

TYPES = "/rest/v1/activities/types.json"


def at(text: str) -> InstanceClock:
    """A clock at a given time."""
    clock = InstanceClock()
    clock.skew = datetime.fromisoformat(text) - datetime.now(timezone.utc)
    return clock


def header(**ahead: float) -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(**ahead), usegmt=True)


@pytest.mark.parametrize("hours", [-30, -0.5, 0.5, 30])
def test_it_follows_the_date_of_the_answers(hours: float) -> None:
    clock = InstanceClock()

    clock.observe(header(hours=hours))

    assert abs(clock.skew - timedelta(hours=hours)) < timedelta(seconds=2)


def test_a_difference_of_two_seconds_is_none() -> None:
    clock = InstanceClock()

    clock.observe(header(seconds=1.5))

    assert clock.skew == timedelta()


@pytest.mark.parametrize(
    "text", [None, "", "yesterday", "2026-01-01T00:00:00Z", "Fri, 99 Foo 2026"]
)
def test_a_date_that_cannot_be_read_is_passed_over(text: str | None) -> None:
    clock = InstanceClock()
    clock.observe(header(hours=5))

    clock.observe(text)

    assert clock.skew > timedelta(hours=4)


@pytest.mark.parametrize("days", [-3, 3])
def test_every_answer_is_heard(start_sandbox: StartSandbox, days: int) -> None:
    now = datetime.now(timezone.utc) + timedelta(days=days)
    sandbox = start_sandbox(now=now)
    with MarketoClient(sandbox.base_url, sandbox.client_id, sandbox.client_secret) as client:
        client.get(TYPES)

    apart = client.clock.now().timestamp() - sandbox.instance.clock.now().timestamp()
    assert abs(apart) < 3


@pytest.mark.parametrize(
    ("now", "began", "begins"),
    [
        ("2026-01-15T12:00:00+00:00", "2026-01-15T06:00:00", "2026-01-16T06:00:00"),
        ("2026-01-15T05:59:58+00:00", "2026-01-14T06:00:00", "2026-01-15T06:00:00"),
        ("2026-07-15T05:30:00+00:00", "2026-07-15T05:00:00", "2026-07-16T05:00:00"),
        # Days of 23 and 25 hours, on which daylight saving time begins and ends.
        ("2026-03-08T12:00:00+00:00", "2026-03-08T06:00:00", "2026-03-09T05:00:00"),
        ("2026-11-01T12:00:00+00:00", "2026-11-01T05:00:00", "2026-11-02T06:00:00"),
    ],
)
def test_the_day_of_the_quotas_is_that_of_chicago(now: str, began: str, begins: str) -> None:
    clock = at(now)

    assert clock.day_start().isoformat() == f"{began}+00:00"
    assert clock.quota_reset().isoformat() == f"{begins}+00:00"
    assert clock.quota_reset_text() == (
        f"{begins.replace('T', ' ')[:16]} UTC (midnight in America/Chicago)"
    )


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ("2026-01-15T12:00:00+00:00", "2026-01-16T06:00:05"),
        ("2026-01-15T05:59:00+00:00", "2026-01-15T06:00:05"),
        # A refusal soon after midnight: the reset may be late.
        ("2026-01-15T06:00:05+00:00", "2026-01-15T06:15:05"),
        ("2026-01-15T07:04:00+00:00", "2026-01-15T07:19:00"),
        ("2026-01-15T07:06:00+00:00", "2026-01-16T06:00:05"),
    ],
)
def test_a_spent_quota_is_asked_for_again_at_midnight(now: str, again: str) -> None:
    expected = datetime.fromisoformat(f"{again}+00:00").timestamp()

    assert abs(at(now).worth_asking_at().timestamp() - expected) < 1
