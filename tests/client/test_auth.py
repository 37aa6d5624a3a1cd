"""The token is renewed in time and when it is refused; wrong credentials are not tried again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_marketo.client.auth import TokenAuth
from tap_marketo.client.errors import (
    CredentialsError,
    IdentityError,
    TokenRejectedError,
    UnavailableError,
)
from tests.support.tap_runs import quick_config, run_tap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tap_marketo.client import MarketoClient
    from tests.client.conftest import FakeTime
    from tests.conftest import StartSandbox

TYPES = "/rest/v1/activities/types.json"
CREATE = "/bulk/v1/leads/export/create.json"
IDENTITY = "/identity/oauth/token"


def token_auth(sandbox: Sandbox, time: FakeTime) -> TokenAuth:
    return TokenAuth(
        f"{sandbox.base_url}/identity",
        sandbox.client_id,
        sandbox.client_secret,
        session=requests.Session(),
        timeout=(5, 5),
        monotonic=time.monotonic,
    )


@pytest.mark.parametrize(
    ("life", "good_until", "renewed_at"), [(3600, 3538, 3541), (60, 53, 55), (3, 2, 3)]
)
def test_a_token_is_renewed_before_it_dies_and_not_earlier(
    start_sandbox: StartSandbox,
    fake_time: FakeTime,
    life: float,
    good_until: float,
    renewed_at: float,
) -> None:
    sandbox = start_sandbox(token_seconds=life)
    auth = token_auth(sandbox, fake_time)
    asked: list[float] = []
    auth._session.hooks["response"].append(lambda *_, **__: asked.append(fake_time.now))
    auth.token()

    fake_time.now = 1000 + good_until
    auth.token()
    assert len(asked) == 1
    fake_time.now = 1000 + renewed_at
    auth.token()
    assert len(asked) == 2


def test_many_threads_fetch_one_token(sandbox: Sandbox, fake_time: FakeTime) -> None:
    auth = token_auth(sandbox, fake_time)

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: auth.token(), range(32)))

    assert len(tokens) == sandbox.instance.tokens.issued == 1


def test_a_token_that_another_thread_replaced_is_not_dropped(
    sandbox: Sandbox, fake_time: FakeTime
) -> None:
    auth = token_auth(sandbox, fake_time)
    current = auth.token()
    sandbox.control.revoke_tokens()

    auth.forget("one from before")
    assert auth.token() == current
    auth.forget(current)
    assert auth.token() != current


@pytest.mark.parametrize("code", ["600", "601", "602"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_token_is_renewed_and_the_call_repeated_with_its_body(
    client: MarketoClient, sandbox: Sandbox, code: str, method: str
) -> None:
    body = {
        "fields": ["id"],
        "filter": {
            "createdAt": {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-02T00:00:00Z"}
        },
    }
    path = TYPES if method == "GET" else CREATE
    sandbox.control.fault("error", path, code=code, message="Access token refused")

    reply = client.get(path) if method == "GET" else client.post(path, body)

    assert reply.result
    assert [call.code for call in sandbox.log] == [code, ""]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": "602", "message": "Access token expired"},
        {"kind": "http", "status": 401},
    ],
)
def test_a_token_may_be_refused_several_times_in_a_row(
    client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime, fault: dict[str, Any]
) -> None:
    sandbox.control.fault(path=TYPES, times=3, **fault)

    assert client.get(TYPES).result
    assert fake_time.slept == [1, 3]


@pytest.mark.parametrize("code", ["601", "602"])
def test_a_token_that_stays_refused_is_an_error(
    client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime, code: str
) -> None:
    sandbox.control.fault("error", TYPES, code=code, message="Access token refused", times=-1)

    with pytest.raises(TokenRejectedError, match=f"{code}.*renewed the token"):
        client.get(TYPES)

    assert len(sandbox.log) == 4
    assert fake_time.slept == [1, 3]


def test_a_dying_token_that_is_given_out_again_is_waited_out(
    sandbox: Sandbox, fake_time: FakeTime
) -> None:
    auth = token_auth(sandbox, fake_time)
    dying = {"access_token": "dying", "expires_in": 7, "scope": "user@example.com"}
    sandbox.control.fault("body", IDENTITY, body=dying, times=2)

    auth.forget(auth.token())
    auth.token()

    assert auth.lingering() == 8
    fake_time.now += auth.lingering()
    assert auth.token() != "dying"
    assert auth.lingering() == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "body", "body": {"error": "server_error"}},
        {"kind": "http", "status": 503},
    ],
)
def test_an_identity_endpoint_may_stumble_at_the_start(
    client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime, fault: dict[str, Any]
) -> None:
    sandbox.control.fault(path=IDENTITY, times=2, **fault)

    assert client.get(TYPES).result
    assert len(fake_time.slept) == 2


@pytest.mark.parametrize("status", [400, 401])
def test_invalid_client_names_id_and_secret(fake_time: FakeTime, status: int) -> None:
    auth = TokenAuth(
        "https://example.com/identity",
        "an-id",
        "a-secret",
        session=_Answering(status, {"error": "invalid_client"}),
        timeout=(5, 5),
        monotonic=fake_time.monotonic,
    )

    with pytest.raises(CredentialsError, match=f"client_id and client_secret.*{status}"):
        auth.token()


class _Answering(requests.Session):
    """A session that makes no calls."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__()
        self._answer = requests.Response()
        self._answer.status_code = status
        self._answer._content = json.dumps(body).encode()

    def post(self, *_: Any, **__: Any) -> requests.Response:
        return self._answer


def test_an_identity_endpoint_that_is_forbidden_keeps_its_number(
    client: MarketoClient, sandbox: Sandbox
) -> None:
    sandbox.control.fault("http", IDENTITY, status=403, times=-1)

    with pytest.raises(IdentityError, match=r"HTTP 403.*allow-list"):
        client.get(TYPES)


def test_a_token_that_expires_between_two_calls_is_replaced(
    client: MarketoClient, sandbox: Sandbox
) -> None:
    client.get(TYPES)
    sandbox.control.advance(3601)  # not visible to the client's clock

    client.get(TYPES)

    assert [call.code for call in sandbox.log] == ["", "602", ""]
    assert sandbox.instance.tokens.issued == 2


def test_wrong_credentials_are_not_tried_again(
    connect: Callable[..., MarketoClient], sandbox: Sandbox, fake_time: FakeTime
) -> None:
    client = connect(client_secret="wr0ng-secret")  # noqa: S106

    with pytest.raises(CredentialsError, match="LaunchPoint"):
        client.get(TYPES)

    assert fake_time.slept == []
    assert sandbox.log == []


def test_wrong_credentials_are_one_sentence_of_the_tap(sandbox: Sandbox, tmp_path: Path) -> None:
    config = quick_config(sandbox, client_secret="wr0ng-secret")  # noqa: S106

    run = run_tap(tmp_path, config, "--discover")

    assert run.returncode == 1
    refusals = [
        line for line in run.log.splitlines() if "refused client_id and client_secret" in line
    ]
    assert len(refusals) == 1
    assert "Traceback" not in run.log
    assert "wr0ng-secret" not in run.log
    assert "Trying again" not in run.log


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http", "status": 500},
        {"kind": "http", "status": 429},
        {"kind": "reset"},
        {"kind": "timeout", "seconds": 0.1},
    ],
)
def test_an_identity_endpoint_that_fails_for_the_moment_is_asked_again(
    client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime, fault: dict[str, Any]
) -> None:
    sandbox.control.fault(path=IDENTITY, **fault)

    assert client.get(TYPES).result
    assert len(fake_time.slept) == 1


@pytest.mark.parametrize("kind", ["html", "empty"])
def test_an_address_that_gives_no_token_is_told_at_once(
    client: MarketoClient, sandbox: Sandbox, fake_time: FakeTime, kind: str
) -> None:
    sandbox.control.fault(kind, IDENTITY, times=-1)

    with pytest.raises(IdentityError, match="base_url"):
        client.get(TYPES)

    assert fake_time.slept == []


@pytest.mark.parametrize("kind", ["html", "empty"])
def test_an_identity_endpoint_that_stammers_in_mid_run_is_asked_again(
    client: MarketoClient, sandbox: Sandbox, kind: str
) -> None:
    client.get(TYPES)
    sandbox.control.revoke_tokens()
    sandbox.control.fault(kind, IDENTITY)

    assert client.get(TYPES).result


def test_an_unreachable_identity_endpoint_names_no_secret(
    connect: Callable[..., MarketoClient], sandbox: Sandbox
) -> None:
    client = connect(max_tries=1)
    sandbox.stop()

    with pytest.raises(UnavailableError, match="cannot be reached") as raised:
        client.get(TYPES)

    assert sandbox.client_secret not in f"{raised.value!r} {raised.value}"


def test_who_calls_is_known_from_the_token(client: MarketoClient, sandbox: Sandbox) -> None:
    client.get(TYPES)

    assert client.auth.user == f"{sandbox.client_id}@sandbox.example.com"
    assert json.dumps(sandbox.client_secret) not in repr(client.auth)
