"""REST leads by filter, their changes and activities, which page by date."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from flask import request

from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from marketo_sandbox.server import Call, Instance

PAGE = 300
MOST_TYPES = 10
NEW_LEAD, CHANGE_DATA_VALUE = 12, 13
DEFAULT_FIELDS = ("id", "email", "firstName", "lastName", "createdAt", "updatedAt")


def paging_token(instance: Instance, _: Call) -> dict[str, Any]:
    """The token from which lists of what happened since a moment go on."""
    try:
        text = request.values.get("sinceDatetime", "").replace("Z", "+00:00")
        since = datetime.fromisoformat(text)
        if "." in text:  # times are given in whole seconds throughout the API
            raise ValueError
    except ValueError:
        raise Refused("704", "Invalid date format") from None
    with instance.world.lock:
        later = [at for at, _, _ in instance.world.changes if at >= since.astimezone(timezone.utc)]
        place = len(instance.world.changes) - len(later)
        # The place among the changes of leads, and the moment for all other lists.
        return {"nextPageToken": f"{place}@{iso(since)}="}


def lead_changes(instance: Instance, _: Call) -> dict[str, Any]:
    """New leads, and changes of some fields."""
    wanted = {one for one in request.values.get("fields", "").split(",") if one}
    if not wanted:
        raise Refused("1002", "Missing value for required parameter 'fields'")
    token = request.values.get("nextPageToken", "").partition("@")[0]
    if not token.rstrip("=").isdigit():
        raise Refused("1002", "Missing value for required parameter 'nextPageToken'")
    start = int(token.rstrip("="))
    with instance.world.lock:
        changes = sorted(instance.world.changes)
    found = [
        {
            "id": 100_000 + start + place,
            "marketoGUID": str(100_000 + start + place),
            "leadId": lead_id,
            "activityDate": iso(at).replace("Z", "+0000"),
            "activityTypeId": CHANGE_DATA_VALUE if name else NEW_LEAD,
            "fields": [{"id": 1, "name": name, "newValue": "…"}] if name else [],
            "attributes": [],
        }
        for place, (at, lead_id, name) in enumerate(changes[start : start + PAGE])
        if not name or name in wanted
    ]
    end = min(start + PAGE, len(changes))
    return {"result": found, "nextPageToken": f"{end}=", "moreResult": end < len(changes)}


def activities(instance: Instance, _: Call) -> dict[str, Any]:
    """Activities of up to ten types, oldest first; the first page of a token is empty."""
    types = {int(one) for one in request.values.get("activityTypeIds", "").split(",") if one}
    if not types or len(types) > MOST_TYPES:
        raise Refused("1003", "Between 1 and 10 activityTypeIds are allowed")
    place, found, since = request.values.get("nextPageToken", "").rstrip("=").partition("@")
    if not found:
        raise Refused("1002", "Missing value for required parameter 'nextPageToken'")
    with instance.world.lock:
        matching = sorted(
            (one for one in instance.world.activities if one.type_id in types),
            key=lambda one: one.at,
        )
        matching = [one for one in matching if iso(one.at) >= since]
    start = int(place[1:]) if place.startswith("a") else -1
    page = matching[start : start + PAGE] if start >= 0 else []
    end = start + len(page) if start >= 0 else 0
    return {
        "result": [
            {
                **one.as_row(),
                "activityDate": iso(one.at).replace("Z", "+0000"),
                "attributes": [
                    {"name": name, "value": value} for name, value in one.attributes.items()
                ],
            }
            for one in page
        ],
        "nextPageToken": f"a{end}@{since}=",
        "moreResult": end < len(matching),
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
