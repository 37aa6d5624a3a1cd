"""REST leads by filter, and the list of their changes, which pages by date."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from flask import request

from tap_marketo.sandbox.clock import iso
from tap_marketo.sandbox.export import Refused

if TYPE_CHECKING:
    from tap_marketo.sandbox.server import Call, Instance

PAGE = 300
NEW_LEAD, CHANGE_DATA_VALUE = 12, 13
DEFAULT_FIELDS = ("id", "email", "firstName", "lastName", "createdAt", "updatedAt")


def paging_token(instance: Instance, _: Call) -> dict[str, Any]:
    """The token from which lists of what happened since a moment go on."""
    try:
        text = request.values.get("sinceDatetime", "").replace("Z", "+00:00")
        since = datetime.fromisoformat(text)
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
