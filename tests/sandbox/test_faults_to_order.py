"""Each fault does what its line in the table says, as often as ordered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from marketo_sandbox.faults import KINDS
from tests.support.caller import LEADS, Caller, code

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox import Sandbox

TYPES = "/rest/v1/activities/types.json"


def hangs_up(call: Callable[[], object]) -> bool:
    try:
        call()
    except requests.RequestException:
        return True
    return False


def test_an_order_waits_and_ends(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    order = sandbox.control.fault("error", TYPES, code="611", skip=1, times=2)

    assert [code(caller.get(TYPES)) for _ in range(4)] == ["", "611", "611", ""]
    assert order.hits == 2


def test_an_order_names_paths_by_a_glob_and_a_method(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    sandbox.control.fault("error", "/bulk/v1/*/export/*", method="POST", code="713", times=-1)

    assert code(caller.create()) == "713"
    assert code(caller.get(f"{LEADS}.json")) == ""
    assert code(caller.get(TYPES)) == ""
    sandbox.control.clear_faults()
    assert code(caller.create()) == ""


@pytest.mark.parametrize("kind", ["reset", "timeout", "unanswered"])
def test_the_line_is_cut(sandbox: Sandbox, kind: str) -> None:
    caller = Caller(sandbox)
    sandbox.control.fault(kind, TYPES, seconds=0.1)

    assert hangs_up(lambda: caller.get(TYPES))
    assert code(caller.get(TYPES)) == ""


def test_an_answer_can_be_late(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    sandbox.control.fault("slow", TYPES, seconds=0.3)
    began = time.monotonic()

    assert code(caller.get(TYPES)) == ""
    assert time.monotonic() - began >= 0.3


def test_http_errors_have_a_body_that_is_no_json(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    sandbox.control.fault("http", TYPES, status=429, retry_after="7")
    sandbox.control.fault("html", TYPES)
    sandbox.control.fault("empty", TYPES)

    busy, html, empty = (caller.call("GET", TYPES) for _ in range(3))

    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    assert (html.status_code, html.text[:6]) == (200, "<html>")
    assert (empty.status_code, empty.content) == (200, b"")


def test_any_body_can_be_ordered(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    body: dict[str, Any] = {"success": False, "errors": [{"code": 611, "message": None}]}
    sandbox.control.fault("body", TYPES, body=body)

    assert caller.get(TYPES) == body


def test_a_page_can_be_empty_with_more_to_come(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    made = [caller.created() for _ in range(3)]
    sandbox.control.fault("empty_page", f"{LEADS}.json", skip=1)

    token, found, sizes = "", [], []
    while True:
        page = caller.get(
            f"{LEADS}.json", batchSize=2, **({"nextPageToken": token} if token else {})
        )
        found += [job["exportId"] for job in page["result"]]
        sizes.append(len(page["result"]))
        token = page.get("nextPageToken", "")
        if not token:
            break

    assert found == made
    assert sizes == [2, 0, 1]


def is_spoiled(kind: str, answer: requests.Response, whole: bytes) -> bool:
    if kind == "missing_file":
        return answer.status_code == 404
    if kind == "unlabelled_error":
        return (
            answer.headers["Content-Type"].startswith("text/csv") and code(answer.json()) == "611"
        )
    if kind == "shorten":
        return answer.content == whole[:20]
    if kind == "ignore_range":
        return answer.status_code == 200 and answer.content == whole
    assert kind == "corrupt"
    return len(answer.content) == len(whole) and answer.content != whole


@pytest.mark.parametrize("kind", ["truncate", "shorten", "corrupt", "missing_file",
                                  "unlabelled_error", "ignore_range"])  # fmt: skip
def test_a_file_can_be_spoiled_once(sandbox: Sandbox, kind: str) -> None:
    caller = Caller(sandbox)
    export_id = caller.queued()
    whole = caller.file(export_id).content
    sandbox.control.fault(kind, f"{LEADS}/*/file.json", bytes=20)

    if kind == "truncate":
        assert hangs_up(lambda: caller.file(export_id))
    else:
        asked = {"Range": "bytes=3-"} if kind == "ignore_range" else {}
        spoiled = caller.file(export_id, **asked)
        assert is_spoiled(kind, spoiled, whole)
    assert caller.file(export_id).content == whole


def test_an_order_that_cannot_be_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="unlabelled_error"):
        sandbox.control.fault("earthquake")
    with pytest.raises(TypeError, match="strength"):
        sandbox.control.fault("reset", strength=9)


def test_every_kind_says_what_happens() -> None:
    assert all(KINDS.values())
