"""Calls that change emails, landing pages and forms."""

from __future__ import annotations

import json

import pytest

from tap_marketo.scripts import approve, clone, discard_draft, unapprove
from tests.support.fake_marketo import FakeMarketo, result


def test_approve_unapprove_and_discard() -> None:
    marketo = FakeMarketo([result({"id": 5})] * 4)
    client = marketo.client()

    assert approve(client, "email", 5) == {"id": 5}
    approve(client, "form", 5)
    unapprove(client, "landing_page", 5)
    discard_draft(client, "landing_page", 5)

    assert [(call.method, call.path) for call in marketo.calls] == [
        ("POST", "/rest/asset/v1/email/5/approveDraft.json"),
        ("POST", "/rest/asset/v1/form/5/approveDraft.json"),
        ("POST", "/rest/asset/v1/landingPage/5/unapprove.json"),
        ("POST", "/rest/asset/v1/landingPage/5/discardDraft.json"),
    ]


def test_clone() -> None:
    marketo = FakeMarketo([result({"id": 6, "name": "Copy"})])

    copy = clone(marketo.client(), "email", 5, name="Copy", folder_id=12, folder_type="Program")

    assert copy["id"] == 6
    (call,) = marketo.calls
    assert call.path == "/rest/asset/v1/email/5/clone.json"
    assert call.body["name"] == "Copy"
    assert json.loads(call.body["folder"]) == {"id": 12, "type": "Program"}


def test_what_marketo_cannot_do_is_refused() -> None:
    client = FakeMarketo([]).client()
    with pytest.raises(ValueError, match="form"):
        unapprove(client, "form", 5)
    with pytest.raises(ValueError, match="kind must be one of"):
        approve(client, "snippet", 5)  # type: ignore[arg-type]
