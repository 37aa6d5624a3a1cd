"""Responses with and without envelopes, and HTTP errors: no error is read as an empty page."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_marketo.client.envelope import Reply, read_envelope
from tap_marketo.client.errors import (
    AccessDeniedError,
    NotFoundError,
    RateLimitError,
    ResponseError,
    RetryableError,
    TokenRejectedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from tap_marketo.client import MarketoClient
    from tests.client.conftest import FakeTime

TYPES = "/rest/v1/activities/types.json"


def answer(body: bytes | str | dict[str, Any], status: int = 200, **headers: str) -> Any:
    response = requests.Response()
    response.status_code = status
    text = json.dumps(body) if isinstance(body, dict) else body
    response._content = text.encode() if isinstance(text, str) else text
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def failure(errors: Any) -> dict[str, Any]:
    return {"requestId": "a1#b2", "success": False, "errors": errors}


@pytest.mark.parametrize("code", [606, "606"])
def test_a_code_is_a_number_or_text(code: object) -> None:
    with pytest.raises(RateLimitError, match="606: Max rate"):
        read_envelope(answer(failure([{"code": code, "message": "Max rate limit '100'"}])))


@pytest.mark.parametrize(
    "errors", [None, [], {}, ["a text"], [None], [{"code": None}], [{"message": ""}], "text", 5]
)
def test_a_failure_that_names_nothing_is_still_a_failure(errors: object) -> None:
    with pytest.raises(ResponseError):
        read_envelope(answer(failure(errors)))


def test_a_failure_without_errors_is_a_failure() -> None:
    with pytest.raises(ResponseError, match="no reason given"):
        read_envelope(answer({"requestId": "a1", "success": False}))


def test_an_envelope_of_errors_alone_is_a_failure() -> None:
    with pytest.raises(AccessDeniedError):
        read_envelope(answer({"errors": [{"code": "603", "message": "Access denied"}]}))


@pytest.mark.parametrize("success", [None, "true", 1, False])
def test_only_success_is_success(success: object) -> None:
    with pytest.raises(ResponseError):
        read_envelope(answer({"success": success, "result": [{"id": 1}]}))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, Reply()),
        ({"result": None, "errors": None, "warnings": None, "requestId": None}, Reply()),
        ({"result": [{"id": 1}]}, Reply(result=[{"id": 1}])),
        ({"result": {"items": []}}, Reply(result=[{"items": []}])),
        ({"result": [], "nextPageToken": "T=", "moreResult": True},
         Reply(next_page_token="T=", more_result=True)),  # noqa: S106
        ({"warnings": ["No assets found"]}, Reply(warnings=("No assets found",))),
        ({"warnings": [{"code": "1004", "message": "Lead not found"}]},
         Reply(warnings=("1004 Lead not found",))),
        ({"warnings": [{"message": "Odd"}, 7]}, Reply(warnings=("Odd", "7"))),
        ({"errors": []}, Reply()),
    ],
)  # fmt: skip
def test_a_success_leaves_out_what_it_likes(body: dict[str, Any], expected: Reply) -> None:
    assert read_envelope(answer({"success": True, **body})) == expected


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Gateway</html>", b"null", b"[]", b"{}", b'"text"', b'{"success": tr', b"\xff"],
)
def test_what_is_no_envelope_is_repeated_never_an_empty_page(body: bytes) -> None:
    with pytest.raises(UnavailableError, match="no JSON envelope"):
        read_envelope(answer(body))


@pytest.mark.parametrize(
    ("status", "expected", "words"),
    [
        (401, TokenRejectedError, "401, Unauthorized"),
        (403, AccessDeniedError, "allow-list"),
        (404, NotFoundError, "404, Not Found"),
        (413, ResponseError, "413"),
        (414, ResponseError, "414"),
        (429, UnavailableError, "429, Too Many Requests"),
        (500, UnavailableError, "500"),
        (502, UnavailableError, "502, Bad Gateway"),
        (503, UnavailableError, "503"),
        (504, UnavailableError, "504"),
        (507, UnavailableError, "507"),
        (529, UnavailableError, "529"),
    ],
)
def test_an_http_error_without_an_envelope(
    status: int, expected: type[ResponseError], words: str
) -> None:
    with pytest.raises(ResponseError, match=words) as raised:
        read_envelope(answer("<html>secret details</html>", status))

    assert type(raised.value) is expected
    assert "secret details" not in str(raised.value)


def test_an_envelope_counts_more_than_its_http_status() -> None:
    with pytest.raises(RateLimitError):
        read_envelope(answer(failure([{"code": "606", "message": "Max rate"}]), 500))
    assert read_envelope(answer({"success": True, "result": []}, 500)) == Reply()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17), (" 3 ", 3), ("soon", 0), ("-5", 0), ("", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_seconds(header: str, seconds: float) -> None:
    with pytest.raises(RetryableError) as raised:
        read_envelope(answer("busy", 429, Retry_After=header))

    assert raised.value.retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    header = format_datetime(datetime.now(timezone.utc) + timedelta(hours=1), usegmt=True)

    with pytest.raises(RetryableError) as raised:
        read_envelope(answer("busy", 429, Retry_After=header))

    assert 3500 <= raised.value.retry_after <= 3600


def test_retry_after_is_waited_for(
    client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime
) -> None:
    sandbox.control.fault("http", TYPES, status=429, retry_after="33")

    assert client.get(TYPES).result
    assert 33 <= fake_time.slept[0] < 34


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html"},
        {"kind": "empty"},
        {"kind": "http", "status": 503},
        {"kind": "reset"},
        {"kind": "body", "body": {}},
    ],
)
def test_a_read_survives_what_passes(
    client: MarketoClient, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    sandbox.control.fault(path=TYPES, times=3, **fault)

    assert client.get(TYPES).result
    assert len(sandbox.log) == 4


def test_a_body_with_a_number_as_code_is_an_error_over_http(
    client: MarketoClient, sandbox: Sandbox
) -> None:
    sandbox.control.fault("body", TYPES, body=failure([{"code": 603, "message": "Access denied"}]))

    with pytest.raises(AccessDeniedError, match="a1#b2"):
        client.get(TYPES)
