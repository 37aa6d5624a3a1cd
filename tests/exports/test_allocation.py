"""Properties of the daily export allocation: a promise counts, a learned size is kept."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo.exports.allocation import MEGABYTE, Allocation
from tap_marketo.exports.window import SECOND, Window

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
LEADS = "leads"


def of_hours(hours: int) -> Window:
    return Window(BEGIN, BEGIN + timedelta(hours=hours) - SECOND)


@given(
    rate=st.integers(1, MEGABYTE),
    lengths=st.lists(st.integers(1, 31 * 24), max_size=30),
    reserve=st.integers(0, 90),
)
def test_what_fits_stays_below_limit_and_reserve(
    rate: int, lengths: list[int], reserve: int
) -> None:
    allocation = Allocation(500, reserve)
    allocation.learn(LEADS, of_hours(24), 24 * rate)

    for number, hours in enumerate(lengths):
        if allocation.fits(LEADS, of_hours(hours)):
            allocation.promise(number, LEADS, of_hours(hours))
            if number % 2:
                allocation.spend(number, LEADS, of_hours(hours), hours * rate)

    under_way = sum(allocation._promised.values())
    assert allocation.used + under_way <= 500 * MEGABYTE * (100 - reserve) / 100


@given(st.integers(1, 31 * 24), st.integers(1, 31 * 24), st.integers(1, MEGABYTE))
def test_an_estimate_grows_with_the_window(measured: int, wanted: int, rate: int) -> None:
    allocation = Allocation(500, 0)
    allocation.learn(LEADS, of_hours(measured), measured * rate)

    assert allocation.estimate(LEADS, of_hours(wanted)) == pytest.approx(wanted * rate, abs=1)


@given(
    st.lists(st.tuples(st.integers(1, 31 * 24), st.integers(0, 10**9)), max_size=8),
    st.integers(1, 31 * 24),
)
def test_the_next_run_estimates_as_this_one(files: list[tuple[int, int]], wanted: int) -> None:
    allocation = Allocation(500, 0)
    for hours, size in files:
        allocation.learn(LEADS, of_hours(hours), size)

    learned = json.loads(json.dumps(allocation.to_state()))

    again = Allocation(500, 0, learned)
    old, new = (one.estimate(LEADS, of_hours(wanted)) for one in (allocation, again))
    assert new == pytest.approx(old, rel=1e-6, abs=31 * 24)
    assert again.knows(LEADS) == bool(files)


@pytest.mark.parametrize("learned", [{LEADS: None}, {LEADS: {"x": [1, 2]}}, {LEADS: {"1": 3}}])
def test_sizes_that_cannot_be_read_are_learned_again(learned: dict[str, Any]) -> None:
    assert not Allocation(500, 0, learned).knows(LEADS)


def test_a_job_that_came_to_nothing_gives_its_share_back() -> None:
    allocation = Allocation(100, 0)
    allocation.learn(LEADS, of_hours(1), 60 * MEGABYTE)
    allocation.promise("job", LEADS, of_hours(1))
    assert not allocation.fits(LEADS, of_hours(1))

    allocation.release("job")

    assert allocation.fits(LEADS, of_hours(1))


def test_a_new_day_begins_with_nothing_used() -> None:
    allocation = Allocation(100, 0)
    allocation.begin_day(BEGIN)
    allocation.spend("job", LEADS, of_hours(1), 100 * MEGABYTE)
    assert not allocation.fits(LEADS, of_hours(1))

    allocation.begin_day(BEGIN + timedelta(days=1))

    assert allocation.fits(LEADS, of_hours(1))
