"""The requests of the Power Query files, sent to the sandbox as Excel would send them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_marketo.client import MarketoClient, offset_pages
from tests.support.meltano import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox import Sandbox

FOLDER = ROOT / "examples" / "excel"
FILES = sorted(FOLDER.glob("*.pq"))


class Query:
    """The literals of a file, so the test sends the requests of the file."""

    def __init__(self, name: str) -> None:
        self.text = (FOLDER / f"{name}.pq").read_text(encoding="utf-8")

    def has(self, *fragments: str) -> None:
        for fragment in fragments:
            assert fragment in self.text, fragment


def get(sandbox: Sandbox, path: str, query: dict[str, str], token: str) -> dict[str, Any]:
    """A call of `Get`."""
    response = requests.get(
        f"{sandbox.base_url}/{path}",
        params=query,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=30,
    )
    response.raise_for_status()
    found: dict[str, Any] = response.json()
    return found


def token_of(sandbox: Sandbox, query: Query) -> str:
    query.has(
        'RelativePath = "identity/oauth/token"',
        'grant_type = "client_credentials"',
        "client_id = ClientId",
        "client_secret = ClientSecret",
        'Headers = [Authorization = "Bearer " & AccessToken]',
    )
    sent = {
        "grant_type": "client_credentials",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    return str(get(sandbox, "identity/oauth/token", sent, "")["access_token"])


def list_pages(sandbox: Sandbox, list_id: int) -> Iterator[dict[str, Any]]:
    query = Query("static_list_members")
    token = token_of(sandbox, query)
    query.has(
        '"rest/v1/lists/" & Text.From(ListId) & "/leads.json"',
        '[batchSize = "300", fields = Text.Combine(Names, ",")]',
        "[nextPageToken = token]",
    )
    following = ""
    while True:
        sent = {"batchSize": "300", "fields": "id,email,company,createdAt"}
        if following:
            sent["nextPageToken"] = following
        page = get(sandbox, f"rest/v1/lists/{list_id}/leads.json", sent, token)
        assert page["success"], page
        yield page
        following = page.get("nextPageToken", "")
        if not following or page.get("moreResult", True) is False:
            return


def activity_pages(sandbox: Sandbox, since: datetime) -> Iterator[dict[str, Any]]:
    query = Query("form_fills")
    token = token_of(sandbox, query)
    query.has(
        '"rest/v1/activities/pagingtoken.json"',
        "[sinceDatetime = DateTimeZone.ToText(Since",
        'Format = "yyyy-MM-ddTHH:mm:ssZ"',
        '"rest/v1/activities.json"',
        "[activityTypeIds = Text.From(ActivityTypeId), nextPageToken = token]",
    )
    sent = {"sinceDatetime": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
    first = get(sandbox, "rest/v1/activities/pagingtoken.json", sent, token)
    following = first["nextPageToken"]
    while following:
        sent = {"activityTypeIds": "2", "nextPageToken": following}
        page = get(sandbox, "rest/v1/activities.json", sent, token)
        assert page["success"], page
        yield page
        following = page["nextPageToken"] if page.get("moreResult", False) else ""


def test_the_members_of_a_list(sandbox: Sandbox) -> None:
    client = MarketoClient(sandbox.base_url, sandbox.client_id, sandbox.client_secret)
    first = next(offset_pages(client, "/rest/asset/v1/staticLists.json"))

    rows = [row for page in list_pages(sandbox, first["id"]) for row in page.get("result", [])]

    wanted = client.get(f"/rest/v1/lists/{first['id']}/leads.json", {"batchSize": 300}).result
    assert {row["id"] for row in rows} == {lead["id"] for lead in wanted}
    assert {"id", "email", "company", "createdAt"} >= set(rows[0])


def test_the_activities_of_one_type(sandbox: Sandbox) -> None:
    since = datetime.now(timezone.utc) - timedelta(days=720)

    pages = list(activity_pages(sandbox, since))

    rows = [row for page in pages for row in page.get("result", [])]
    assert rows
    assert {row["activityTypeId"] for row in rows} == {2}
    query = Query("form_fills")
    for column in ("marketoGUID", "leadId", "activityDate", "primaryAttributeValue"):
        query.has(f'"{column}"')
        assert any(column in row for row in rows)
    assert all(
        {"name", "value"} >= set(attribute) for row in rows for attribute in row["attributes"]
    )


def test_an_error_arrives_with_status_200_and_a_code(sandbox: Sandbox) -> None:
    """Errors have the properties that the queries read."""
    answer = get(sandbox, "rest/v1/lists/1/leads.json", {}, "wrong")

    assert answer["success"] is False
    assert answer["errors"][0]["code"] == "601"
    assert {"message"} <= set(answer["errors"][0])
    assert answer["requestId"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_queries_keep_to_the_limits(file: Any) -> None:
    text = file.read_text(encoding="utf-8")

    pause = re.search(r"Pause = #duration\(0, 0, 0, ([\d.]+)\)", text)
    assert pause
    assert 20 / float(pause[1]) <= 50  # calls in 20 seconds: half of the instance's
    assert "access_token=" not in text  # Marketo refuses it in a URL
    for code in ("604", "606", "615", "713"):
        assert f'"{code}"' in text
