"""Names and fields that administrators change while a pipeline runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.caller import Caller

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

TYPES, EXTERNAL = "/rest/v1/activities/types.json", "/rest/v1/activities/external/types.json"
KIOSK = 100_001


def test_a_renamed_attribute_has_its_new_name_everywhere(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(activities=4000)
    caller, world = Caller(sandbox), sandbox.world
    before = {
        activity.guid: activity.attributes["Paid"]
        for activity in world.activities.between(types=(KIOSK,))
        if "Paid" in activity.attributes
    }
    api_names = [
        attribute["apiName"] for attribute in caller.get(EXTERNAL)["result"][0]["attributes"]
    ]

    sandbox.control.rename_attribute(KIOSK, "Paid", "支払い済み")
    sandbox.control.rename_activity_type(KIOSK, "セルフサービス")

    after = {
        activity.guid: activity.attributes["支払い済み"]
        for activity in world.activities.between(types=(KIOSK,))
        if "支払い済み" in activity.attributes
    }
    (listed,) = (kind for kind in caller.get(TYPES)["result"] if kind["id"] == KIOSK)
    external = caller.get(EXTERNAL)["result"][0]
    assert before
    assert after == before
    assert listed["name"] == external["name"] == "セルフサービス"
    assert [attribute["apiName"] for attribute in external["attributes"]] == api_names


def test_past_activities_lack_an_attribute_that_was_added(sandbox: Sandbox) -> None:
    world = sandbox.world
    before = [activity.attributes for activity in world.activities.between(types=(KIOSK,))]

    sandbox.control.add_attribute(KIOSK, "Kommentar", "text")

    assert [activity.attributes for activity in world.activities.between(types=(KIOSK,))] == before
    assert "Kommentar" in [
        attribute["name"]
        for kind in world.types
        if kind["id"] == KIOSK
        for attribute in kind["attributes"]
    ]


def test_types_fields_and_names_are_added(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)

    number = sandbox.control.add_activity_type("زيارة المعرض", "عدد")
    sandbox.control.add_field("neuesFeld", "integer")
    sandbox.control.rename_custom_object("car_c", "Fahrzeug")

    path = "/rest/v1/leads.json"
    lead = caller.post(path, {"input": [{"email": "a@example.com", "neuesFeld": "7"}]})["result"][0]
    activity = {
        "leadId": lead["id"],
        "activityDate": "2026-11-30T10:00:00Z",
        "activityTypeId": number,
        "primaryAttributeValue": "Halle 3",
        "attributes": [{"name": "عدد", "value": "2"}],
    }
    added = caller.post("/rest/v1/activities/external.json", {"input": [activity]})["result"][0]
    assert added["status"] == "added"
    assert sandbox.world.leads[lead["id"]].values["neuesFeld"] == 7
    (found,) = sandbox.world.activities.between(types=(number,))
    assert found.attributes == {"عدد": "2"}
    described = caller.get("/rest/v1/customobjects/car_c/describe.json")["result"][0]
    assert (described["name"], described["displayName"]) == ("car_c", "Fahrzeug")
