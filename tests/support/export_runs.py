"""Helpers for tests of exports: catalogs, expected records, and faults during a run."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from marketo_sandbox import Sandbox, SandboxOptions
from tap_marketo.tap import TapMarketo
from tests.support.tap_runs import TapRun, quick_config, run_tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


STREAMS = {"leads": "leads", "activities": "activity_send_email"}


def days_ago(sandbox: Sandbox, days: int) -> str:
    return (sandbox.instance.clock.now() - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def only(stream: str, sandbox: Sandbox, folder: Path) -> dict[str, Any]:
    run = run_tap(folder, quick_config(sandbox), "--discover")
    catalog: dict[str, Any] = json.loads(run.output)
    for listed in catalog["streams"]:
        for entry in listed["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = listed["tap_stream_id"] == stream
    return catalog


def ids(*runs: TapRun) -> set[int]:
    return {record["id"] for run in runs for record in run.records("leads")}


def windows(sandbox: Sandbox) -> list[tuple[str, str]]:
    ranges = [job.body["filter"]["updatedAt"] for job in sandbox.jobs if job.file]
    return [(window["startAt"], window["endAt"]) for window in ranges]


@cache
def catalog_of(kind: str) -> dict[str, Any]:
    """A catalog for all sandboxes, which differ only in their faults."""
    with Sandbox(SandboxOptions(leads=1, activities=1)) as sandbox:
        config = quick_config(sandbox)
        catalog: dict[str, Any] = TapMarketo(config=config).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == STREAMS[kind]
    return catalog


def filled(record: dict[str, Any]) -> dict[str, Any]:
    """A record without its empty columns, because formula fields are always empty."""
    return {name: value for name, value in record.items() if value is not None}


def delivered(kind: str, *runs: TapRun) -> dict[Any, Any]:
    records = [record for run in runs for record in run.records(STREAMS[kind])]
    if kind == "leads":
        return {lead["id"]: filled(lead) for lead in records}
    return {activity["marketoGUID"]: activity["leadId"] for activity in records}


def truth(kind: str, sandbox: Sandbox) -> dict[Any, Any]:
    start = days_ago(sandbox, 40)
    if kind == "leads":
        leads = sandbox.world.expected_leads()
        return {lead["id"]: filled(lead) for lead in leads if lead["updatedAt"] >= start}
    return {
        activity["marketoGUID"]: activity["leadId"]
        for activity in sandbox.world.expected_activities()
        if activity["activityTypeId"] == 6 and activity["activityDate"] >= start
    }


def refused(sandbox: Sandbox, code: str = "1029") -> bool:
    return any(call.code == code for call in list(sandbox.log))


@contextmanager
def once(condition: Callable[[], bool], act: Callable[[], object]) -> Iterator[None]:
    """Call `act` as soon as `condition` is true, while the block runs."""
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            if condition():
                act()
                return
            time.sleep(0.02)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(watch)
        try:
            yield
        finally:
            over.set()
            done.result()
