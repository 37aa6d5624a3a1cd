"""A client from the environment, and Python dates in its calls."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from tap_marketo.client import MarketoClient, date_pages, offset_pages, token_pages
from tests.support.fake_marketo import FakeMarketo, result

VARIABLES = {
    "TAP_MARKETO_BASE_URL": "https://123-ABC-456.mktorest.com/rest",
    "TAP_MARKETO_CLIENT_ID": "id",
    "TAP_MARKETO_CLIENT_SECRET": "s3cret",
}
BERLIN = timezone(timedelta(hours=2))


def test_a_client_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    client = MarketoClient.from_env(max_tries=1)

    assert client.base_url == "https://123-abc-456.mktorest.com"
    assert client.max_tries == 1
    assert "s3cret" not in repr(client)


def test_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TAP_MARKETO_CLIENT_ID", "id")

    with pytest.raises(ValueError, match="TAP_MARKETO_BASE_URL, TAP_MARKETO_CLIENT_SECRET"):
        MarketoClient.from_env()


@pytest.mark.parametrize(
    ("since", "sent"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=BERLIN), "2026-01-02T01:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z"),  # noqa: DTZ001 - taken for UTC
        (date(2026, 1, 2), "2026-01-02"),
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
    ],
)
def test_pages_since_a_moment(since: datetime | date | str, sent: str) -> None:
    marketo = FakeMarketo([result(nextPageToken="t"), result({"id": 1}, moreResult=False)])

    assert list(date_pages(marketo.client(), "/rest/v1/activities.json", since)) == [{"id": 1}]
    assert marketo.calls[0].query == {"sinceDatetime": sent}


def test_moments_among_the_parameters() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    marketo = FakeMarketo([result(), result(), result()])
    client = marketo.client()

    list(offset_pages(client, "/rest/asset/v1/programs.json", {"earliestUpdatedAt": moment}))
    list(token_pages(client, "/rest/v1/x.json", {"startAt": moment}))

    assert marketo.calls[0].query["earliestUpdatedAt"] == "2026-01-02T03:04:05Z"
    assert marketo.calls[-1].query["startAt"] == "2026-01-02T03:04:05Z"
