"""Properties of windows and of coverage: no second is lost, none is asked for twice."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tap_marketo.exports.window import SECOND, Coverage, Window, without

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def at(second: int) -> datetime:
    return BEGIN + timedelta(seconds=second)


def seconds(windows: list[Window]) -> list[int]:
    """Each second of some windows, repeated where they overlap."""
    offsets = [((one.start - BEGIN).total_seconds(), one.seconds) for one in windows]
    return [int(start) + step for start, length in offsets for step in range(length)]


SHORT_WINDOWS = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(
    lambda pair: Window(at(pair[0]), at(pair[0] + pair[1]))
)
LONG_WINDOWS = st.tuples(st.integers(0, 10**7), st.integers(0, 2 * 10**7)).map(
    lambda pair: Window(at(pair[0]), at(pair[0] + pair[1]))
)


@given(LONG_WINDOWS, st.integers(1, 31))
def test_a_split_follows_on_without_gap_or_overlap(window: Window, days: int) -> None:
    pieces = window.split(days)

    assert pieces[0].start == window.start
    assert pieces[-1].end == window.end
    assert all(piece.seconds <= days * DAY.total_seconds() for piece in pieces)
    assert all(before.end + SECOND == after.start for before, after in pairwise(pieces))


@given(LONG_WINDOWS.filter(lambda window: window.seconds > 1))
def test_two_halves_are_the_whole(window: Window) -> None:
    older, newer = window.halves()

    assert (older.start, newer.end) == (window.start, window.end)
    assert older.end + SECOND == newer.start
    assert abs(older.seconds - newer.seconds) <= 1


@given(LONG_WINDOWS)
def test_a_window_survives_as_a_filter(window: Window) -> None:
    assert Window.from_filter(window.as_filter()) == window


@given(st.lists(SHORT_WINDOWS), st.lists(SHORT_WINDOWS))
def test_without_takes_off_exactly_the_parts(ranges: list[Window], parts: list[Window]) -> None:
    taken = set(seconds(parts))

    left = seconds(without(ranges, parts))

    assert sorted(left) == sorted(one for one in seconds(ranges) if one not in taken)


@given(st.lists(SHORT_WINDOWS), st.integers(0, 60))
def test_what_is_missing_is_what_was_not_added(added: list[Window], end: int) -> None:
    coverage = Coverage(BEGIN - SECOND)

    for window in added:
        coverage.add(window)

    wanted = set(range(end + 1)) - set(seconds(added))
    assert seconds(coverage.missing(at(end))) == sorted(wanted)


@given(LONG_WINDOWS, st.integers(0, 10**6), st.integers(0, 2 * 10**7))
def test_looking_back_never_begins_later(window: Window, by: int, earliest: int) -> None:
    back = window.with_lookback(by, at(earliest))

    assert back.end == window.end
    assert window.start - timedelta(seconds=by) <= back.start <= window.start
    assert back.start >= min(window.start, at(earliest))
