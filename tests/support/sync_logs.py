"""Sync logs like those of real runs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PHASES = ("created", "enqueued", "processing", "completed", "downloading", "verified", "writing")


def write_log(path: Path, jobs: int, *, failed: str = "") -> None:
    """Write the log of a sync with a number of export jobs in all phases, a pause and a retry."""
    began = datetime(2026, 11, 22, 2, tzinfo=timezone.utc)
    window = "2026-01-01T00:00:00Z/2026-01-31T23:59:59Z"
    events: list[tuple[int, str, dict[str, Any]]] = [
        (0, "run_started", {"instance": "123-abc-456.mktorest.com", "version": "0.1.0"}),
        (1, "allocation", {"used": 0, "limit": 524_288_000}),
        (30, "wait", {"why": "Marketo's export queue is full", "seconds": 60}),
        (95, "retry", {"why": "Marketo error 604: Timed out", "seconds": 2}),
    ]
    for number in range(jobs):
        stream = "leads" if number % 2 else "program_members"
        facts: dict[str, Any] = {"stream": stream, "window": window, "job": f"job-{number}"}
        begin = 40 * number + 10
        steps = [(begin + 60 * step, phase, dict(facts)) for step, phase in enumerate(PHASES)]
        steps[3][2].update(records=1000, bytes=500_000, used=500_000 * (number + 1))
        events += [*steps, (begin + 420, "written", {**facts, "records": 1000})]
    events.sort(key=lambda event: event[0])
    counts = {f"activity_of_some_type_{number}": 1000 + number for number in range(50)}
    end = events[-1][0]
    outcome: dict[str, Any] = (
        {"outcome": "failed", "exit_code": 1} if failed else {"outcome": "ended"}
    )
    if failed:
        outcome = {"outcome": "failed", "exit_code": 1}
        events.append((end, "stream_failed", {"stream": "leads", "why": failed}))
    events += [(end, "records", {"counts": counts}), (end + 1, "run_ended", outcome)]
    lines = [
        json.dumps(
            {
                "time": (began + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
                "event": event,
                "calls": number,
                **facts,
            }
        )
        for number, (seconds, event, facts) in enumerate(events)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
