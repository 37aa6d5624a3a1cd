"""The export queue for all object types and callers, with its states and limits."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox import export
from marketo_sandbox.clock import iso
from marketo_sandbox.export import ExportFile, Refused

if TYPE_CHECKING:
    from marketo_sandbox.world import World

RUNNING, PLACES = 2, 10
MEGABYTE = 1024 * 1024
FILE_DAYS, LIST_DAYS, STATUS_DAYS = 7, 7, 30
STRANGER = "stranger"
OVER = frozenset({"Completed", "Failed", "Cancelled"})


@dataclass
class Job:
    """An export job."""

    export_id: str
    kind: str
    user: str
    body: dict[str, Any]
    created: datetime
    status: str = "Created"
    queued: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    seconds: float = 0.0
    file: ExportFile | None = None
    error: str | None = None
    fault: str | None = None
    downloads: int = 0
    shown: dict[str, Any] = field(default_factory=dict)
    shown_at: datetime | None = None


class Queue:
    """Runs two jobs at a time and holds ten; the visible status may be a minute old."""

    def __init__(self, world: World) -> None:
        """Start empty.

        Args:
            world: World with data, clock and options.
        """
        self.world = world
        self.jobs: dict[str, Job] = {}
        self.most_queued: dict[str, int] = {}
        self.used_by_others = Counter[datetime]()
        self.faults: dict[str, list[str]] = {}
        self._random = random.Random(world.options.seed)  # noqa: S311 - data, not secrets
        self._last_end: datetime | None = None
        self._lock = threading.RLock()

    def create(self, kind: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create a job, which does nothing until it is enqueued."""
        with self._lock:
            self._refuse_spent()
            export.check(self.world, kind, body)
            job = Job(str(uuid.uuid4()), kind, user, body, self.world.clock.now())
            self.jobs[job.export_id] = job
            return self._describe(job)

    def enqueue(self, kind: str, user: str, export_id: str) -> dict[str, Any]:
        """Enqueue a job."""
        with self._lock:
            self.turn()
            job = self._find(kind, user, export_id)
            if job.status != "Created":
                raise Refused("1029", "Job already queued")
            self._refuse_spent()
            if len(self._in_queue()) >= PLACES:
                raise Refused("1029", "Too many jobs in queue")
            self._put(job)
            return self._describe(job)

    def cancel(self, kind: str, user: str, export_id: str) -> dict[str, Any]:
        """Cancel a job."""
        with self._lock:
            self.turn()
            job = self._find(kind, user, export_id)
            if job.status in OVER:
                raise Refused("1003", f"Job is {job.status}")
            self._finish(job, "Cancelled")
            return self._describe(job)

    def status(self, kind: str, user: str, export_id: str) -> dict[str, Any]:
        """The status of a job that the caller sees."""
        with self._lock:
            self.turn()
            return self._seen(self._find(kind, user, export_id))

    def listed(self, kind: str, user: str, wanted: set[str]) -> list[dict[str, Any]]:
        """A caller's jobs of the last seven days."""
        with self._lock:
            self.turn()
            oldest = self.world.clock.now() - timedelta(days=LIST_DAYS)
            visible = [
                self._seen(job)
                for job in self.jobs.values()
                if job.kind == kind and job.user == user and job.created >= oldest
            ]
            return [job for job in visible if not wanted or job["status"] in wanted]

    def file(self, kind: str, user: str, export_id: str) -> Job:
        """A completed job with its file.

        Raises:
            Refused: The file does not exist, or no longer exists.
        """
        with self._lock:
            self.turn()
            job = self._find(kind, user, export_id)
            expired = self.world.clock.now() - timedelta(days=FILE_DAYS)
            if not job.file or not job.finished or job.finished < expired:
                raise Refused("404", "The file does not exist")
            return job

    def fill(self, count: int) -> None:
        """Enqueue jobs of other callers.

        Args:
            count: Number of jobs.
        """
        with self._lock:
            self.turn()
            for _ in range(count):
                now = self.world.clock.now()
                body = {"fields": ["id"], "filter": {"createdAt": {
                    "startAt": iso(now), "endAt": iso(now)}}}  # fmt: skip
                job = Job(str(uuid.uuid4()), export.LEADS, STRANGER, body, now)
                self.jobs[job.export_id] = job
                self._put(job)
            self.turn()

    def drain(self) -> None:
        """Cancel the jobs of other callers."""
        with self._lock:
            for job in self.jobs.values():
                if job.user == STRANGER and job.status not in OVER:
                    self._finish(job, "Cancelled")

    def used(self) -> int:
        """Used bytes of the daily export allocation, by all callers."""
        midnight = self.world.clock.midnight()
        return self.used_by_others[midnight] + sum(
            job.file.size
            for job in self.jobs.values()
            if job.file and job.finished and job.finished >= midnight
        )

    def turn(self) -> None:
        """Start and finish the jobs that are due."""
        while True:
            now = self.world.clock.now()
            running = [job for job in self.jobs.values() if job.status == "Processing"]
            over = [job for job in running if self._ends(job) <= now and job.fault != "stick"]
            if over:
                self._complete(min(over, key=self._ends))
                continue
            waiting = [job for job in self.jobs.values() if job.status == "Queued"]
            if not waiting or len(running) >= RUNNING:
                return
            self._start(min(waiting, key=lambda job: job.queued or now))

    # One job

    def _put(self, job: Job) -> None:
        job.status = "Queued"
        job.queued = self.world.clock.now()
        own_jobs = sum(other.user == job.user for other in self._in_queue())
        self.most_queued[job.user] = max(self.most_queued.get(job.user, 0), own_jobs)

    def _start(self, job: Job) -> None:
        # It started when its slot became free, not at this call.
        job.started = max(job.queued or job.created, self._last_end or job.created)
        job.status = "Processing"
        faults = self.faults.get(job.kind, [])
        job.fault = faults.pop(0) if faults and job.user != STRANGER else None
        seconds = self.world.options.job_seconds
        job.seconds = self._random.uniform(*seconds) if isinstance(seconds, tuple) else seconds

    def _ends(self, job: Job) -> datetime:
        return (job.started or job.created) + timedelta(seconds=job.seconds)

    def _complete(self, job: Job) -> None:
        most = self.world.options.largest_export_days
        if job.fault == "fail" or (most and export.days(job.body) > most):
            job.error = "System error: try a shorter date range"
            self._finish(job, "Failed", self._ends(job))
            return
        if job.fault == "cancel":
            self._finish(job, "Cancelled", self._ends(job))
            return
        if job.user != STRANGER:
            job.file = export.write(self.world, job.kind, job.body)
        self._finish(job, "Completed", self._ends(job))

    def _finish(self, job: Job, status: str, at: datetime | None = None) -> None:
        job.status = status
        job.finished = self._last_end = at or self.world.clock.now()

    def _in_queue(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.status in {"Queued", "Processing"}]

    def _find(self, kind: str, user: str, export_id: str) -> Job:
        job = self.jobs.get(export_id)
        oldest = self.world.clock.now() - timedelta(days=STATUS_DAYS)
        if not job or job.kind != kind or job.user != user or job.fault == "lose":
            raise Refused("1013", f"Export job {export_id} not found")
        if job.finished and job.finished < oldest:
            raise Refused("1013", f"Export job {export_id} not found")
        return job

    def _refuse_spent(self) -> None:
        limit = self.world.options.daily_export_mb
        if self.used() >= limit * MEGABYTE:
            amount = "" if self.world.options.plain_quota_text else f" {limit:g}MB"
            raise Refused("1029", f"Export daily quota{amount} exceeded")

    def _seen(self, job: Job) -> dict[str, Any]:
        now = self.world.clock.now()
        age = timedelta(seconds=self.world.options.status_refresh_seconds)
        if job.shown_at is None or now - job.shown_at >= age or not job.queued:
            job.shown, job.shown_at = self._describe(job), now
        return job.shown

    def _describe(self, job: Job) -> dict[str, Any]:
        spelling = self.world.options.canceled_spelling
        status: dict[str, Any] = {
            "exportId": job.export_id,
            "format": job.body.get("format", "CSV"),
            "status": spelling if job.status == "Cancelled" else job.status,
            "createdAt": iso(job.created),
        }
        if job.queued:
            status["queuedAt"] = iso(job.queued)
        if job.started:
            status["startedAt"] = iso(job.started)
        if job.finished and job.status != "Cancelled":
            status["finishedAt"] = iso(job.finished)
        if job.error:
            status["errorMsg"] = job.error
        if job.file:
            status["numberOfRecords"] = job.file.records
            status["fileSize"] = job.file.size
            checksum = "0" * 64 if job.fault == "wrong_checksum" else job.file.checksum
            status["fileChecksum"] = f"sha256:{checksum}"
        return status
