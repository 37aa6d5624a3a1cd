"""What a sync log holds: the jobs of a run with their phases, its pauses, errors and counts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo.report.drawing import days
from tap_marketo.report.run import Job, Run, Span, Status, Trouble
from tap_marketo.sync_log import KEPT

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
# Names of events, for people.
TROUBLE = {
    "wait": "pause",
    "retry": "retry",
    "split": "window split in two",
    "given_up": "exported again",
    "failed": "error",
    "cancelled": "job cancelled",
    "paused": "limit reached",
    "stream_skipped": "stream skipped",
    "stream_failed": "stream failed",
    "run_ended": "run failed",
}
ERRORS = (
    "exported again",
    "error",
    "limit reached",
    "stream skipped",
    "stream failed",
    "run failed",
)
QUEUE_FULL = "queue is full"


class SyncLogError(Exception):
    """A file is not a sync log."""


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
        raise SyncLogError(f"{path} is no sync log: its first line is not the start of a run.")
    first, last = events[0], events[-1]
    run = Run(first["instance"], first["version"], first["time"], last["time"])
    for event in events:
        _add(run, event)
    by_job: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event.get("job") and event.get("window") is not None:
            by_job.setdefault(event["job"], []).append(event)
    pauses = [one for one in run.troubles if one.kind == "pause" and QUEUE_FULL not in one.why]
    run.jobs = [_job(one, run.end, pauses) for one in by_job.values()]
    _conclude(run)
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
        event["time"] = _timestamp(event["time"])
    except (ValueError, TypeError, KeyError):
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _timestamp(text: str) -> datetime:
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
    elif kind == "planned":
        run.planned += event.get("windows", 0)
    elif kind == "run_ended":
        run.status, run.outcome = _outcome(event)
    if kind in TROUBLE and (kind != "run_ended" or "why" in event):
        about = [event.get("stream", ""), days(event.get("window", "")), event.get("job", "")]
        run.troubles.append(
            Trouble(
                at,
                TROUBLE[kind],
                " ".join(filter(None, about)),
                event.get("why", ""),
                event.get("seconds", 0.0),
            )
        )


def _outcome(event: dict[str, Any]) -> tuple[Status, str]:
    code = event.get("exit_code", 0)
    if event["outcome"] == "ended":
        return Status.WELL, "ended well"
    if code > 128:  # noqa: PLR2004 - a shell's way to name a signal
        return Status.EARLY, f"stopped by signal {code - 128}"
    return Status.FAILED, "ended with an error"


def _conclude(run: Run) -> None:
    """Say why a run did not end well, and which streams it ended without."""
    by_kind: dict[str, list[Trouble]] = {}
    for one in run.troubles:
        by_kind.setdefault(one.kind, []).append(one)
    failed, skipped = by_kind.get("stream failed", []), by_kind.get("stream skipped", [])
    run.reasons = [one.why for one in by_kind.get("run failed", []) if one.why]
    run.reasons += [f"{one.about} failed: {one.why}" for one in failed]
    limits = [one.why for one in by_kind.get("limit reached", [])]
    run.reasons += limits
    if run.status is Status.WELL and limits:
        run.status, run.outcome = Status.EARLY, "ended early, without an error: a limit was reached"
    if run.status is not Status.WELL or skipped:
        run.reasons += [f"{one.about} was skipped: {one.why}" for one in skipped]
    if run.status is Status.WELL and skipped:
        streams = "1 stream" if len(skipped) == 1 else f"{len(skipped)} streams"
        run.status, run.outcome = Status.EARLY, f"ended without {streams}"
    if run.status is Status.FAILED and not run.reasons:
        run.reasons = [one.why for one in by_kind.get("error", [])[-1:]]
    run.reasons = list(dict.fromkeys(run.reasons))


def _job(events: list[dict[str, Any]], end: datetime, pauses: list[Trouble]) -> Job:
    first = events[0]
    job = Job(first["job"], first["stream"], first["window"], first.get("part", ""))
    for event in events:
        job.records = event.get("records", job.records)
        job.size = event.get("bytes", job.size)
        if event["event"] in ENDS:
            job.outcome = event.get("why") or event["event"].replace("_", " ")
    begins = sorted(_begins(events).items(), key=lambda pair: pair[1])
    untils = [start for _, start in begins[1:]] + [end]
    job.spans = [
        span
        for (phase, start), until in zip(begins, untils, strict=True)
        if phase
        for span in _without(Span(phase, start, until), pauses)
    ]
    return job


def _without(span: Span, pauses: list[Trouble]) -> list[Span]:
    """Cut the pauses out of a download, so that a limit does not look like the network."""
    if span.phase != "downloading":
        return [span]
    parts, at = [], span.start
    for pause in pauses:
        start = max(at, pause.at)
        end = min(span.end, pause.at + timedelta(seconds=pause.seconds))
        if start < end:
            parts += [Span("downloading", at, start), Span("paused", start, end)]
            at = end
    return [one for one in [*parts, Span("downloading", at, span.end)] if one.seconds] or [span]


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
    moment = _timestamp(text)
    return max(low, moment) if low - timedelta(seconds=1) <= moment <= high else None


def earlier_runs(path: Path) -> list[Run]:
    """The runs before the one of a sync log, oldest first, as far as their logs are kept.

    Args:
        path: Of the newest log; earlier ones have a number appended.
    """
    runs = []
    for number in range(1, KEPT + 1):
        try:
            runs.append(read_run(path.with_name(f"{path.name}.{number}")))
        except SyncLogError:
            break
    return runs[::-1]
