"""The events of a job in the sync log become its phases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.report.history import SyncLogError, earlier_runs, read_run
from tap_marketo.report.run import Run, Status

if TYPE_CHECKING:
    from pathlib import Path

JOB = {"stream": "leads", "window": "2026-01-01T00:00:00Z/2026-01-31T23:59:59Z", "job": "j1"}


def at(seconds: float) -> str:
    return f"2026-11-22T02:{int(seconds) // 60:02}:{seconds % 60:06.3f}Z"


def run_of(folder: Path, *events: tuple[float, str, dict[str, Any]], torn: str = "") -> Run:
    path = folder / "sync.jsonl"
    first = (0, "run_started", {"instance": "abc", "version": "1"})
    lines = [
        json.dumps({"time": at(seconds), "event": event, "calls": 1, **facts})
        for seconds, event, facts in (first, *events)
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
    assert run.status is Status.OPEN


@pytest.mark.parametrize("content", ["", "hello\n", "[1]\n", '{"time": "x", "event": "created"}\n'])
def test_another_file_is_no_sync_log(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(SyncLogError, match="no sync log"):
        read_run(path)


def test_a_failed_run_gives_its_reasons_first(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (1, "retry", {"why": "Marketo error 604: Timed out", "seconds": 2}),
        (2, "stream_skipped", {"stream": "companies", "why": "Marketo error 603"}),
        (3, "stream_failed", {"stream": "leads", "why": "Export of leads failed 3 times"}),
        (9, "run_ended", {"outcome": "failed", "exit_code": 1}),
    )

    assert run.status is Status.FAILED
    assert run.reasons == [
        "leads failed: Export of leads failed 3 times",
        "companies was skipped: Marketo error 603",
    ]


def test_a_run_that_a_limit_ended_did_not_end_well(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (3, "paused", {"why": "The daily export allocation is used up"}),
        (9, "run_ended", {"outcome": "ended"}),
    )

    assert run.status is Status.EARLY
    assert not run.succeeded
    assert run.reasons == ["The daily export allocation is used up"]


def test_a_stopped_run_names_its_signal(tmp_path: Path) -> None:
    run = run_of(tmp_path, (9, "run_ended", {"outcome": "failed", "exit_code": 143}))

    assert (run.status, run.outcome) == (Status.EARLY, "stopped by signal 15")


def test_a_pause_is_no_part_of_a_download(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (1, "downloading", JOB),
        (2, "wait", {"why": "The limits on API calls", "seconds": 10}),
        (14, "written", {**JOB, "records": 3}),
    )

    assert phases(run) == [("downloading", 1), ("paused", 10), ("downloading", 2)]
    assert run.jobs[0].seconds("downloading") == 3


def test_a_full_queue_holds_up_no_download(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (1, "downloading", JOB),
        (2, "wait", {"why": "Marketo's export queue is full", "seconds": 10}),
        (14, "written", JOB),
    )

    assert phases(run) == [("downloading", 13)]


def test_records_of_a_killed_run_count_what_its_jobs_wrote(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        (1, "records", {"counts": {"leads": 0}}),
        (2, "written", {**JOB, "records": 30}),
    )

    assert run.records == 30


def test_earlier_runs_are_read_as_far_as_there_are_logs(tmp_path: Path) -> None:
    path = tmp_path / "sync.jsonl"
    for number, calls in ((3, 30), (2, 20), (1, 10)):
        run_of(tmp_path, (calls, "run_ended", {"outcome": "ended"}))
        path.rename(tmp_path / f"sync.jsonl.{number}")
    (tmp_path / "sync.jsonl.4").write_text("no log", encoding="utf-8")

    assert [(run.end - run.start).seconds for run in earlier_runs(path)] == [30, 20, 10]
