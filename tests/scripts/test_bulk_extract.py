"""Bulk extract for scripts, against the sandbox."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.client import MarketoClient
from tap_marketo.client.errors import MarketoError
from tap_marketo.export.errors import ExportError
from tap_marketo.scripts import bulk_extract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

QUICK = {"export_poll_interval_seconds": 0.2}


def client_of(sandbox: Sandbox) -> MarketoClient:
    return MarketoClient(
        sandbox.base_url, sandbox.client_id, sandbox.client_secret, max_calls_per_20_seconds=100
    )


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[MarketoClient]:
    with client_of(sandbox) as client:
        yield client


def test_leads_of_years_with_types(client: MarketoClient) -> None:
    rows = list(
        bulk_extract(
            client, "leads", fields=["createdAt", "id", "email"], since="2y", settings=QUICK
        )
    )

    assert len({row["id"] for row in rows}) == len(rows) == 120
    assert list(rows[0]) == ["createdAt", "id", "email"]
    assert isinstance(rows[0]["createdAt"], datetime)
    assert rows[0]["createdAt"].tzinfo == timezone.utc


def test_activities_of_one_type_between_two_moments(client: MarketoClient) -> None:
    def rows(**span: Any) -> list[dict[str, Any]]:
        return list(
            bulk_extract(
                client, "activities", activity_type="Fill Out Form", settings=QUICK, **span
            )
        )

    every = rows(since="2y")
    middle = sorted(row["activityDate"] for row in every)[len(every) // 2]
    first = rows(since="2y", until=middle)

    assert {row["activityTypeId"] for row in every} == {2}
    assert {row["marketoGUID"] for row in first} == {
        row["marketoGUID"] for row in every if row["activityDate"] <= middle
    }


def test_a_second_call_goes_on_where_the_first_ended(client: MarketoClient, tmp_path: Path) -> None:
    def rows() -> list[Any]:
        return list(
            bulk_extract(
                client,
                "leads",
                fields=["id"],
                since="2y",
                resume=tmp_path / "state.json",
                settings=QUICK,
            )
        )

    assert len(rows()) == 120
    assert json.loads((tmp_path / "state.json").read_text(encoding="utf-8"))["bookmarks"]
    assert len(rows()) < 120


def test_an_interrupted_call_is_resumed_after_its_last_window(
    client: MarketoClient, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"

    def rows() -> Iterator[dict[str, Any]]:
        return bulk_extract(
            client, "leads", fields=["id"], since="2y", resume=state, settings=QUICK
        )

    read = []
    for row in rows():
        read.append(row["id"])
        if state.exists() and len(read) > 30:
            break
    rest = [row["id"] for row in rows()]

    assert len(set(read) | set(rest)) == 120
    assert len(rest) < 120


def test_a_script_that_stops_leaves_no_thread(client: MarketoClient) -> None:
    rows = bulk_extract(client, "leads", fields=["id"], since="2y", settings=QUICK)
    next(rows)
    rows.close()  # type: ignore[attr-defined]

    assert not [thread for thread in threading.enumerate() if thread.name == "bulk-extract"]


def test_mistakes_are_errors_before_the_first_row(client: MarketoClient) -> None:
    with pytest.raises(ExportError, match="Did you mean leads"):
        bulk_extract(client, "leeds")
    with pytest.raises(ExportError, match="Did you mean email"):
        bulk_extract(client, "leads", fields=["emial"])
    with pytest.raises(ExportError, match="no activity type"):
        bulk_extract(client, "activities", activity_type="Fill Form")


def test_a_run_that_is_not_complete_is_an_error(start_sandbox: StartSandbox) -> None:
    with (
        client_of(start_sandbox(daily_export_mb=0.001)) as client,
        pytest.raises(MarketoError),
    ):
        list(bulk_extract(client, "leads", since="2y", settings=QUICK))


def test_the_script_has_one_client(client: MarketoClient, sandbox: Sandbox) -> None:
    list(bulk_extract(client, "leads", fields=["id"], since="30d", settings=QUICK))

    assert client.throttle.calls == len(sandbox.log) > 3
