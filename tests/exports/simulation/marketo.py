"""Marketo's export queue by its documented rules, in virtual time, with configurable faults."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_marketo.client.errors import (
    AccessDeniedError,
    DailyCallsSpentError,
    ExportQueueFullError,
    ExportQuotaSpentError,
    FieldNotFoundError,
    FilterUnavailableError,
    NotFoundError,
    ResponseError,
    UnavailableError,
)
from tap_marketo.exports.job import ACTIVITIES, LEADS, ExportJob, JobState
from tap_marketo.values.times import rfc3339
from tests.exports.simulation.world import DAY, at, seconds

if TYPE_CHECKING:
    import random

    from tap_marketo.exports.job import ExportRequest
    from tap_marketo.exports.saved import Key
    from tap_marketo.exports.window import Window
    from tests.exports.simulation.world import World

PLACES, SLOTS = 10, 2
RETENTION = 7 * DAY
RESET = 5 * 3600.0
Row = tuple[tuple[int, ...], int]


def day_start(when: float) -> float:
    return (when - RESET) // DAY * DAY + RESET


@dataclass(eq=False)
class SimJob:
    export_id: str
    request: ExportRequest
    window: Window | None
    keys: tuple[Key, ...]
    made: float
    stranger: bool = False
    state: str = "Created"
    seconds: float = 60.0
    ends: float = 0.0
    started: float | None = None
    finished: float | None = None
    rows: list[Row] | None = None
    size: int = 0
    fate: str = ""
    excused: str = ""
    shown: ExportJob | None = None
    shown_in: str = ""
    unknown: bool = False


@dataclass
class FaultPlan:
    """How often each fault happens, until a time after which there are none."""

    until: float
    call: float = 0.0
    lost_answer: float = 0.0
    job: float = 0.0
    file: float = 0.0
    listing: float = 0.0
    too_long_days: float = 99.0
    no_filter: frozenset[str] = frozenset()
    gone_field: bool = False
    forgotten: float = 0.0
    calls_spent: float = 0.0


@dataclass
class Marketo:
    world: World
    draw: random.Random
    faults: FaultPlan
    limit: int
    bytes_a_day: dict[str, float]
    now: float = 0.0
    jobs: dict[str, SimJob] = field(default_factory=dict)
    queue: list[SimJob] = field(default_factory=list)
    known: dict[str, list[SimJob]] = field(default_factory=dict)
    arrivals: list[tuple[float, float]] = field(default_factory=list)
    used: dict[float, int] = field(default_factory=dict)
    calls: int = 0
    faults_seen: int = 0
    hid_jobs: bool = False
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    # Events without a call.

    def advance(self, to: float) -> None:
        """Start and end jobs until a time."""
        while True:
            ends = [one.ends for one in self.queue if one.state == "Processing"]
            comes = [one[0] for one in self.arrivals[:1]]
            moment = min([*ends, *comes], default=float("inf"))
            if moment > to:
                break
            self.now = max(self.now, moment)
            self._end_jobs()
            while self.arrivals and self.arrivals[0][0] <= self.now:
                _, length = self.arrivals.pop(0)
                if len(self.queue) < PLACES:
                    job = SimJob(f"s{next(self.numbers)}", None, None, (), self.now)  # type: ignore[arg-type]
                    job.stranger, job.state, job.seconds = True, "Queued", length
                    self.jobs[job.export_id] = job
                    self.queue.append(job)
            self._start_jobs()
        self.now = max(self.now, to)
        self._start_jobs()

    def ours_in_queue(self) -> int:
        return sum(not one.stranger for one in self.queue)

    def _leave(self, job: SimJob) -> None:
        if job in self.queue:
            self.queue.remove(job)

    def _start_jobs(self) -> None:
        running = sum(one.state == "Processing" for one in self.queue)
        for job in self.queue:
            if running >= SLOTS:
                return
            if job.state != "Queued":
                continue
            if job.fate == "wait" and self.now < self.faults.until:
                continue  # it does not start while there are faults
            running += 1
            job.state, job.started = "Processing", self.now
            job.ends = self.now + job.seconds
            if job.fate == "stick":
                job.ends = self.now + 40 * DAY
            if not job.stranger:
                job.rows = self._rows(job)

    def _end_jobs(self) -> None:
        for job in [one for one in self.queue if one.state == "Processing"]:
            if job.ends > self.now:
                continue
            self.queue.remove(job)
            job.finished = self.now
            days = job.window.seconds / DAY if job.window else 1.0
            if job.stranger:
                job.state = "Completed"
            elif job.fate == "fail" or (job.window and days > self.faults.too_long_days):
                job.state, job.rows, job.excused = "Failed", None, "failed"
            elif job.fate == "cancel":
                job.state, job.rows, job.excused = "Cancelled", None, "cancelled"
            else:
                job.state = "Completed"
                rate = self.bytes_a_day.get(job.request.name, 1000.0)
                job.size = max(1, int(rate * days * self.draw.uniform(0.8, 1.25)))
                today = day_start(self.now)
                self.used[today] = self.used.get(today, 0) + job.size
        self._start_jobs()

    def _rows(self, job: SimJob) -> list[Row]:
        world, now = self.world, self.now
        first = seconds(job.window.start) if job.window else -1e12
        last = seconds(job.window.end) + 1 if job.window else 1e12
        base = job.request.base
        if base == ACTIVITIES:
            return [
                (one.key, 0)
                for one in world.activities
                if first <= one.date < last and one.committed <= now
            ]
        if base == LEADS:
            things = world.leads
        else:
            programs = world.programs(now)
            things = [
                thing
                for number in map(int, job.keys)
                if number in programs
                for thing in world.members.get(number, ())
            ]
        rows = []
        for thing in things:
            version = thing.version(now)
            if version < 0:
                continue
            created = job.request.window_filter == "createdAt"
            moment = thing.times[0] if created else thing.times[version]
            if first <= moment < last:
                rows.append((thing.key, version))
        return rows

    # Faults.

    def _strikes(self, chance: float) -> bool:
        strikes = self.now < self.faults.until and self.draw.random() < chance
        self.faults_seen += strikes
        return strikes

    def _call(self) -> None:
        self.calls += 1
        if self._strikes(self.faults.calls_spent):
            raise DailyCallsSpentError("spent", code="607")
        if self._strikes(self.faults.call):
            raise UnavailableError("no answer", code="502")

    # Calls.

    def create(
        self, request: ExportRequest, window: Window | None, keys: tuple[Key, ...]
    ) -> ExportJob:
        self._call()
        kind = "leads" if request.base == LEADS else request.name
        if request.window_filter == "updatedAt" and kind in self.faults.no_filter:
            raise FilterUnavailableError("no such filter", code="1035")
        if self.faults.gone_field and "gone" in request.fields:
            raise FieldNotFoundError("Field gone not found", code="1006")
        if keys and not set(keys) <= set(self.world.programs(self.now)):
            raise ResponseError("Invalid program id", code="1003")
        if self.used.get(day_start(self.now), 0) >= self.limit:
            raise ExportQuotaSpentError("Export daily quota 500MB exceeded", code="1029")
        job = SimJob(f"j{next(self.numbers)}", request, window, keys, self.now)
        job.seconds = self.draw.uniform(20, 400)
        job.fate = self._fate()
        self.jobs[job.export_id] = job
        self.known.setdefault(request.base, []).append(job)
        if self._strikes(self.faults.lost_answer):
            raise UnavailableError("answer lost", code="502")
        return self._shown(job)

    def _fate(self) -> str:
        if not self._strikes(self.faults.job):
            return ""
        return self.draw.choice(["fail", "stick", "cancel", "fail", "wait"])

    def enqueue(self, export_id: str) -> None:
        self._call()
        job = self._job(export_id)
        if job.state != "Created":
            return
        if self.used.get(day_start(self.now), 0) >= self.limit:
            raise ExportQuotaSpentError("Export daily quota 500MB exceeded", code="1029")
        if len(self.queue) >= PLACES:
            raise ExportQueueFullError("Too many jobs in queue", code="1029")
        job.state = "Queued"
        self.queue.append(job)
        self.queue.sort(key=lambda one: one.made)
        self._start_jobs()
        if self._strikes(self.faults.lost_answer):
            raise UnavailableError("answer lost", code="502")

    def status(self, export_id: str) -> ExportJob:
        self._call()
        if self._strikes(self.faults.forgotten):
            if job := self.jobs.pop(export_id, None):
                job.excused = "forgotten"
                self._leave(job)
                if job in (known := self.known[job.request.base]):
                    known.remove(job)
                self.jobs[f"x{export_id}"] = job
                if job.state in {"Queued", "Processing", "Created"}:
                    job.state = "Failed"
            raise NotFoundError("no such job", code="1013")
        return self._shown(self._job(export_id))

    def list_jobs(self, base: str) -> list[ExportJob]:
        self._call()
        if self._strikes(self.faults.listing):
            kind = self.draw.choice(["refused", "empty", "odd"])
            self.hid_jobs = True
            if kind == "refused":
                raise AccessDeniedError("denied", code="603")
            if kind == "empty":
                return []
            return [
                ExportJob(one.export_id, one.state, one.records, one.file_size, finished_at="soon")
                for one in self._listed(base)
            ]
        return self._listed(base)

    def _listed(self, base: str) -> list[ExportJob]:
        oldest = self.now - RETENTION
        known = self.known[base] = [one for one in self.known.get(base, ()) if one.made > oldest]
        return [
            one.shown if one.shown and one.shown_in == one.state else self._shown(one)
            for one in known
        ]

    def cancel(self, export_id: str) -> None:
        self._call()
        job = self._job(export_id)
        if job.state in {"Created", "Queued", "Processing"}:
            job.state, job.rows, job.excused = "Cancelled", None, "cancelled"
            self._leave(job)
            self._start_jobs()

    def file(self, export_id: str) -> tuple[list[Row], bool]:
        """The rows of a file, and whether it can be read to its end."""
        self._call()
        job = self._job(export_id)
        if job.rows is None or (job.finished or 0) < self.now - RETENTION:
            raise NotFoundError("no such file", code="404")
        if self._strikes(self.faults.file):
            job.excused = "file"
            if self.draw.random() < 0.5:
                raise NotFoundError("no such file", code="404")
            return job.rows, False
        return job.rows, True

    def _job(self, export_id: str) -> SimJob:
        if export_id not in self.jobs:
            raise NotFoundError("no such job", code="1013")
        return self.jobs[export_id]

    def _shown(self, job: SimJob) -> ExportJob:
        done = job.state == "Completed"
        if job.shown and job.shown_in == job.state:
            return job.shown
        job.shown_in = job.state
        job.shown = ExportJob(
            job.export_id,
            JobState.parse(job.state),
            len(job.rows or ()) if done else None,
            job.size if done else None,
            finished_at=rfc3339(at(job.finished)) if done and job.finished else None,
        )
        return job.shown
