"""What a series asks for: what its bookmark lacks, jobs of earlier runs fitted in, in order.

Each rule stands here once: which windows are missing, how far back a new window reaches for late
rows, which job of an earlier run is taken over, and in which order pieces are written.
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
"""As long as Marketo keeps the files of finished jobs."""
MARGIN = timedelta(days=1)
"""The creation of a program and the joining of its first members come from two servers."""

Needs = dict["Key", list[Window]]


@dataclass(frozen=True)
class PlanRules:
    """How windows are cut and ordered.

    Attributes:
        window_days: Days of one export job at most.
        newest_first: Whether history is exported backwards, after what is new.
        recent_only: Whether one recent window is enough, as for a test.
    """

    window_days: int = 31
    newest_first: bool = False
    recent_only: bool = False


def plan(series: Series, saved: list[SavedJob], rules: PlanRules, now: datetime) -> list[SavedJob]:
    """Lay out the pieces of a series.

    Args:
        series: With its request, bookmark and keys; its pieces are replaced.
        saved: Jobs that earlier runs left behind, in the order of their emission.
        rules: How windows are cut and ordered.
        now: The present, by Marketo's clock.

    Returns:
        The jobs that fit nothing that is missing.
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
    series.fresh = [one.window for one in new if one.window and not one.by_rest]
    # A file of an earlier run is older than any that this run makes: what it shows of a record
    # must not come last.
    series.pieces.extend([*adopted, *_ordered(series, new, rules)])
    return left


def _needs(series: Series, now: datetime) -> Needs:
    """What each key lacks, oldest first."""
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
                Window(max(one.start, oldest), one.end) for one in ranges if one.end >= oldest
            ]
        needs[key] = without(
            ranges, [one.window for one in series.done if one.window and key in one.keys]
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
    """Take over the jobs that export what is missing; takes it off the needs."""
    pieces: list[Piece] = []
    left: list[SavedJob] = []
    for job in saved:
        wanted = [key for key in job.keys or (WHOLE,) if key in needs]
        if (
            not _is_ours(series, job)
            or job.window is None
            or not wanted
            or job.window.end > series.period.end
            or not all(any(job.window.overlaps(one) for one in needs[key]) for key in wanted)
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
    """Windows for what is missing; keys that lack the same share their jobs."""
    alike: dict[tuple[bool, bool, tuple[Window, ...]], list[Key]] = {}
    for key, ranges in needs.items():
        if ranges:
            place = (key in series.late, key in series.rest_keys, tuple(ranges))
            alike.setdefault(place, []).append(key)
    for (_, _, lacking), keys in alike.items():
        size = series.per_job if series.part_filter else 1
        for at in range(0, len(keys), size):
            for one in lacking:
                # What comes before was exported by another run, which rows may have missed.
                whole = one.looked_back(series.lookback, series.period.start)
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
    new = [one for one in ordered if until and _window(one).end > until and not one.by_rest]
    chosen = set(map(id, new))
    history = [one for one in ordered if id(one) not in chosen and not one.by_rest]
    # By REST a lead is read as it is now; no export of an earlier moment may follow.
    return [*new, *history[::-1], *(one for one in ordered if one.by_rest)]


def _window(piece: Piece) -> Window:
    if piece.window is None:
        raise AssertionError(piece)
    return piece.window


def _plan_undated(series: Series, saved: list[SavedJob], now: datetime) -> list[SavedJob]:
    """Everything once: parts that an earlier run exported days ago belong to no table of today."""
    oldest = now - timedelta(days=FILE_DAYS)
    series.done = [
        one
        for one in series.done
        if one.window is not None or (series.keeps_done and one.begun and one.begun >= oldest)
    ]
    written = {key for one in series.done if one.window is None for key in one.keys}
    wanted = [key for key in series.keys if key not in written] or list(series.keys)
    if set(wanted) & written:
        series.done = [one for one in series.done if one.window is not None]
        written = set()
    begun = [one.begun for one in series.done if one.window is None and one.begun]
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
    """Plan anew, as the subscription lacks the usual filter.

    Args:
        series: With an alternative, and `missing_filter` set.
        saved: Jobs that fit no usual plan.
        rules: How windows are cut and ordered.
        now: The present, by Marketo's clock.

    Returns:
        The jobs that fit nothing that is missing.
    """
    other = series.alternative
    if other is None:
        raise AssertionError(series.name)
    series.request = other.request(series.request)
    series.rest_keys = other.rest_keys
    if other.keys is not None:
        series.keys, series.part_filter = other.keys, ""
    return plan(series, list(saved), rules, now)
