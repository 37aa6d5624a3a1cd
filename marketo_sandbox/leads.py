"""REST leads by filter, their changes and activities, which page by date."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import request

from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused
from marketo_sandbox.fields import display_name

if TYPE_CHECKING:
    from marketo_sandbox.server import Call, Instance
    from marketo_sandbox.world import Activity

PAGE = 300
MOST_TYPES = 10
NEW_LEAD, CHANGE_DATA_VALUE = 12, 13
DEFAULT_FIELDS = ("id", "email", "firstName", "lastName", "createdAt", "updatedAt")


def paging_token(_instance: Instance, _: Call) -> dict[str, Any]:
    """The token from which lists of what happened since a moment go on."""
    try:
        text = request.values.get("sinceDatetime", "").replace("Z", "+00:00")
        since = datetime.fromisoformat(text)
        if "." in text:  # times are given in whole seconds throughout the API
            raise ValueError
    except ValueError:
        raise Refused("704", "Invalid date format") from None
    return {"nextPageToken": f"0@{iso(since)}="}


def lead_changes(instance: Instance, _: Call) -> dict[str, Any]:
    """New leads, and changes of some fields."""
    wanted = {one for one in request.values.get("fields", "").split(",") if one}
    if not wanted:
        raise Refused("1002", "Missing value for required parameter 'fields'")
    shown = {display_name(name): name for name in wanted}
    page, token, more = _page(instance, {NEW_LEAD, CHANGE_DATA_VALUE}, "c")
    found = []
    for place, one in page:
        if one.type_id == CHANGE_DATA_VALUE and one.primary not in shown:
            continue
        changed = one.type_id == CHANGE_DATA_VALUE
        found.append(
            {
                "id": 100_000 + place,
                "marketoGUID": one.guid,
                "leadId": one.lead_id,
                "activityDate": iso(one.at).replace("Z", "+0000"),
                "activityTypeId": one.type_id,
                "fields": [
                    {
                        "id": one.primary_id,
                        "name": shown[str(one.primary)],
                        "oldValue": one.attributes.get("Old Value"),
                        "newValue": one.attributes.get("New Value"),
                    }
                ]
                if changed
                else [],
                "attributes": [
                    {"name": name, "value": value}
                    for name, value in one.attributes.items()
                    if name not in {"Old Value", "New Value"}
                ],
            }
        )
    return {"result": found, "nextPageToken": token, "moreResult": more}


def _page(
    instance: Instance, types: set[int], letter: str
) -> tuple[list[tuple[int, Activity]], str, bool]:
    """A page of activities with their places, the token of the next, and whether there is more."""
    place, found, since = request.values.get("nextPageToken", "").rstrip("=").partition("@")
    if not found:
        raise Refused("1002", "Missing value for required parameter 'nextPageToken'")
    # The first page of a token is empty where lists are odd.
    rough = instance.options.rough and letter == "a"
    start = int(place[1:]) if place.startswith(letter) else -1 if rough else 0
    moment = datetime.fromisoformat(since.replace("Z", "+00:00"))
    with instance.world.lock:
        matching = list(instance.world.activities.between(moment, types=types))
    page = list(enumerate(matching))[start : start + PAGE] if start >= 0 else []
    end = max(0, start) + len(page)
    return page, f"{letter}{end}@{since}=", end < len(matching)


def activities(instance: Instance, _: Call) -> dict[str, Any]:
    """Activities of up to ten types, oldest first."""
    types = {int(one) for one in request.values.get("activityTypeIds", "").split(",") if one}
    if not types or len(types) > MOST_TYPES:
        raise Refused("1003", "Between 1 and 10 activityTypeIds are allowed")
    page, token, more = _page(instance, types, "a")
    return {
        "result": [
            {
                **one.as_row(),
                "activityDate": iso(one.at).replace("Z", "+0000"),
                "attributes": [
                    {"name": name, "value": value} for name, value in one.attributes.items()
                ],
            }
            for _, one in page
        ],
        "nextPageToken": token,
        "moreResult": more,
    }


def leads_by_filter(instance: Instance, _: Call) -> dict[str, Any]:
    """Leads by id."""
    if request.values.get("filterType") != "id":
        raise Refused("1003", "This sandbox finds leads by id alone")
    ids = [one for one in request.values.get("filterValues", "").split(",") if one]
    if not ids or len(ids) > PAGE:
        raise Refused("1003", "Between 1 and 300 filterValues are allowed")
    fields = request.values.get("fields", ",".join(DEFAULT_FIELDS)).split(",")
    for name in fields:
        if name not in instance.world.fields:
            raise Refused("1006", f"Field '{name}' not found")
    with instance.world.lock:
        leads = [instance.world.leads.get(int(one)) for one in ids]
        return {
            "result": [
                {name: lead.values.get(name) for name in {"id", *fields}} for lead in leads if lead
            ]
        }
