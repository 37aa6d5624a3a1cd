"""Unusual responses of the job endpoints."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.client import MarketoClient
from tap_marketo.client.errors import NotFoundError
from tap_marketo.exports.job import LEADS, ExportEndpoint, ExportJob, ExportRequest, JobState
from tap_marketo.exports.window import Window

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox


@pytest.fixture
def jobless(sandbox: Sandbox) -> ExportEndpoint:
    """A client for an instance whose responses succeed and name no job: `result` can be empty."""
    sandbox.control.fault("body", "/bulk/*", times=-1, body={"success": True, "result": []})
    client = MarketoClient(sandbox.base_url, sandbox.client_id, sandbox.client_secret)
    return ExportEndpoint(client, LEADS)


def test_a_status_without_a_job_is_an_unknown_job(jobless: ExportEndpoint) -> None:
    with pytest.raises(NotFoundError, match="export job gone"):
        jobless.status("gone")


@pytest.mark.parametrize("body", [{}, {"result": []}])
def test_a_creation_without_a_job_is_tried_again(sandbox: Sandbox, body: dict[str, Any]) -> None:
    answer = {"success": True, **body}
    sandbox.control.fault("body", "*/create.json", times=2, body=answer)
    client = MarketoClient(sandbox.base_url, sandbox.client_id, sandbox.client_secret)
    client.throttle._sleep = lambda _: None
    request = ExportRequest("leads", LEADS, ("id",), "updatedAt")
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    window = Window(start, start + timedelta(days=1))

    assert ExportEndpoint(client, LEADS).create(request, window).export_id


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Canceled", JobState.CANCELLED),
        ("Cancelled", JobState.CANCELLED),
        ("completed", JobState.COMPLETED),
        ("Paused", JobState.UNKNOWN),
    ],
)
def test_states_are_read_in_any_spelling(text: str, state: JobState) -> None:
    assert JobState.parse(text) is state


def test_keys_may_be_missing_null_or_unknown() -> None:
    item = {"exportId": "1", "status": "Queued", "queuedAt": None, "fileSize": None, "new": [1]}

    assert ExportJob.from_api(item) == ExportJob("1", JobState.QUEUED)
