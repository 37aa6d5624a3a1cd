"""Plans the pieces of a series.

The planner decides which windows are missing, how far a new window looks back for late rows,
which jobs of earlier runs are taken over, and in which order pieces are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_marketo.exports.job import ExportJob, JobState
from tap_marketo.exports.machine.series import WHOLE, Phase, Piece
from tap_marketo.exports.window import SECOND, Window, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tap_marketo.exports.machine.series import Series
    from tap_marketo.exports.saved import Key, SavedJob

FILE_DAYS = 7
"""Days that Marketo keeps the files of completed jobs."""
MARGIN = timedelta(days=1)
"""Tolerance between the times of a program's creation and of its first members."""

Needs = dict["Key", list[Window]]


@dataclass(frozen=True)
class PlanRules:
    """How windows are split and ordered.

    Attributes:
        window_days: Maximum days of one export job.
        newest_first: Whether history is exported backwards, after new records.
        recent_only: Whether to export only one recent window, for a test.
    """

    window_days: int = 31
    newest_first: bool = False
    recent_only: bool = False


def plan(series: Series, saved: list[SavedJob], rules: PlanRules, now: datetime) -> list[SavedJob]:
    """Plan the pieces of a series.

    Args:
        series: Series to plan; its pieces are replaced.
        saved: Jobs of earlier runs, in the order in which they are written.
        rules: How windows are split and ordered.
        now: Marketo's time.

    Returns:
        The jobs that match no missing window.
    """
    series.pieces.clear()
    series.fresh.clear()
    if rules.recent_only:
        series.pieces.append(_recent(series, rules))
        return saved
    if series.is_undated:
        return _plan_undated(series, saved, now)
    needs = _needs(series, now)
    adopted, left = _adopt(series, needs, saved)
    new = list(_new_pieces(series, needs, rules))
    series.fresh = [piece.window for piece in new if piece.window and not piece.by_rest]
    # Files of earlier runs have older versions of a record, so they must be written first.
    series.pieces.extend([*adopted, *_ordered(series, new, rules)])
    return left


def _needs(series: Series, now: datetime) -> Needs:
    """Return the missing ranges of each key, oldest first."""
    alternative = series.alternative if series.missing_filter else None
    missing = series.coverage.missing(series.period.end)
    if alternative and alternative.whole_period:
        missing = [series.period]
    needs: Needs = {}
    for key in series.keys:
        ranges = missing
        if key in series.late:
            ranges = _since(series.period, series.late[key])
        if key in series.rest_keys and alternative and alternative.days_kept:
            oldest = now - timedelta(days=alternative.days_kept)
            ranges = [
                Window(max(missing_range.start, oldest), missing_range.end)
                for missing_range in ranges
                if missing_range.end >= oldest
            ]
        needs[key] = without(
            ranges, [done.window for done in series.done if done.window and key in done.keys]
        )
    return needs


def _since(whole: Window, since: datetime | None) -> list[Window]:
    if since is None:
        return [whole]
    since = since - MARGIN
    return [Window(max(whole.start, since), whole.end)] if whole.end >= since else []


def _adopt(
    series: Series, needs: Needs, saved: list[SavedJob]
) -> tuple[list[Piece], list[SavedJob]]:
    """Take over the jobs that export missing windows, and subtract these from the needs."""
    pieces: list[Piece] = []
    left: list[SavedJob] = []
    for job in saved:
        wanted = [key for key in job.keys or (WHOLE,) if key in needs]
        if (
            not _is_ours(series, job)
            or job.window is None
            or not wanted
            or job.window.end > series.period.end
            or not all(
                any(job.window.overlaps(missing_range) for missing_range in needs[key])
                for key in wanted
            )
        ):
            left.append(job)
            continue
        for key in wanted:
            needs[key] = without(needs[key], [job.window])
        pieces.append(_adopted(series, job, tuple(wanted)))
    return pieces, left


def _is_ours(series: Series, job: SavedJob) -> bool:
    return job.base == series.request.base and job.request == series.request.fingerprint


def _adopted(series: Series, job: SavedJob, keys: tuple[Key, ...]) -> Piece:
    unseen = ExportJob(job.export_id, JobState.UNKNOWN)
    return Piece(series, job.window, keys, job=unseen, recorded=True, adopted=True)


def _new_pieces(series: Series, needs: Needs, rules: PlanRules) -> Iterator[Piece]:
    """Yield pieces for the missing ranges; keys with the same ranges share jobs."""
    alike: dict[tuple[bool, bool, tuple[Window, ...]], list[Key]] = {}
    for key, ranges in needs.items():
        if ranges:
            place = (key in series.late, key in series.rest_keys, tuple(ranges))
            alike.setdefault(place, []).append(key)
    for (_, _, ranges_of_keys), keys in alike.items():
        size = series.per_job if series.part_filter else 1
        for at in range(0, len(keys), size):
            for missing in ranges_of_keys:
                # An earlier run exported the time before, but late rows may be missing from it.
                whole = missing.with_lookback(series.lookback, series.period.start)
                for window in whole.split(rules.window_days):
                    piece = Piece(series, window, tuple(keys[at : at + size]))
                    piece.phase = Phase.READY if piece.by_rest else Phase.PLANNED
                    yield piece


def _ordered(series: Series, pieces: list[Piece], rules: PlanRules) -> list[Piece]:
    def place(piece: Piece) -> tuple[datetime, datetime, bool]:
        window = _window(piece)
        return window.start, window.end, piece.by_rest

    ordered = sorted(pieces, key=place)
    if not rules.newest_first:
        return ordered
    until = series.coverage.until if series.had_bookmark else None
    by_rest = [piece for piece in ordered if piece.by_rest]
    exports = [piece for piece in ordered if not piece.by_rest]
    new = [piece for piece in exports if until and _window(piece).end > until]
    chosen = set(map(id, new))
    history = [piece for piece in exports if id(piece) not in chosen]
    # REST returns the current version of a lead, so no older export may be written after it.
    return [*new, *history[::-1], *by_rest]


def _window(piece: Piece) -> Window:
    if piece.window is None:
        raise AssertionError(piece)
    return piece.window


def _plan_undated(series: Series, saved: list[SavedJob], now: datetime) -> list[SavedJob]:
    """Plan an export of everything; parts that an earlier run exported days ago are too old."""
    oldest = now - timedelta(days=FILE_DAYS)
    series.done = [
        done
        for done in series.done
        if done.window is not None or (series.keeps_done and done.begun and done.begun >= oldest)
    ]
    written = {key for done in series.done if done.window is None for key in done.keys}
    wanted = [key for key in series.keys if key not in written] or list(series.keys)
    if set(wanted) & written:
        series.done = [done for done in series.done if done.window is not None]
        written = set()
    begun = [done.begun for done in series.done if done.window is None and done.begun]
    left: list[SavedJob] = []
    adopted: list[Piece] = []
    for job in saved:
        keys = tuple(key for key in job.keys or (WHOLE,) if key in wanted)
        fits = _is_ours(series, job) and job.window is None and keys
        if not (fits and job.begun and job.begun >= oldest):
            left.append(job)
            continue
        wanted = [key for key in wanted if key not in keys]
        begun.append(job.begun)
        adopted.append(_adopted(series, job, keys))
    series.begun = min(begun, default=now)
    size = series.per_job if series.part_filter else len(wanted) or 1
    new = [Piece(series, None, tuple(wanted[at : at + size])) for at in range(0, len(wanted), size)]
    series.pieces.extend([*adopted, *new])
    return left


def _recent(series: Series, rules: PlanRules) -> Piece:
    keys = series.keys[: series.per_job]
    if series.is_undated:
        return Piece(series, None, keys)
    end = series.period.end
    return Piece(series, Window(end - timedelta(days=rules.window_days) + SECOND, end), keys)


def replan_as_alternative(
    series: Series, saved: Iterable[SavedJob], rules: PlanRules, now: datetime
) -> list[SavedJob]:
    """Plan a series again for a subscription without the usual filter.

    Args:
        series: Series with an alternative and `missing_filter` set.
        saved: Jobs that did not match the usual plan.
        rules: How windows are split and ordered.
        now: Marketo's time.

    Returns:
        The jobs that match no missing window.
    """
    other = series.alternative
    if other is None:
        raise AssertionError(series.name)
    series.request = other.request(series.request)
    series.rest_keys = other.rest_keys
    if other.keys is not None:
        series.keys, series.part_filter = other.keys, ""
    return plan(series, list(saved), rules, now)
