"""What a sync log tells: the jobs of a run with their phases, its waits, errors and counts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# What a job does from each event on.
BEGINS = {
    "created": "created",
    "enqueued": "queued",
    "processing": "running",
    "completed": "exported",
    "downloading": "downloading",
    "verified": "ready",
    "writing": "writing",
}
ENDS = {"written", "given_up", "failed", "cancelled"}
TAKEN_OVER = {"Created": "created", "Processing": "running", "Completed": "exported"}
TROUBLE = {
    "wait": "wait",
    "retry": "retry",
    "split": "window split in two",
    "given_up": "exported again",
    "failed": "error",
    "cancelled": "job cancelled",
    "paused": "ended early",
    "stream_skipped": "stream skipped",
    "stream_failed": "stream failed",
    "run_ended": "run failed",
}
ERRORS = ("exported again", "error", "ended early", "stream skipped", "run failed")


class SyncLogError(Exception):
    """A file is no sync log; told in one sentence."""


@dataclass(frozen=True)
class Span:
    """One phase of an export job; both ends in UTC."""

    phase: str
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end - self.start).total_seconds()


@dataclass
class Job:
    """An export job.

    Attributes:
        window: From when to when it exports, as `start/end`; empty when it has none.
        size: Bytes of its file.
        outcome: `written`, or what became of it instead.
    """

    export_id: str
    stream: str
    window: str
    spans: list[Span] = field(default_factory=list)
    records: int | None = None
    size: int | None = None
    outcome: str = "not written"

    @property
    def days(self) -> str:
        """The days of its window, for people."""
        return _days(self.window)

    def seconds(self, *phases: str) -> float:
        """How long it was in these phases together."""
        return sum(span.seconds for span in self.spans if span.phase in phases)


@dataclass(frozen=True)
class Trouble:
    """A wait, a repeated call, or an error.

    Attributes:
        seconds: How long the tap waited because of it.
    """

    at: datetime
    kind: str
    about: str
    why: str
    seconds: float


@dataclass
class Run:
    """One run of the tap.

    Attributes:
        end: When it ended, or what happened last when nothing tells of an end.
        outcome: For people.
        calls: API calls so far, by time.
        allocation: Bytes of the day's export allocation that are used, by time.
        limit: Bytes of the allocation that the tap may use; 0 when unknown.
        counts: Records written, by stream.
    """

    instance: str
    version: str
    start: datetime
    end: datetime
    outcome: str = "under way or killed: the log has no end"
    succeeded: bool = False
    jobs: list[Job] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    calls: list[tuple[datetime, int]] = field(default_factory=list)
    allocation: list[tuple[datetime, int]] = field(default_factory=list)
    limit: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def largest_streams(self) -> list[tuple[str, int]]:
        """Streams that had records, with how many, most first."""
        counts = [(stream, count) for stream, count in self.counts.items() if count]
        return sorted(counts, key=lambda pair: (-pair[1], pair[0]))


def read_run(path: Path) -> Run:
    """Read a sync log.

    Args:
        path: Of the file.

    Raises:
        SyncLogError: It cannot be read, or is no sync log.
    """
    try:
        with path.open(encoding="utf-8") as file:
            events = [event for line in file if (event := _event(line))]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SyncLogError(f"The sync log {path} cannot be read: {reason}.") from None
    if not events or events[0]["event"] != "run_started":
        raise SyncLogError(f"{path} is no sync log: it does not begin with the start of a run.")
    first, last = events[0], events[-1]
    run = Run(first["instance"], first["version"], first["time"], last["time"])
    for event in events:
        _add(run, event)
    by_job: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event.get("job") and event.get("window") is not None:
            by_job.setdefault(event["job"], []).append(event)
    run.jobs = [_job(one, run.end) for one in by_job.values()]
    run.jobs.sort(key=lambda job: (job.stream, job.spans[0].start if job.spans else run.end))
    if not run.counts:  # the log level of the tap can silence the SDK's counts
        for job in run.jobs:
            written = job.records if job.outcome == "written" else 0
            run.counts[job.stream] = run.counts.get(job.stream, 0) + (written or 0)
    return run


def _event(line: str) -> dict[str, Any] | None:
    """A line that is whole; a killed run may leave one that is not."""
    try:
        event = json.loads(line)
        event["time"] = _moment(event["time"])
    except (ValueError, TypeError, KeyError):
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _days(window: str) -> str:
    first, _, last = window.partition("/")
    return f"{first[:10]} to {last[:10]}" if last else window


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _add(run: Run, event: dict[str, Any]) -> None:
    kind, at = event["event"], event["time"]
    run.calls.append((at, event["calls"]))
    if "used" in event:
        run.allocation.append((at, event["used"]))
    if kind == "allocation":
        run.limit = event["limit"]
    elif kind == "records":
        run.counts = event["counts"]
    elif kind == "run_ended":
        run.succeeded = event["outcome"] == "ended"
        run.outcome = _outcome(event)
    if kind in TROUBLE and (kind != "run_ended" or "why" in event):
        about = [event.get("stream", ""), _days(event.get("window", "")), event.get("job", "")]
        run.troubles.append(
            Trouble(
                at,
                TROUBLE[kind],
                " ".join(filter(None, about)),
                event.get("why", ""),
                event.get("seconds", 0.0),
            )
        )


def _outcome(event: dict[str, Any]) -> str:
    code = event.get("exit_code", 0)
    if event["outcome"] == "ended":
        return "ended well"
    if code > 128:  # noqa: PLR2004 - a shell's way to name a signal
        return f"ended by signal {code - 128}"
    return "ended with an error"


def _job(events: list[dict[str, Any]], end: datetime) -> Job:
    job = Job(events[0]["job"], events[0]["stream"], events[0]["window"])
    for event in events:
        job.records = event.get("records", job.records)
        job.size = event.get("bytes", job.size)
        if event["event"] in ENDS:
            job.outcome = event.get("why") or event["event"].replace("_", " ")
    begins = sorted(_begins(events).items(), key=lambda pair: pair[1])
    untils = [start for _, start in begins[1:]] + [end]
    job.spans = [
        Span(phase, start, until)
        for (phase, start), until in zip(begins, untils, strict=True)
        if phase
    ]
    return job


def _begins(events: list[dict[str, Any]]) -> dict[str, datetime]:
    """When each phase of a job began; an empty phase is its end."""
    begins: dict[str, datetime] = {}
    for event in events:
        kind, at = event["event"], event["time"]
        if kind == "taken_over":
            begins[TAKEN_OVER.get(event["state"], "queued")] = at
        elif kind in BEGINS:
            begins.setdefault(BEGINS[kind], at)
        elif kind in ENDS:
            begins.setdefault("", at)
        if kind == "completed":
            # Marketo tells to the second what the tap sees at its next look, a minute later.
            seen = begins.get("running", at)
            started = _between(begins.get("queued", seen), event.get("started_at"), seen)
            begins["running"] = started or seen
            finished = _between(begins["running"], event.get("finished_at"), at)
            begins["exported"] = finished or at
    return begins


def _between(low: datetime, text: str | None, high: datetime) -> datetime | None:
    """A time that Marketo tells, unless its clock and ours differ too much to tell."""
    if not text:
        return None
    moment = _moment(text)
    return max(low, moment) if low - timedelta(seconds=1) <= moment <= high else None
