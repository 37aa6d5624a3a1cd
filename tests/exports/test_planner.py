"""Properties of a plan: it asks for what is missing, takes over every job that fits, in order."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tap_marketo.exports.job import LEADS, ExportRequest
from tap_marketo.exports.machine.series import Series
from tap_marketo.exports.planner import PlanRules, plan
from tap_marketo.exports.saved import SavedJob
from tap_marketo.exports.window import SECOND, Coverage, Window, without

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
REQUEST = ExportRequest("leads", LEADS, ("id",), "updatedAt")
PERIOD = Window(BEGIN, BEGIN + 100 * DAY - SECOND)

DAYS = st.tuples(st.integers(0, 99), st.integers(1, 40)).map(
    lambda pair: Window(
        BEGIN + pair[0] * DAY, min(BEGIN + (pair[0] + pair[1]) * DAY - SECOND, PERIOD.end)
    )
)
RULES = st.builds(PlanRules, window_days=st.integers(1, 31), newest_first=st.booleans())


def series_with(exported: list[Window], **more: Any) -> Series:
    coverage = Coverage(PERIOD.start - SECOND)
    for window in exported:
        coverage.add(window)
    return Series(REQUEST, PERIOD, coverage, had_bookmark=bool(exported), **more)


def saved(number: int, window: Window | None, request: ExportRequest = REQUEST) -> SavedJob:
    return SavedJob(f"job-{number}", request.base, request.fingerprint, window)


def windows(series: Series) -> list[Window]:
    return [piece.window for piece in series.pieces if piece.window]


@given(st.lists(DAYS, max_size=4), st.lists(DAYS, max_size=4), RULES)
def test_everything_missing_is_asked_for(
    exported: list[Window], jobs: list[Window], rules: PlanRules
) -> None:
    series = series_with(exported)
    missing = series.coverage.missing(PERIOD.end)

    plan(series, [saved(number, one) for number, one in enumerate(jobs)], rules, PERIOD.end)

    assert not without(missing, windows(series))


@given(st.lists(DAYS, max_size=4), RULES)
def test_new_windows_ask_for_nothing_twice(exported: list[Window], rules: PlanRules) -> None:
    series = series_with(exported)
    missing = series.coverage.missing(PERIOD.end)

    plan(series, [], rules, PERIOD.end)

    asked = windows(series)
    assert sum(one.seconds for one in asked) == sum(one.seconds for one in missing)
    assert all(one.seconds <= rules.window_days * DAY.total_seconds() for one in asked)


@given(st.lists(DAYS, max_size=4), st.lists(DAYS, max_size=4), RULES)
def test_a_job_is_taken_over_or_returned(
    exported: list[Window], jobs: list[Window], rules: PlanRules
) -> None:
    series = series_with(exported)
    fitting = [saved(number, one) for number, one in enumerate(jobs)]
    strange = saved(99, jobs[0] if jobs else None, ExportRequest("l", LEADS, ("x",), "updatedAt"))

    left = plan(series, [*fitting, strange], rules, PERIOD.end)

    adopted = [piece for piece in series.pieces if piece.adopted]
    assert sorted([*(piece.export_id for piece in adopted), *(job.export_id for job in left)]) == [
        job.export_id for job in [*fitting, strange]
    ]
    assert strange in left
    taken = [piece.window for piece in adopted if piece.window]
    new = [piece.window for piece in series.pieces if piece.window and not piece.adopted]
    assert without(new, taken) == new
    # Their files are older than what this run exports, so they are written first.
    assert list(series.pieces)[: len(adopted)] == adopted


def test_a_job_that_ends_after_this_run_is_left() -> None:
    series = series_with([])
    later = saved(1, Window(PERIOD.start, PERIOD.end + SECOND))

    assert plan(series, [later], PlanRules(), PERIOD.end) == [later]


@given(st.lists(DAYS, max_size=4), st.integers(1, 31))
def test_newest_first_writes_what_is_new_and_then_history_backwards(
    exported: list[Window], days: int
) -> None:
    series = series_with(exported)

    plan(series, [], PlanRules(window_days=days, newest_first=True), PERIOD.end)

    asked = windows(series)
    until = series.coverage.until if exported else PERIOD.start - SECOND
    new = [one for one in asked if exported and one.end > until]
    assert asked[: len(new)] == sorted(new)
    assert asked[len(new) :] == sorted(asked[len(new) :], reverse=True)


@given(st.lists(DAYS, min_size=1, max_size=3), st.integers(0, 10**6))
def test_a_new_window_looks_back_over_other_runs(exported: list[Window], lookback: int) -> None:
    series = series_with(exported, lookback=lookback)
    missing = series.coverage.missing(PERIOD.end)

    plan(series, [], PlanRules(), PERIOD.end)

    reach = [one.with_lookback(lookback, PERIOD.start) for one in missing]
    assert not without(reach, windows(series))
    assert not without(windows(series), reach)


@given(st.integers(1, 60), st.sets(st.integers(0, 59)))
def test_parts_of_a_table_are_exported_once(programs: int, written: set[int]) -> None:
    undated = REQUEST.undated()
    keys = tuple(str(number) for number in range(programs))
    series = Series(
        undated, PERIOD, Coverage(PERIOD.start - SECOND), keys=keys, part_filter="programIds"
    )
    done = [key for key in keys if int(key) in written][:10]
    job = SavedJob("job", LEADS, undated.fingerprint, None, tuple(done), begun=PERIOD.end - DAY)

    left = plan(series, [job] if done else [], PlanRules(), PERIOD.end)

    asked = [key for piece in series.pieces for key in piece.keys]
    assert not left
    assert sorted(asked) == sorted(keys)
    assert all(len(piece.keys) <= series.per_job for piece in series.pieces)
