"""Writes in chunks of 300, and the outcome of each item."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
import requests

from tap_marketo.client.errors import AccessDeniedError, ResponseError
from tap_marketo.scripts import (
    add_to_list,
    delete_custom_objects,
    leads_by,
    remove_from_list,
    set_program_status,
    upsert_custom_objects,
    upsert_leads,
)
from tests.support.fake_marketo import FakeMarketo, refusal, result


def written(numbers: range, status: str = "updated") -> dict[str, Any]:
    return result(*({"id": number, "status": status} for number in numbers))


def test_leads_are_written_300_a_call() -> None:
    marketo = FakeMarketo([written(range(300)), written(range(300)), written(range(1))])

    done = upsert_leads(marketo.client(), ({"email": f"{n}@x.org"} for n in range(601)))

    assert [len(call.body["input"]) for call in marketo.calls] == [300, 300, 1]
    assert {call.path for call in marketo.calls} == {"/rest/v1/leads.json"}
    assert marketo.calls[0].body["action"] == "createOrUpdate"
    assert marketo.calls[0].body["lookupField"] == "email"
    assert len(done) == 601
    assert all(one.ok for one in done)
    assert done[600].item == {"email": "600@x.org"}


def test_each_item_has_its_own_status() -> None:
    marketo = FakeMarketo(
        [
            result(
                {"id": 5, "status": "created"},
                {"status": "skipped", "reasons": [{"code": "1007", "message": "Multiple match"}]},
            )
        ]
    )

    first, second = upsert_leads(marketo.client(), [{"email": "a@x.org"}, {"email": "b@x.org"}])

    assert (first.ok, first.id, first.status) == (True, 5, "created")
    assert (second.ok, second.id, second.reasons) == (False, None, ("1007 Multiple match",))


def test_values_of_python_become_those_of_marketo() -> None:
    marketo = FakeMarketo([written(range(1))])
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc)

    upsert_leads(
        marketo.client(),
        [{"email": "a", "at": moment, "on": date(2026, 1, 2), "sum": Decimal("1.10"), "no": None}],
        partition="Europe",
    )

    (call,) = marketo.calls
    assert call.body["partitionName"] == "Europe"
    assert call.body["input"] == [
        {"email": "a", "at": "2026-01-02T03:04:05Z", "on": "2026-01-02", "sum": "1.10", "no": None}
    ]


def test_large_records_make_smaller_chunks() -> None:
    marketo = FakeMarketo([written(range(3)), written(range(3)), written(range(3))])

    done = upsert_leads(marketo.client(), [{"email": "a", "notes": "x" * 300_000}] * 6)

    assert [len(call.body["input"]) for call in marketo.calls] == [2, 2, 2]
    assert len(done) == 6


def test_a_lost_answer_is_unknown_and_the_others_are_written() -> None:
    marketo = FakeMarketo([requests.ConnectionError("torn"), written(range(1), "created")])

    done = upsert_leads(
        marketo.client(), [{"email": f"{n}"} for n in range(301)], action="createOnly"
    )

    assert {one.status for one in done[:300]} == {"unknown"}
    assert done[300].status == "created"


def test_a_refused_first_call_is_an_error() -> None:
    with pytest.raises(AccessDeniedError):
        upsert_leads(FakeMarketo([refusal("603")]).client(), [{"email": "a"}])


def test_what_was_written_before_a_limit_is_not_lost() -> None:
    marketo = FakeMarketo([written(range(300)), refusal("607", "daily quota")])

    done = add_to_list(marketo.client(), 7, range(900))

    assert [one.status for one in done] == ["updated"] * 300 + ["refused"] * 300 + [
        "not_sent"
    ] * 300
    assert "607" in done[-1].reasons[0]
    assert len(marketo.calls) == 2


def test_one_bad_chunk_does_not_stop_the_others() -> None:
    marketo = FakeMarketo([written(range(300)), refusal("1003"), written(range(1))])

    done = upsert_leads(marketo.client(), [{"email": f"{n}"} for n in range(601)])

    assert [done[0].status, done[300].status, done[600].status] == ["updated", "refused", "updated"]


def test_an_item_that_the_answer_leaves_out_is_unknown() -> None:
    done = add_to_list(FakeMarketo([result({"id": 1, "status": "added"})]).client(), 7, [1, 2])

    assert [one.status for one in done] == ["added", "unknown"]


def test_numbered_results_go_to_their_items() -> None:
    marketo = FakeMarketo(
        [
            result(
                {"seq": 1, "status": "skipped", "reasons": [{"code": 1004, "message": "no lead"}]},
                {"seq": 0, "status": "updated", "marketoGUID": "g"},
            )
        ]
    )

    first, second = upsert_custom_objects(marketo.client(), "car_c", [{"vin": "a"}, {"vin": "b"}])

    assert (first.id, first.ok) == ("g", True)
    assert second.reasons == ("1004 no lead",)
    assert marketo.calls[0].path == "/rest/v1/customobjects/car_c.json"
    assert marketo.calls[0].body["dedupeBy"] == "dedupeFields"


def test_members_of_a_list() -> None:
    marketo = FakeMarketo([written(range(2), "added"), written(range(2), "removed")])
    client = marketo.client()

    add_to_list(client, 7, [1, 2])
    remove_from_list(client, 7, [1, 2])

    assert [(call.method, call.path) for call in marketo.calls] == [
        ("POST", "/rest/v1/lists/7/leads.json"),
        ("DELETE", "/rest/v1/lists/7/leads.json"),
    ]
    assert marketo.calls[1].body == {"input": [{"id": 1}, {"id": 2}]}


def test_status_in_a_program() -> None:
    marketo = FakeMarketo([result({"seq": 0, "leadId": 4, "status": "updated"})])

    (done,) = set_program_status(marketo.client(), 9, "Attended", [4])

    assert done.id == 4
    assert marketo.calls[0].path == "/rest/v1/programs/9/members/status.json"
    assert marketo.calls[0].body == {"statusName": "Attended", "input": [{"leadId": 4}]}


def test_custom_objects_are_deleted() -> None:
    marketo = FakeMarketo([result({"seq": 0, "status": "deleted", "marketoGUID": "g"})])

    (done,) = delete_custom_objects(
        marketo.client(), "car_c", [{"marketoGUID": "g"}], delete_by="idField"
    )

    assert done.status == "deleted"
    assert marketo.calls[0].path == "/rest/v1/customobjects/car_c/delete.json"
    assert marketo.calls[0].body == {"deleteBy": "idField", "input": [{"marketoGUID": "g"}]}


def test_leads_are_looked_up_300_values_a_call() -> None:
    marketo = FakeMarketo([result({"id": 1}, nextPageToken="t"), result({"id": 2}), result()])

    found = list(leads_by(marketo.client(), "id", [*range(301), 0], ["id", "email"]))

    assert found == [{"id": 1}, {"id": 2}]
    counts = [len(call.query["filterValues"].split(",")) for call in marketo.calls]
    assert counts == [300, 300, 1]
    assert marketo.calls[0].query["fields"] == "id,email"
    assert marketo.calls[1].query["nextPageToken"] == "t"


def test_values_that_match_too_many_leads_are_asked_for_apart() -> None:
    marketo = FakeMarketo([refusal("1003"), result({"id": 1}), result({"id": 2})])

    assert list(leads_by(marketo.client(), "company", ["a", "b"])) == [{"id": 1}, {"id": 2}]
    with pytest.raises(ResponseError):
        list(leads_by(FakeMarketo([refusal("1003")]).client(), "company", ["a"]))


def test_a_value_with_a_comma_is_refused() -> None:
    with pytest.raises(ValueError, match="comma"):
        list(leads_by(FakeMarketo([]).client(), "company", ["Smith, Inc."]))
