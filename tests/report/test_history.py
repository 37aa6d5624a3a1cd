"""What a sync log says of a job becomes its phases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.report.history import Run, SyncLogError, read_run

if TYPE_CHECKING:
    from pathlib import Path

JOB = {"stream": "leads", "window": "2026-01-01T00:00:00Z/2026-01-31T23:59:59Z", "job": "j1"}


def at(seconds: float) -> str:
    return f"2026-11-22T02:{int(seconds) // 60:02}:{seconds % 60:06.3f}Z"


def run_of(folder: Path, *told: tuple[float, str, dict[str, Any]], torn: str = "") -> Run:
    path = folder / "sync.jsonl"
    first = (0, "run_started", {"instance": "abc", "version": "1"})
    lines = [
        json.dumps({"time": at(seconds), "event": event, "calls": 1, **facts})
        for seconds, event, facts in (first, *told)
    ]
    path.write_text("\n".join(lines) + "\n" + torn, encoding="utf-8")
    return read_run(path)


def phases(run: Run) -> list[tuple[str, float]]:
    (job,) = run.jobs
    return [(span.phase, span.seconds) for span in job.spans]


def completed(started: float, finished: float) -> dict[str, Any]:
    times = {"started_at": at(started), "finished_at": at(finished)}
    return {**JOB, **times, "records": 3, "bytes": 70, "used": 70}


def test_each_phase_lasts_until_the_next(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (1, "created", JOB),
        (2, "enqueued", JOB),
        (60, "completed", completed(10, 50)),
        (61, "downloading", JOB),
        (63, "verified", JOB),
        (70, "writing", JOB),
        (75, "written", {**JOB, "records": 3}),
        (76, "run_ended", {"outcome": "ended"}),
    )

    assert phases(run) == [
        ("created", 1),
        ("queued", 8),
        ("running", 40),
        ("exported", 11),
        ("downloading", 2),
        ("ready", 7),
        ("writing", 5),
    ]
    assert (run.jobs[0].outcome, run.jobs[0].records, run.jobs[0].size) == ("written", 3, 70)
    assert run.succeeded


def test_times_of_another_clock_are_not_believed(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (2, "enqueued", JOB),
        (30, "processing", JOB),
        (60, "completed", completed(1000, 2000)),
        (61, "written", JOB),
    )

    assert phases(run) == [("queued", 28), ("running", 30), ("exported", 1)]


def test_a_job_of_an_earlier_run_begins_where_it_stands(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (1, "taken_over", {**JOB, "state": "Completed", "records": 3, "bytes": 70}),
        (2, "downloading", JOB),
        (4, "written", JOB),
    )

    assert phases(run) == [("exported", 1), ("downloading", 2)]


def test_a_job_that_came_to_nothing_says_why(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (1, "enqueued", JOB),
        (5, "given_up", {**JOB, "why": "failed (Internal export error)"}),
        (9, "run_ended", {"outcome": "failed", "why": "Marketo error 1029"}),
    )

    assert phases(run) == [("queued", 4)]
    assert run.jobs[0].outcome == "failed (Internal export error)"
    assert [one.kind for one in run.troubles] == ["exported again", "run failed"]
    assert run.troubles[1].why == "Marketo error 1029"
    assert run.outcome == "ended with an error"


def test_a_killed_run_is_told_as_far_as_it_came(tmp_path: Path) -> None:
    run = run_of(tmp_path, (1, "enqueued", JOB), (5, "processing", JOB), torn='{"time": "20')

    assert phases(run) == [("queued", 4), ("running", 0)]
    assert "killed" in run.outcome
    assert not run.succeeded


@pytest.mark.parametrize("content", ["", "hello\n", "[1]\n", '{"time": "x", "event": "created"}\n'])
def test_another_file_is_no_sync_log(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(SyncLogError, match="no sync log"):
        read_run(path)
