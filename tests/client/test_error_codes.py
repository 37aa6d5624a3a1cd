"""Each of Marketo's codes has its class, and is repeated or not, as the documentation says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_marketo.client.errors import (
    AccessDeniedError,
    ConcurrencyError,
    DailyCallsSpentError,
    ExportQueueFullError,
    ExportQuotaSpentError,
    FeatureUnavailableError,
    FieldNotFoundError,
    FilterUnavailableError,
    JobAlreadyQueuedError,
    NotFoundError,
    RateLimitError,
    ResponseError,
    RetryableError,
    TokenRejectedError,
    UnavailableError,
    error_for,
)

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from tap_marketo.client import MarketoClient
    from tests.client.conftest import FakeTime

TYPES = "/rest/v1/activities/types.json"

# error-codes.md: first errors that reading can cause, then errors of the caller.
REPEATED: dict[str, type[ResponseError]] = {
    "500": UnavailableError,
    "502": UnavailableError,
    "604": UnavailableError,
    "606": RateLimitError,
    "608": UnavailableError,
    "611": UnavailableError,
    "614": UnavailableError,
    "615": ConcurrencyError,
    "713": UnavailableError,
}
RAISED: dict[str, type[ResponseError]] = {
    "603": AccessDeniedError,
    "607": DailyCallsSpentError,
    "610": NotFoundError,
    "616": FeatureUnavailableError,
    "703": FeatureUnavailableError,
    "1006": FieldNotFoundError,
    "1013": NotFoundError,
    "1018": FeatureUnavailableError,
    "1026": FeatureUnavailableError,
    "1035": FilterUnavailableError,
}
MISTAKES = (
    "605", "609", "612", "613", "701", "704", "709", "710", "711", "712", "714", "718", "719",
    "1001", "1002", "1003", "1004", "1005", "1007", "1008", "1009", "1010", "1011", "1012",
    *(str(code) for code in (*range(1014, 1018), *range(1019, 1026))), "1027", "1028",
    "1036", "1037", "1042", "1048", "1049", *(str(code) for code in range(1076, 1081)),
)  # fmt: skip
NEVER_SEEN = ("799", "9999", "")


@pytest.mark.parametrize("code", REPEATED)
def test_what_passes_is_repeated(
    client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime, code: str
) -> None:
    sandbox.control.fault("error", TYPES, code=code, message="Not now", times=2)

    assert client.get(TYPES).result
    assert [call.code for call in sandbox.log] == [code, code, ""]
    assert type(error_for(code, "Not now")) is REPEATED[code]
    # Exponential: the second pause is longer.
    assert fake_time.slept
    assert fake_time.now - 1000 >= (40 if code == "606" else 3)


@pytest.mark.parametrize("code", [*RAISED, *MISTAKES, *NEVER_SEEN])
def test_what_lasts_is_raised_at_once(
    client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime, code: str
) -> None:
    sandbox.control.fault("error", TYPES, code=code, message="Never", times=-1)

    with pytest.raises(ResponseError, match="Never") as raised:
        client.get(TYPES)

    assert type(raised.value) is RAISED.get(code, ResponseError)
    assert raised.value.code == code
    assert raised.value.request_id
    assert len(sandbox.log) == 1
    assert fake_time.slept == []


def test_repetitions_end(client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime) -> None:
    sandbox.control.fault("error", TYPES, code="611", message="System error", times=-1)

    with pytest.raises(UnavailableError, match="611"):
        client.get(TYPES)

    assert len(sandbox.log) == client.max_tries == 8
    pauses = [1, 2, 4, 8, 16, 32, 60]
    assert all(
        least <= pause < least + 1 for least, pause in zip(pauses, fake_time.slept, strict=True)
    )


def test_nothing_found_is_an_empty_list(client: MarketoClient, sandbox: Sandbox) -> None:
    sandbox.control.fault("error", TYPES, code="702", message="No data found")

    assert client.get(TYPES).result == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Too many jobs in queue", ExportQueueFullError),
        ("too many jobs (10) in queue", ExportQueueFullError),
        ("Too many jobs in queue already", ExportQueueFullError),
        ("Export daily quota exceeded", ExportQuotaSpentError),
        ("Export daily quota 500MB exceeded", ExportQuotaSpentError),
        ("Export daily quota 10240MB exceeded", ExportQuotaSpentError),
        ("export DAILY QUOTA 1.5 GB exceeded.", ExportQuotaSpentError),
        ("Daily export allocation used up", ExportQuotaSpentError),
        ("Job already queued", JobAlreadyQueuedError),
        ("job ALREADY QUEUED", JobAlreadyQueuedError),
        ("Job 5c6f already enqueued", JobAlreadyQueuedError),
        ("Job has already been queued today", JobAlreadyQueuedError),
        ("Something new", ExportQueueFullError),
        ("", ExportQueueFullError),
    ],
)
def test_1029_is_told_apart_by_its_text(text: str, expected: type[ResponseError]) -> None:
    error = error_for("1029", text)

    assert type(error) is expected
    assert not isinstance(error, RetryableError)
    assert error.code == "1029"


def test_a_token_refused_after_renewal_is_no_passing_error() -> None:
    for code in ("600", "601", "602"):
        assert type(error_for(code, "Access token invalid")) is TokenRejectedError


def test_an_error_tells_what_where_and_what_to_do() -> None:
    error = error_for("1035", "Unsupported filter type", "e42b#14272d07d78")
    error.with_context(stream="leads", export_id="5c6f").with_context(stream="another")

    assert str(error) == (
        "Marketo error 1035: Unsupported filter type (stream leads, export job 5c6f, request"
        " e42b#14272d07d78). Ask Marketo Support to enable this filter for bulk extracts."
    )


def test_a_long_message_is_cut() -> None:
    assert len(error_for("1003", "x" * 5000).reason) == 300
