"""Activities, changes of leads and deletions, paged from a time on."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.parameters import (
    PAGE,
    decode_token,
    encode_token,
    number,
    required,
    without_empty,
)
from marketo_sandbox.api.route import ACTIVITY, Route
from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused
from marketo_sandbox.fields import display_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from marketo_sandbox.server import Call, Instance
    from marketo_sandbox.world import Activity

Answer = dict[str, Any]
MOST_TYPES, MOST_LEADS, LARGE_LIST = 10, 30, 10_000
NEW_LEAD, CHANGE_DATA_VALUE, DELETED = 12, 13, 37


def paging_token(_instance: Instance, _: Call) -> Answer:
    """A paging token for events since a time."""
    since = parameters.parse_time(required("sinceDatetime"), "704")
    return {"nextPageToken": encode_token(f"0@{iso(since)}")}


def _page(
    instance: Instance, types: Iterable[int], fits: Callable[[Activity], bool], *, odd: bool = False
) -> tuple[list[tuple[int, Activity]], Answer]:
    """A page of activities with their indices, and the rest of the answer."""
    place, found, since = decode_token(required("nextPageToken")).partition("@")
    if not found or not place.lstrip("r").isdigit():
        raise Refused("1003", "Invalid value for nextPageToken")
    if odd and instance.options.rough and not place.startswith("r"):
        # With `rough`, the first page of a token is empty.
        return [], {"nextPageToken": encode_token(f"r{place}@{since}"), "moreResult": True}
    start, size = int(place.lstrip("r")), min(number("batchSize", PAGE, least=1), PAGE)
    with instance.world.lock:
        since_then = instance.world.activities.between(parameters.parse_time(since), types=types)
        rows = list(islice(filter(fits, since_then), start, start + size + 1))
    more = len(rows) > size
    page = [(start + place, row) for place, row in enumerate(rows[:size])]
    token = encode_token(f"r{start + len(page)}@{since}")
    return page, {"nextPageToken": token, "moreResult": more}


def _of_leads(instance: Instance) -> Callable[[Activity], bool]:
    """A filter of activities by the requested `leadIds` or `listId`."""
    ids, list_id = parameters.numbers("leadIds"), number("listId", 0)
    if len(ids) > MOST_LEADS:
        raise Refused("1003", f"At most {MOST_LEADS} leadIds are allowed")
    wanted: set[int] | None = set(ids) or None
    if list_id:
        if list_id not in instance.world.lists["static"]:
            raise Refused("1013", f"List {list_id} not found")
        members = set(instance.world.list_members("static", list_id))
        if len(members) >= LARGE_LIST:
            raise Refused("1003", "The list is too large for listId")
        wanted = members if wanted is None else wanted & members
    return lambda activity: wanted is None or activity.lead_id in wanted


def lead_changes(instance: Instance, _: Call) -> Answer:
    """New leads, and changes of the requested fields."""
    wanted = parameters.names("fields")
    if not wanted:
        raise Refused("1002", "Missing value for required parameter 'fields'")
    for name in wanted:
        if name not in instance.world.fields:
            raise Refused("1006", f"Field '{name}' not found")
    shown = {display_name(name): name for name in wanted}
    of_leads = _of_leads(instance)
    page, rest = _page(
        instance,
        (NEW_LEAD, CHANGE_DATA_VALUE),
        lambda activity: (
            of_leads(activity) and (activity.type_id == NEW_LEAD or activity.primary in shown)
        ),
    )
    return {"result": [_changed(place, activity, shown) for place, activity in page], **rest}


def _changed(place: int, activity: Activity, shown: dict[str, str]) -> Answer:
    fields = []
    if activity.type_id == CHANGE_DATA_VALUE:
        fields.append(
            {
                "id": activity.primary_id,
                "name": shown[str(activity.primary)],
                "oldValue": activity.attributes.get("Old Value"),
                "newValue": activity.attributes.get("New Value"),
            }
        )
    return without_empty(
        {
            "id": 100_000 + place,
            "marketoGUID": activity.guid,
            "leadId": activity.lead_id,
            "activityDate": iso(activity.at),
            "activityTypeId": activity.type_id,
            "campaignId": activity.campaign_id,
            "fields": fields,
            "attributes": [
                {"name": name, "value": value}
                for name, value in activity.attributes.items()
                if name not in {"Old Value", "New Value"}
            ],
        }
    )


def activities(instance: Instance, _: Call) -> Answer:
    """Activities of up to ten types, oldest first."""
    required("activityTypeIds")
    types = set(parameters.numbers("activityTypeIds"))
    if len(types) > MOST_TYPES:
        raise Refused("1003", "At most 10 activityTypeIds are allowed")
    assets = set(parameters.numbers("assetIds"))
    of_leads = _of_leads(instance)
    page, rest = _page(
        instance,
        types - {DELETED} or {0},
        lambda activity: of_leads(activity) and (not assets or activity.primary_id in assets),
        odd=True,
    )
    return {"result": [_shown(place, activity, instance) for place, activity in page], **rest}


def _shown(place: int, activity: Activity, instance: Instance) -> Answer:
    row = activity.as_row()
    del row["actionResult"]
    custom = {
        attribute["name"]: attribute["apiName"]
        for kind in instance.library.records["custom_activity_types"]
        if kind["id"] == activity.type_id
        for attribute in kind["attributes"]
    }
    return {
        "id": 100_000 + place,
        **without_empty(row),
        "attributes": [
            {"name": name, "value": value} | ({"apiName": custom[name]} if name in custom else {})
            for name, value in activity.attributes.items()
        ],
    }


def deletions(instance: Instance, _: Call) -> Answer:
    """Leads that were deleted in the last 14 days."""
    remembered = {deleted.guid for deleted in instance.world.deletions()}
    page, rest = _page(instance, (DELETED,), lambda activity: activity.guid in remembered)
    return {"result": [{"id": 1 + place, **deletion(activity)} for place, activity in page], **rest}


def deletion(activity: Activity) -> Answer:
    """A deletion in the format of the list.

    Args:
        activity: The activity.
    """
    return {
        "marketoGUID": activity.guid,
        "leadId": activity.lead_id,
        "activityDate": iso(activity.at),
        "activityTypeId": DELETED,
        "primaryAttributeValueId": activity.lead_id,
        "primaryAttributeValue": activity.primary,
        "attributes": [{"name": name, "value": each} for name, each in activity.attributes.items()],
    }


def types(instance: Instance, _: Call) -> Answer:
    """The activity types."""
    return {"result": instance.world.types}


def external_types(instance: Instance, _: Call) -> Answer:
    """The custom activity types."""
    return {"result": instance.library.records["custom_activity_types"]}


def external_type(instance: Instance, _: Call, name: str) -> Answer:
    """One custom activity type."""
    parameters.flag("draft")
    for record in instance.library.records["custom_activity_types"]:
        if record["apiName"] == name:
            return {"result": [record]}
    raise Refused("1013", f"Custom activity type '{name}' not found")


_METADATA = "Read-Only Activity Metadata"
_V1 = "/rest/v1/activities"
ROUTES = (
    Route(rf"{_V1}/pagingtoken\.json", paging_token, ACTIVITY),
    Route(rf"{_V1}/leadchanges\.json", lead_changes, ACTIVITY),
    Route(rf"{_V1}/deletedleads\.json", deletions, ACTIVITY),
    Route(rf"{_V1}\.json", activities, ACTIVITY),
    Route(rf"{_V1}/types\.json", types, ACTIVITY),
    Route(rf"{_V1}/external/types\.json", external_types, _METADATA),
    Route(rf"{_V1}/external/type/([^/]+)/describe\.json", external_type, _METADATA),
)
