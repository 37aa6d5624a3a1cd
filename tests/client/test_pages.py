"""Lists that page by token and by date are read to their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.client import date_pages, token_pages
from tap_marketo.client.errors import ResponseError
from tap_marketo.streams.bulk.lead_changes import LEAD_CHANGES
from tap_marketo.values.times import rfc3339

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from tap_marketo.client import MarketoClient

JOBS = "/bulk/v1/leads/export.json"
PARTITIONS = "/rest/v1/leads/partitions.json"


def pages(sandbox: Sandbox, path: str, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        sandbox.control.fault("body", path, body={"success": True, **body})


@pytest.mark.parametrize(
    "bodies",
    [
        # Several lists have no moreResult: they end without a token.
        [{"result": [{"id": 1}], "nextPageToken": "A="}, {"result": [{"id": 2}]}],
        [
            {"result": [{"id": 1}], "nextPageToken": "A=", "moreResult": True},
            {"result": [{"id": 2}], "nextPageToken": "B=", "moreResult": False},
        ],
        # Short and empty pages are not the last ones.
        [
            {"nextPageToken": "A=", "moreResult": True},
            {"result": [], "nextPageToken": "B=", "moreResult": True},
            {"result": [{"id": 1}, {"id": 2}], "moreResult": False},
        ],
        [{"result": [{"id": 1}, {"id": 2}], "nextPageToken": ""}],
        [{"result": [{"id": 1}, {"id": 2}], "nextPageToken": None, "moreResult": True}],
    ],
)
def test_a_list_by_token_is_read_to_its_end(
    client: MarketoClient, sandbox: Sandbox, bodies: list[dict[str, Any]]
) -> None:
    pages(sandbox, PARTITIONS, *bodies)

    assert [one["id"] for one in token_pages(client, PARTITIONS)] == [1, 2]
    assert len(sandbox.log) == len(bodies)


def test_an_error_on_a_page_is_no_end(client: MarketoClient, sandbox: Sandbox) -> None:
    pages(sandbox, PARTITIONS, {"result": [{"id": 1}], "nextPageToken": "A="})
    sandbox.control.fault("error", PARTITIONS, code="1003", message="Invalid token")

    with pytest.raises(ResponseError, match="1003"):
        list(token_pages(client, PARTITIONS))


def test_a_token_is_given_back_as_it_came(client: MarketoClient, sandbox: Sandbox) -> None:
    jobs = [_create(client) for _ in range(5)]

    assert [one["exportId"] for one in token_pages(client, JOBS, {"batchSize": 2})] == jobs
    assert len(sandbox.log) == 5 + 3


def _create(client: MarketoClient) -> str:
    window = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-02T00:00:00Z"}
    body = {"fields": ["id"], "filter": {"createdAt": window}}
    return str(client.post("/bulk/v1/leads/export/create.json", body).result[0]["exportId"])


def changes(*leads: int) -> list[dict[str, Any]]:
    return [{"leadId": one} for one in leads]


@pytest.mark.parametrize(
    "bodies",
    [
        [{"result": changes(1, 2), "nextPageToken": "B=", "moreResult": False}],
        [
            {"result": changes(1), "nextPageToken": "B=", "moreResult": True},
            {"result": [], "nextPageToken": "C=", "moreResult": True},
            {"nextPageToken": "D=", "moreResult": True},
            {"result": changes(2), "nextPageToken": "E=", "moreResult": False},
        ],
        # Only `false` ends a list; without moreResult, a page without records does.
        [
            {"result": changes(1), "nextPageToken": "B="},
            {"result": changes(2), "nextPageToken": "C="},
            {"nextPageToken": "C="},
        ],
    ],
)
def test_a_list_by_date_ends_when_it_says_so(
    client: MarketoClient, sandbox: Sandbox, bodies: list[dict[str, Any]]
) -> None:
    pages(sandbox, "*/leadchanges.json", *bodies)

    now = client.clock.now()

    found = date_pages(client, LEAD_CHANGES, rfc3339(now.subtract(days=1)))

    assert {one["leadId"] for one in found} == {1, 2}
    assert len(sandbox.log) == 1 + len(bodies)
