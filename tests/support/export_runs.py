"""What tests of exports ask of a sandbox and of a run."""

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
    for one in catalog["streams"]:
        for entry in one["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = one["tap_stream_id"] == stream
    return catalog


def ids(*runs: TapRun) -> set[int]:
    return {record["id"] for run in runs for record in run.records("leads")}


def windows(sandbox: Sandbox) -> list[tuple[str, str]]:
    ranges = [job.body["filter"]["updatedAt"] for job in sandbox.jobs if job.file]
    return [(one["startAt"], one["endAt"]) for one in ranges]


@cache
def catalog_of(kind: str) -> dict[str, Any]:
    """The same for all sandboxes, which differ in what goes wrong alone."""
    with Sandbox(SandboxOptions(leads=1, activities=1)) as sandbox:
        config = quick_config(sandbox)
        catalog: dict[str, Any] = TapMarketo(config=config).catalog_dict
    for one in catalog["streams"]:
        for entry in one["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = one["tap_stream_id"] == STREAMS[kind]
    return catalog


def filled(record: dict[str, Any]) -> dict[str, Any]:
    """A record without its empty columns: formula fields have no other."""
    return {name: value for name, value in record.items() if value is not None}


def delivered(kind: str, *runs: TapRun) -> dict[Any, Any]:
    if kind == "leads":
        return {one["id"]: filled(one) for run in runs for one in run.records("leads")}
    return {one["marketoGUID"]: one["leadId"] for run in runs for one in run.records(STREAMS[kind])}


def truth(kind: str, sandbox: Sandbox) -> dict[Any, Any]:
    start = days_ago(sandbox, 40)
    if kind == "leads":
        leads = sandbox.world.expected_leads()
        return {one["id"]: filled(one) for one in leads if one["updatedAt"] >= start}
    return {
        one["marketoGUID"]: one["leadId"]
        for one in sandbox.world.expected_activities()
        if one["activityTypeId"] == 6 and one["activityDate"] >= start
    }


def refused(sandbox: Sandbox, code: str = "1029") -> bool:
    return any(call.code == code for call in list(sandbox.log))


@contextmanager
def once(condition: Callable[[], bool], act: Callable[[], object]) -> Iterator[None]:
    """Do something while the tap runs, as soon as the sandbox has seen something."""
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
