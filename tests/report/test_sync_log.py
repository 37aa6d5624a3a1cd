"""The sync log has the events that the sandbox saw, and no records."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

from tap_marketo import events, sync_log
from tests.support.export_runs import days_ago, only
from tests.support.tap_runs import TAP, own_environment, quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox
    from tests.support.tap_runs import TapRun

LIFE = ["created", "enqueued", "completed", "downloading", "verified", "writing", "written"]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sync(folder: Path, sandbox: Sandbox, path: Path | None = None) -> TapRun:
    """Sync leads and activities of one type of the last days."""
    place = path or folder / "sync.jsonl"
    config = quick_config(sandbox, sync_log=str(place), start_date=days_ago(sandbox, 70))
    catalog = only("leads", sandbox, folder)
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] == "activity_send_email":
            stream["metadata"][-1]["metadata"]["selected"] = True
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = True
    run = run_tap(folder, config, catalog=catalog)
    assert run.returncode == 0, run.log
    return run


def test_tells_of_each_job_what_the_sandbox_knows(sandbox: Sandbox, tmp_path: Path) -> None:
    sync(tmp_path, sandbox)

    entries = read(tmp_path / "sync.jsonl")
    assert [entry["event"] for entry in (entries[0], entries[-1])] == ["run_started", "run_ended"]
    by_job: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if "job" in entry:
            by_job.setdefault(entry["job"], []).append(entry)
    assert set(by_job) == {job.export_id for job in sandbox.jobs}
    for job in sandbox.jobs:
        assert job.file
        life = [one for one in by_job[job.export_id] if one["event"] in LIFE]
        wanted = LIFE if job.file.records else [*LIFE[:3], *LIFE[5:]]
        assert [one["event"] for one in life] == wanted
        completed, written = life[2], life[-1]
        assert (completed["records"], completed["bytes"]) == (job.file.records, job.file.size)
        assert written["records"] == job.file.records
        ((_, window),) = (
            pair for pair in job.body["filter"].items() if pair[0] in {"updatedAt", "createdAt"}
        )
        assert completed["window"] == f"{window['startAt']}/{window['endAt']}"


def test_tells_calls_allocation_and_records(sandbox: Sandbox, tmp_path: Path) -> None:
    run = sync(tmp_path, sandbox)

    entries = read(tmp_path / "sync.jsonl")
    calls = [entry["calls"] for entry in entries]
    assert calls == sorted(calls)
    assert calls[-1] - calls[0] > 3 * len(sandbox.jobs)
    assert calls[-1] < len(sandbox.log)
    used = [entry["used"] for entry in entries if "used" in entry]
    assert used[-1] == sandbox.instance.queue.used()
    counts = [entry["counts"] for entry in entries if entry["event"] == "records"][-1]
    emitted = Counter(message["stream"] for message in run.messages if message["type"] == "RECORD")
    assert {stream: count for stream, count in counts.items() if count} == emitted


def test_holds_no_secret_and_no_value_of_a_record(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control.fault("error", "*/file.json", times=2, code="604", message="Timed out")
    run = sync(tmp_path, sandbox)

    text = (tmp_path / "sync.jsonl").read_text(encoding="utf-8")
    values = {str(lead["email"]) for lead in run.records("leads") if lead["email"]}
    values |= {str(activity["marketoGUID"]) for activity in run.activities()}
    assert len(values) > 20
    assert not {value for value in values if value in text}
    assert sandbox.client_id not in text
    assert sandbox.client_secret not in text
    assert "Bearer" not in text


def test_tells_retries_failed_jobs_and_a_full_queue(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(leads=20, activities=20)
    sandbox.control.fault("error", "*/create.json", times=1, code="604", message="Timed out")
    sandbox.control.job_fault("leads", "fail")
    sandbox.control.fault(
        "error", "*/enqueue.json", times=1, code="1029", message="Too many jobs in queue"
    )

    sync(tmp_path, sandbox)

    entries = read(tmp_path / "sync.jsonl")
    why = {entry["event"]: entry["why"] for entry in entries if "why" in entry}
    assert "604" in why["retry"]
    assert "try a shorter date range" in why["given_up"]
    assert "queue is full" in why["wait"]


def test_keeps_the_log_of_the_run_before(tmp_path: Path) -> None:
    path = tmp_path / "sync.jsonl"
    path.write_text("the run before", encoding="utf-8")

    with sync_log.keep_sync_log(path, lambda: 0):
        pass

    assert path.with_name("sync.jsonl.1").read_text(encoding="utf-8") == "the run before"
    assert [one["event"] for one in read(path)] == ["run_started", "records", "run_ended"]


def test_a_place_that_cannot_be_written_is_one_warning(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "sync.jsonl"

    run = sync(tmp_path, sandbox, place)

    assert run.log.count(str(place)) == 1
    assert run.records("leads")


def test_a_run_ended_by_a_signal_says_so(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(job_seconds=3600)
    path = tmp_path / "sync.jsonl"
    config = tmp_path / "config.json"
    config.write_text(json.dumps(quick_config(sandbox, sync_log=str(path))), encoding="utf-8")
    with subprocess.Popen(
        [TAP, "--config", config],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=own_environment(),
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if b"export_jobs" in line:
                process.send_signal(signal.SIGTERM)
                break
        process.stdout.read()

    assert read(path)[-1]["event"] == "run_ended"
    assert read(path)[-1]["exit_code"] == 143


def test_its_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_log, "MOST_BYTES", 1000)
    path = tmp_path / "sync.jsonl"

    with sync_log.keep_sync_log(path, lambda: 0):
        for _ in range(1000):
            events.emit("wait", why="again")

    assert path.stat().st_size < 2000
    assert read(path)[-1]["event"] == "run_ended"
    left = [*events.logger.handlers, *logging.getLogger("singer_sdk.metrics").handlers]
    assert not any(isinstance(one, sync_log.SyncLog) for one in left)
