"""Requests as clients send them, and responses as they were recorded."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.caller import ACTIVITIES, LEADS, Caller, code

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

A1, V1 = "/rest/asset/v1", "/rest/v1"


@pytest.fixture
def plain(start_sandbox: StartSandbox) -> Caller:
    """A caller of a sandbox without awkward lists."""
    return Caller(start_sandbox(rough=False))


def ids(answer: dict[str, Any], key: str = "id") -> list[Any]:
    assert answer["success"], answer
    return [one[key] for one in answer.get("result", [])]


@pytest.mark.parametrize("fields", [{}, {"fields": None}, {"fields": []}])
def test_an_export_of_activities_has_default_columns(plain: Caller, fields: Any) -> None:
    body = {"filter": {"createdAt": plain.window()}, **fields}
    job = plain.post(f"{ACTIVITIES}/create.json", body)["result"][0]["exportId"]
    plain.post(f"{ACTIVITIES}/{job}/enqueue.json")

    header = plain.file(job, ACTIVITIES).text.split("\n")[0]

    assert header == (
        "marketoGUID,leadId,activityDate,activityTypeId,campaignId,"
        "primaryAttributeValueId,primaryAttributeValue,attributes"
    )


def test_formula_fields_are_exported_empty(plain: Caller) -> None:
    fields = ["id", "fullNameFormula", "daysSinceContact"]
    rows = plain.file(plain.queued(fields=fields)).text.splitlines()[1:]

    assert rows
    assert all(row.endswith(",null,null") for row in rows)


def test_semicolons_separate_ssv(plain: Caller) -> None:
    assert plain.file(plain.queued(format="SSV")).text.startswith("id;email\n")


@pytest.mark.parametrize("by", ["staticListId", "staticListName", "smartListId", "smartListName"])
def test_custom_objects_are_exported_by_list(plain: Caller, by: str) -> None:
    base = "/bulk/v1/customobjects/car_c/export"
    title = "Static List 2" if by.startswith("static") else "Smart List 2"
    body = {"fields": ["leadId"], "filter": {by: 2 if by.endswith("Id") else title}}
    job = plain.post(f"{base}/create.json", body)["result"][0]["exportId"]
    plain.post(f"{base}/{job}/enqueue.json")

    found = {int(row) for row in plain.file(job, base).text.splitlines()[1:]}

    kind = "static" if by.startswith("static") else "smart"
    assert found
    assert found <= set(plain.sandbox.world.list_members(kind, 2))


def test_offsets_are_compared_as_moments(plain: Caller) -> None:
    program = plain.sandbox.instance.library.records["programs"][3]
    at = program["updatedAt"].replace("Z", "")
    exact = plain.get(f"{A1}/programs.json", earliestUpdatedAt=f"{at}.000Z", maxReturn=200)
    shifted = plain.get(f"{A1}/programs.json", earliestUpdatedAt=f"{at}+05:00", maxReturn=200)

    assert program["id"] in ids(exact)
    assert len(ids(shifted)) >= len(ids(exact))


def test_one_end_of_a_range_is_enough_and_equal_ends_are_refused(plain: Caller) -> None:
    at = "2026-11-01T00:00:00Z"
    later = plain.get(f"{A1}/programs.json", earliestUpdatedAt=at)
    same = plain.get(f"{A1}/programs.json", earliestUpdatedAt=at, latestUpdatedAt=at)

    assert later["success"]
    assert code(same) == "701"


def test_a_post_with_the_method_get_reads_and_one_without_writes(plain: Caller) -> None:
    form = {"filterType": "id", "filterValues": "1001"}
    read = plain.call("POST", f"{V1}/leads.json?_method=GET", data=form).json()
    written = plain.post(f"{V1}/leads.json", {"input": [{"email": "a@example.com"}]})
    asset = plain.call("POST", f"{A1}/programs.json?_method=GET", data={}).json()

    assert ids(read) == [1001]
    assert written["result"][0]["status"] == "created"
    assert len(ids(asset)) == 12


def test_compound_keys_are_asked_for_in_a_body(plain: Caller) -> None:
    role = plain.sandbox.instance.linked.records["opportunity_roles"][2]
    key = {name: role[name] for name in ("externalOpportunityId", "leadId", "role")}
    body = {"filterType": "dedupeFields", "fields": ["marketoGUID"], "input": [key]}

    found = plain.post(f"{V1}/opportunities/roles.json?_method=GET", body)

    assert found["result"] == [{"seq": 0, "marketoGUID": role["marketoGUID"]}]


def test_the_end_of_an_asset_list(plain: Caller) -> None:
    answer = plain.get(f"{A1}/programs.json", offset=500)

    assert answer.pop("requestId")
    assert answer == {
        "success": True,
        "errors": [],
        "warnings": ["No assets found for the given search criteria."],
    }


@pytest.mark.parametrize(
    "path", ["program/99999.json", "email/byName.json?name=nobody", "folder/99999.json?type=Folder"]
)
def test_an_unknown_asset_is_a_warning(plain: Caller, path: str) -> None:
    assert plain.get(f"{A1}/{path}")["warnings"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{A1}/email/99999/content.json", "702"),
        (f"{A1}/landingPage/99999/variables.json", "702"),
        (f"{A1}/folder/99999/tokens.json?folderType=Folder", "702"),
        (f"{V1}/lists/999999/leads.json", "1013"),
        (f"{V1}/lists/999999.json", "1013"),
        (f"{V1}/lead/999999.json", "1004"),
        (f"{V1}/leads/programs/999999.json", "1013"),
        (f"{V1}/programs/999999/members.json?filterType=leadId&filterValues=1", "1013"),
        (f"{V1}/campaigns/999999.json", "1013"),
        (f"{V1}/customobjects/nobody_c/describe.json", "1013"),
    ],
)
def test_an_unknown_parent_is_refused(plain: Caller, path: str, expected: str) -> None:
    assert code(plain.get(path)) == expected


def test_keys_without_a_value_are_absent_in_the_lead_database(plain: Caller) -> None:
    campaigns = plain.get(f"{V1}/campaigns.json")

    assert "nextPageToken" not in campaigns
    assert any("description" not in campaign for campaign in campaigns["result"])
    assert all(None not in campaign.values() for campaign in campaigns["result"])
    assert campaigns["result"][0]["createdAt"].endswith("Z")


def test_headers_and_ids_are_as_recorded(plain: Caller) -> None:
    answer = plain.call("GET", f"{V1}/leads/describe.json")
    file = plain.file(plain.queued())

    assert re.fullmatch(r"[0-9a-f]{4}#[0-9a-f]{11}", answer.json()["requestId"])
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert file.headers["Content-Type"] == "text/csv;charset=UTF-8"
    assert file.headers["Accept-Ranges"] == "bytes"
    assert plain.identity().headers["Cache-Control"] == "no-store"


def test_page_tokens_are_opaque(plain: Caller) -> None:
    first = plain.get(f"{V1}/lists.json", batchSize=5)
    token = first["nextPageToken"]
    second = plain.get(f"{V1}/lists.json", batchSize=5, nextPageToken=token)

    assert re.fullmatch(r"[A-Z2-7]{20,}====", token)
    assert not set(ids(first)) & set(ids(second))
    assert code(plain.get(f"{V1}/lists.json", nextPageToken="made-up")) == "1003"


def test_the_user_service_fails_in_http_statuses(plain: Caller) -> None:
    users = "/userservice/management/v1/users"

    assert plain.call("GET", f"{users}/nobody/user.json").status_code == 404
    assert plain.call("GET", f"{users}/allusers.json?pageSize=many").status_code == 400
    plain.sandbox.control.deny("Access User Management Api")
    denied = plain.call("GET", f"{users}/roles.json")
    assert denied.status_code == 403
    assert denied.json()["errors"][0]["code"] == 603


def test_what_it_does_not_serve_is_never_a_success(
    plain: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (f"{A1}/programs.json", f"{A1}/form/1/delete.json", f"{V1}/leads/describe.json"):
        assert code(plain.post(path, {"name": "x"})) in {"605", "610"}
        assert f"POST {path}" in caplog.text


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        (f"{V1}/leads.json", {"filterType": "isVip", "filterValues": "true"}, "1011"),
        (f"{V1}/leads.json", {"filterType": "email"}, "1002"),
        (f"{V1}/leads.json", {"filterType": "id", "filterValues": "1", "fields": "no"}, "1006"),
        (f"{V1}/leads.json", {"filterType": "id", "filterValues": ",".join("1" * 301)}, "1003"),
        (f"{V1}/lists.json", {"batchSize": "many"}, "1001"),
        (f"{V1}/lists.json", {"id": "one"}, "1001"),
        (f"{A1}/programs.json", {"maxReturn": 201}, "1003"),
        (f"{A1}/programs.json", {"maxReturn": "x"}, "1001"),
        (f"{A1}/emails.json", {"folder": "1"}, "1001"),
        (f"{A1}/emails.json", {"status": "final"}, "1003"),
        (f"{A1}/smartCampaigns.json", {"isActive": "perhaps"}, "1001"),
        (f"{A1}/programs.json", {"earliestUpdatedAt": "yesterday"}, "1001"),
        (f"{A1}/folder/1/content.json", {}, "1002"),
        (f"{V1}/activities/pagingtoken.json", {"sinceDatetime": "now"}, "704"),
        (f"{V1}/activities.json", {"activityTypeIds": "1"}, "1002"),
        (f"{V1}/programs/1/members.json", {"filterType": "program"}, "1011"),
    ],
)
def test_wrong_values_get_their_error(
    plain: Caller, path: str, query: dict[str, Any], expected: str
) -> None:
    assert code(plain.get(path, **query)) == expected


def test_parameters_have_their_effect(plain: Caller) -> None:
    world, library = plain.sandbox.world, plain.sandbox.instance.library.records
    folder = json.dumps({"id": 2, "type": "Program"})
    emails = ids(plain.get(f"{A1}/emails.json", folder=folder))
    drafts = ids(plain.get(f"{A1}/emails.json", status="draft"))
    active = ids(plain.get(f"{A1}/smartCampaigns.json", isActive="true"))
    shallow = plain.get(f"{A1}/folders.json", maxDepth=1)["result"]
    below = ids(plain.get(f"{A1}/folders.json", root=json.dumps({"id": 2, "type": "Folder"})))
    named = ids(plain.get(f"{V1}/campaigns.json", name="Smart Campaign 3"))
    lead = next(iter(world.leads.values())).values
    found = plain.get(f"{V1}/leads.json", filterType="email", filterValues=lead["email"].upper())

    assert emails == [2]
    assert drafts == [email["id"] for email in library["emails"] if email["status"] == "draft"]
    assert active == [
        campaign["id"] for campaign in library["smart_campaigns"] if campaign["isActive"]
    ]
    assert [one["id"] for one in shallow] == [1]
    assert 2 in below
    assert 3 not in below
    assert named == [3]
    assert ids(found) == [lead["id"]]


def test_activities_are_read_by_lead_list_and_asset(plain: Caller) -> None:
    world = plain.sandbox.world
    token = plain.get(f"{V1}/activities/pagingtoken.json", sinceDatetime="2020-01-01")
    query = {"nextPageToken": token["nextPageToken"], "activityTypeIds": "6"}
    sent = [activity for activity in world.activities if activity.type_id == 6]
    lead, email = sent[0].lead_id, sent[-1].primary_id
    members = set(world.list_members("static", 2))

    def guids(**more: Any) -> list[str]:
        return ids(plain.get(f"{V1}/activities.json", **query, **more), "marketoGUID")

    assert guids() == [activity.guid for activity in sent]
    assert guids(leadIds=lead) == [activity.guid for activity in sent if activity.lead_id == lead]
    assert guids(assetIds=email) == [
        activity.guid for activity in sent if activity.primary_id == email
    ]
    assert guids(listId=2) == [activity.guid for activity in sent if activity.lead_id in members]
    assert len(guids(batchSize=3)) == 3


def test_a_native_crm_turns_its_objects_off(start_sandbox: StartSandbox) -> None:
    caller = Caller(start_sandbox(native_crm=True))
    query = {"filterType": "id", "filterValues": "1"}

    assert code(caller.get(f"{V1}/companies.json", **query)) == "1018"
    assert code(caller.get(f"{V1}/opportunities/describe.json")) == "1018"
    assert code(caller.post(f"{V1}/salespersons.json", {"input": [{"x": 1}]})) == "1018"
    assert caller.get(f"{V1}/namedaccounts/describe.json")["success"]


def test_hidden_fields_are_refused_together(start_sandbox: StartSandbox) -> None:
    caller = Caller(start_sandbox(hidden_fields=("city", "title")))

    answer = caller.create(fields=["id", "city", "title"])

    assert answer["errors"] == [{"code": "1003", "message": "Invalid fields [city, title]"}]


def test_exports_of_many_days_can_fail(start_sandbox: StartSandbox) -> None:
    caller = Caller(start_sandbox(largest_export_days=7))
    long, short = caller.queued(), caller.queued(filter={"updatedAt": caller.window(5)})

    assert [caller.status(one)["status"] for one in (long, short)] == ["Failed", "Completed"]
    assert "shorter date range" in caller.status(long)["errorMsg"]


def test_users_have_permissions_of_their_own(start_sandbox: StartSandbox) -> None:
    users = {"reader": "one", "writer": "two"}
    may = {"reader": ("Read-Only Lead",), "writer": ("Read-Write Lead",)}
    sandbox = start_sandbox(users=users, permissions=may)
    body = {"input": [{"email": "a@example.com"}]}
    reader, writer = Caller(sandbox, "reader"), Caller(sandbox, "writer")

    assert code(reader.post(f"{V1}/leads.json", body)) == "603"
    assert code(writer.post(f"{V1}/leads.json", body)) == ""
    for caller in (reader, writer):
        assert code(caller.create(LEADS)) == ""
        assert code(caller.get(f"{A1}/programs.json")) == "603"


def test_members_can_have_digits_for_booleans(start_sandbox: StartSandbox) -> None:
    caller = Caller(start_sandbox(member_booleans="digits", member_headers="rest"))
    base = "/bulk/v1/program/members/export"
    body = {"fields": ["leadId", "acquiredBy"], "filter": {"programId": 1}}
    job = caller.post(f"{base}/create.json", body)["result"][0]["exportId"]
    caller.post(f"{base}/{job}/enqueue.json")

    header, *rows = caller.file(job, base).text.splitlines()

    assert header == "leadId,acquiredBy"
    assert {row.split(",")[1] for row in rows} <= {"0", "1"}


def test_members_are_exported_with_fields_of_their_leads(plain: Caller) -> None:
    base = "/bulk/v1/program/members/export"
    fields = ["firstName", "email", "membershipDate", "leadId"]
    body = {"fields": fields, "filter": {"programId": 1}}
    job = plain.post(f"{base}/create.json", body)["result"][0]["exportId"]
    plain.post(f"{base}/{job}/enqueue.json")

    header, *rows = plain.file(job, base).text.splitlines()

    assert header == "firstName,email,Member Date,Lead Id"
    assert rows
    for row in rows:
        first, email, _, lead = row.split(",")
        values = plain.sandbox.world.leads[int(lead)].values
        assert (first, email) == (values["firstName"], values["email"])


def test_a_token_lives_as_many_real_seconds_as_it_says(start_sandbox: StartSandbox) -> None:
    caller = Caller(start_sandbox(time_scale=1000, token_seconds=600))
    lifetime = caller.identity().json()["expires_in"]

    caller.sandbox.control.advance(60_000)  # a minute of real time

    assert 590 <= lifetime <= 600
    assert caller.get(f"{V1}/stats/usage.json")["success"]


def test_a_failure_of_its_own_is_an_answer_and_a_line(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caller = Caller(sandbox)
    del sandbox.instance.library.records["channels"]

    assert code(caller.get(f"{A1}/channels.json")) == "611"
    assert "GET /rest/asset/v1/channels.json failed in the sandbox" in caplog.text
