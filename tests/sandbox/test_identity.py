"""Tokens and permissions: authentication.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.support.caller import ACTIVITIES, LEADS, Caller, code

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox

TYPES = "/rest/v1/activities/types.json"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_is_the_same_until_it_expires(sandbox: Sandbox, method: str) -> None:
    caller = Caller(sandbox)
    sandbox.control.advance(600)

    again = caller.identity(method).json()

    assert again["access_token"] == caller.token
    assert again["token_type"] == "bearer"  # noqa: S105
    assert 2990 <= again["expires_in"] <= 3000
    assert caller.client_id in again["scope"]


def test_an_expired_token_gets_602_and_a_new_one_works(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    old = caller.token
    sandbox.control.advance(3601)

    assert code(caller.get(TYPES)) == "602"
    caller.token = caller.identity().json()["access_token"]
    assert caller.token != old
    assert code(caller.get(TYPES)) == ""


def test_a_token_of_one_user_lives_beside_those_of_others(sandbox: Sandbox) -> None:
    one, other = Caller(sandbox), Caller(sandbox, "other-client")

    assert one.token != other.token
    assert code(one.get(TYPES)) == code(other.get(TYPES)) == ""


@pytest.mark.parametrize(
    "wrong", [{"client_secret": "no"}, {"client_id": "no"}, {"grant_type": "password"}]
)
def test_wrong_credentials_are_a_real_http_error(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    answer = Caller(sandbox).identity(**wrong)

    assert answer.status_code == 401
    assert answer.json()["error"] == "unauthorized"


def test_an_unknown_token_gets_601(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    caller.token = "made-up"  # noqa: S105

    assert code(caller.get(TYPES)) == "601"


def test_a_revoked_token_gets_601(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    sandbox.control.revoke_tokens()

    assert code(caller.get(TYPES)) == "601"


def test_a_call_without_a_token_gets_603(sandbox: Sandbox) -> None:
    answer = requests.get(sandbox.base_url + TYPES, timeout=10)

    assert answer.status_code == 200
    assert code(answer.json()) == "603"


def test_a_token_in_the_query_is_refused(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)

    assert code(caller.get(TYPES, access_token=caller.token)) == "600"


@pytest.mark.parametrize(
    ("permission", "path"),
    [
        ("Read-Only Lead", "/rest/v1/leads/describe2.json"),
        ("Read-Only Activity", TYPES),
        ("Read-Only Asset", "/rest/asset/v1/programs.json"),
        ("Read-Only Lead", f"{LEADS}.json"),
        ("Read-Only Activity", f"{ACTIVITIES}.json"),
    ],
)
def test_a_missing_permission_is_603_where_it_is_needed(
    sandbox: Sandbox, permission: str, path: str
) -> None:
    caller = Caller(sandbox)
    sandbox.control.deny(permission)
    assert code(caller.get(path)) == "603"

    sandbox.control.deny("Read-Only Campaign")
    assert code(caller.get(path)) == ""


def test_a_permission_that_does_not_exist_cannot_be_denied(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="Read-Only Lead"):
        sandbox.control.deny("Read Only Lead")
