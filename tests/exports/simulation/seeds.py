"""A seed: a random instance, random settings, random faults and kills, and the invariants."""

from __future__ import annotations

import json
import logging
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.exports.simulation.marketo import FaultPlan, Marketo, day_start
from tests.exports.simulation.night import BrokenRuleError, KilledError, Night, Settings
from tests.exports.simulation.target import Target
from tests.exports.simulation.world import DAY, make_world, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_marketo.exports.window import Window
    from tests.exports.simulation.marketo import SimJob

BUSY_DAYS = 4
MOST_NIGHTS = 60
MEGABYTE = 1024 * 1024


@contextmanager
def _silence() -> Iterator[None]:
    """Silence the loggers during the nights, and restore them afterwards."""
    loggers = [logging.getLogger(name) for name in ("tap-marketo", "tap-marketo.events")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)


class Seed:
    """The instance, settings and nights of a seed.

    Attributes:
        history: Events, one per line.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.history: list[str] = []
        draw = self.draw = random.Random(number)  # noqa: S311 - a simulation, not a secret
        streams = draw.choice(
            [("leads",), ("activities",), ("program_members",), ("leads", "activities"),
             ("activities", "leads", "program_members")]
        )  # fmt: skip
        history = draw.choice([3, 10, 35, 60])
        window = draw.choice([one for one in (1, 3, 7, 31) if history / one <= 12])
        rich = draw.random() < 0.7
        self.settings = Settings(
            streams=streams,
            history_days=history,
            start_date=draw.random() < 0.7,
            window_days=window,
            newest_first=draw.random() < 0.4,
            lookback=7200,
            max_jobs=draw.choice([1, 2, 4, 10]),
            quota_mb=500.0 if rich else 1.0,
            reserve=0.0 if rich else draw.choice([0.0, 40.0]),
            wait=draw.random() < 0.3,
            poll=draw.choice([60.0, 120.0, 300.0]),
            # A full table that needs more than a day's allocation starts again each day.
            full_table=draw.random() < 0.15 and rich,
            slow_target=draw.choice([1.0, 1.0, 200.0]),
        )
        self.quiet = BUSY_DAYS * DAY
        calm = draw.random() < 0.25
        rate = 0.0 if calm else draw.choice([0.005, 0.02, 0.08])
        faults = FaultPlan(
            until=self.quiet,
            call=rate,
            lost_answer=rate,
            job=rate * 2,
            file=rate * 2,
            listing=rate * 4,
            forgotten=rate,
            calls_spent=rate / 8,
            too_long_days=draw.choice([99.0, 99.0, 99.0, 5.0, 1.5]),
            no_filter=draw.choice(
                [frozenset[str]()] * 3 + [frozenset({"leads"}), frozenset({"program_members"})]
            ),
            gone_field=draw.random() < 0.1,
        )
        day = MEGABYTE / 31 * draw.choice([0.1, 0.4, 1.2])
        self.marketo = Marketo(
            make_world(draw, history, BUSY_DAYS, 7000.0),
            draw,
            faults,
            limit=int(self.settings.quota_mb * MEGABYTE),
            bytes_a_day=dict.fromkeys(streams, 1000.0 if rich else day),
        )
        self.marketo.arrivals = sorted(
            (draw.uniform(0, self.quiet), draw.uniform(60, 7200))
            for _ in range(draw.choice([0, 0, 20, 150]))
        )
        self.kills = 0 if draw.random() < 0.25 else draw.randint(1, 8)
        self.target = Target()
        self.start = -history * DAY

    def __str__(self) -> str:
        return "\n".join([f"seed {self.number}", str(self.settings), str(self.marketo.faults),
                          *self.history])  # fmt: skip

    def run(self) -> None:
        """Run nights until the world stops changing and no work is left.

        Raises:
            BrokenRuleError: An invariant is broken.
        """
        now, last = 0.0, False
        marketo, draw = self.marketo, self.draw
        for _ in range(MOST_NIGHTS):
            kill = draw.choice([5, 20, 60, 200]) if self.kills else None
            night = self._night(now, draw.randint(1, kill) if kill else None)
            before = (len(marketo.jobs), marketo.calls, marketo.faults_seen)
            covered = self._covered()
            try:
                with _silence():
                    code = night.run()
            except KilledError:
                self.kills -= 1
                code = -9
            self.history.append(f"== {night.now:.0f}: ends with {code}")
            self._check_night(night, code, before, covered)
            quiet = night.began > self.quiet + 2 * 3600
            if code == 0 and quiet:
                if last:
                    self._check_truth()
                    self._check_exports()
                    return
                last = True
            now = night.now + draw.choice([0.0, 10.0, 3600.0, 20 * 3600.0])
            if code and not self.kills:
                now = max(now, day_start(now) + DAY + 120)
            if now > self.quiet and not quiet:
                now = max(now, self.quiet + 3 * 3600)
            marketo.advance(now)
        raise BrokenRuleError(f"progress: not done after {MOST_NIGHTS} nights")

    def _night(self, now: float, kill: int | None) -> Night:
        def tell(line: str) -> None:
            self.history.append(f"{night.now if night else now:10.0f} {line}")

        night: Night | None = None
        self.history.append(f"== {now:.0f}: begins, killed after {kill}")
        night = Night(self.marketo, self.settings, self.target, self.draw, now, tell, kill)
        for series in night.series:
            self.history.append(f"   {series.name}: {len(series.pieces)} pieces")
            if not series.had_bookmark or series.late:
                self.start = max(self.start, seconds(series.period.start))
        return night

    def _covered(self) -> dict[str, str]:
        bookmarks = json.loads(self.target.state).get("bookmarks", {})
        return {
            name: bookmark.get("replication_key_value", "")
            for name, bookmark in bookmarks.items()
            if not (self.settings.full_table and name == "program_members")
        }

    # Invariants.

    def _check_night(
        self, night: Night, code: int, before: tuple[int, int, int], covered: dict[str, str]
    ) -> None:
        for name, value in covered.items():
            if self._covered().get(name, "") < value:
                raise BrokenRuleError(f"progress: the bookmark of {name} moved back")
        if stale := self.target.stale():
            raise BrokenRuleError(f"newest last: {stale[:3]}")
        marketo = self.marketo
        jobs, faults = len(marketo.jobs) - before[0], marketo.faults_seen - before[2]
        pieces = sum(len(series.pieces) for series in night.series)
        looks = (night.now - night.began) / night.settings.poll * (3 + night.settings.max_jobs)
        calls = marketo.calls - before[1]
        known = len(json.loads(self.target.state).get("export_jobs", ()))
        most = 20 + 4 * jobs + 2 * looks + 10 * faults + 4 * known + pieces
        waiting = (night.now - night.began) / 10
        if calls > most + waiting:
            raise BrokenRuleError(f"calls: {calls}, more than {most:.0f}")
        if code == 0:
            for series in night.series:
                missing = series.coverage.missing(series.period.end)
                if (
                    (missing and series.keys and not series.is_undated)
                    or series.pieces
                    or series.holes
                ):
                    raise BrokenRuleError(f"exit 0, but {series.name} lacks {missing}")
        self._check_allocation()

    def _check_allocation(self) -> None:
        if self.marketo.hid_jobs:
            return  # the used allocation is unknown
        ours = self.settings.quota_mb * MEGABYTE * (100 - self.settings.reserve) / 100
        sizes = [job.size for job in self.marketo.jobs.values()] or [0]
        error = 0.5 * max(sizes) * max(1, min(self.settings.max_jobs, 4)) + max(sizes)
        for today in self.marketo.used:
            used = sum(
                job.size
                for job in self.marketo.jobs.values()
                if job.finished and day_start(job.finished) == today and not job.unknown
            )
            if used > ours + error:
                raise BrokenRuleError(f"allocation: {used} of {ours} bytes a day")

    def _check_truth(self) -> None:
        marketo, settings = self.marketo, self.settings
        world, rows = marketo.world, self.target.rows
        start = self.start
        wanted: dict[tuple[str, tuple[int, ...]], int] = {}
        if "leads" in settings.streams:
            wanted |= {
                ("leads", lead.key): len(lead.times) - 1
                for lead in world.leads
                if lead.times[-1] >= start
            }
        if "activities" in settings.streams:
            wanted |= {
                ("activities", activity.key): 0
                for activity in world.activities
                if activity.date >= start
            }
        if "program_members" in settings.streams:
            there = world.programs(marketo.now)
            wanted |= {
                ("program_members", one.key): len(one.times) - 1
                for number in there
                for one in world.members[number]
                if one.times[-1] >= start
            }
        lost = [one for one, version in wanted.items() if rows.get(one, -1) < version]
        if lost:
            raise BrokenRuleError(
                f"nothing lost: {lost[:3]}, has {[rows.get(one) for one in lost[:3]]}"
            )

    def _check_exports(self) -> None:
        """No second of a kind is exported twice, except because of a fault or of an old file."""
        if self.settings.full_table:
            return
        for one, other in self._pairs():
            if one.window and other.window and set(one.keys or "-") & set(other.keys or "-"):
                common = _common(one.window, other.window)
                if common > self.settings.lookback + 3600 and not self._is_late(one, other):
                    raise BrokenRuleError(
                        f"nothing twice: {one.export_id} {one.window} {one.keys} and"
                        f" {other.export_id} {other.window} {other.keys}"
                    )

    def _pairs(self) -> Iterator[tuple[SimJob, SimJob]]:
        jobs = [
            job
            for job in self.marketo.jobs.values()
            if not job.stranger and job.state == "Completed" and not job.excused
        ]
        for place, one in enumerate(jobs):
            for other in jobs[place + 1 :]:
                if one.request.fingerprint == other.request.fingerprint:
                    yield one, other

    def _is_late(self, one: SimJob, other: SimJob) -> bool:
        # A program that was not visible before, or whose file was too old.
        return abs(one.made - other.made) > 6 * DAY


def _common(one: Window, other: Window) -> float:
    return (min(one.end, other.end) - max(one.start, other.start)).total_seconds()


def run_seed(number: int) -> Seed:
    """Run a seed.

    Raises:
        BrokenRuleError: An invariant is broken; the text has the history.
    """
    seed = Seed(number)
    try:
        seed.run()
    except BrokenRuleError as error:
        raise BrokenRuleError(f"{error}\n{seed}") from None
    return seed
