"""Leads over REST: by searchable fields, by id, of a list, of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.parameters import page, parse_time, required, text, without_empty
from marketo_sandbox.api.route import ASSET, LEAD, Route
from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused
from marketo_sandbox.fields import NEVER_EXPORTED, described_fields, display_name
from marketo_sandbox.quirks import DATABASE, spelled
from marketo_sandbox.world.activities import CAMPAIGN_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]
DEFAULT_FIELDS = ("id", "email", "firstName", "lastName", "createdAt", "updatedAt")
SEARCHABLE = frozenset({"string", "email", "integer", "reference", "phone", "url"})
READ_ONLY = frozenset({"id", "createdAt", "updatedAt"})
MOST_VALUES, MOST_LEADS = 300, 1000


def described(instance: Instance, _: Call) -> Answer:
    """The fields in the older describe call."""
    return {"result": described_fields(instance.world.fields)}


def described_again(instance: Instance, _: Call) -> Answer:
    """The fields in the newer describe call."""
    fields = [
        {
            "name": name,
            "displayName": display_name(name),
            "dataType": kind,
            **({} if kind in {"text", "textarea"} else {"length": 255}),
            "updateable": name not in READ_ONLY and kind not in NEVER_EXPORTED,
            "crmManaged": False,
        }
        for name, kind in instance.world.fields.items()
    ]
    searchable = [[field] for field in searchable_fields(instance)]
    return {"result": [{"name": "API Lead", "searchableFields": searchable, "fields": fields}]}


def searchable_fields(instance: Instance) -> list[str]:
    """The fields by which leads can be found."""
    return [name for name, kind in instance.world.fields.items() if kind in SEARCHABLE]


def shown(instance: Instance, lead_id: int, names: list[str]) -> Answer:
    """A lead with some of its fields.

    Args:
        instance: Instance of the lead.
        lead_id: Id of the lead.
        names: Names of the fields.
    """
    lead = instance.world.leads[lead_id]
    values = {
        name: None if instance.world.fields.get(name) in NEVER_EXPORTED else lead.values.get(name)
        for name in names
    }
    return {"id": lead_id, **values}


def by_filter(instance: Instance, _: Call) -> Answer:
    """Leads by the values of a field."""
    by = required("filterType")
    if by not in {"id", "sfdcLeadId", "cookies", *searchable_fields(instance)}:
        raise Refused("1011", f"Field '{by}' is not supported as a filter")
    required("filterValues")
    values = parameters.names("filterValues")
    if len(values) > MOST_VALUES:
        raise Refused("1003", "At most 300 filterValues are allowed")
    wanted = parameters.fields(instance.world.fields, DEFAULT_FIELDS)
    with instance.world.lock:
        ids = find(instance, by, values)
        if len(ids) > MOST_LEADS:
            raise Refused("1003", "Too many results match the filter")
        return page([shown(instance, lead_id, wanted) for lead_id in ids])


def find(instance: Instance, by: str, values: list[str]) -> list[int]:
    """Ids of the leads with one of the values, ignoring case.

    Args:
        instance: Instance of the leads.
        by: Name of the field.
        values: Values of the field.
    """
    leads = instance.world.leads
    if by == "id":
        ids = [int(value) for value in values if value.isdigit()]
        return [lead_id for lead_id in dict.fromkeys(ids) if lead_id in leads]
    wanted = {value.lower() for value in values}
    if by == "email":
        return leads.with_email(wanted)
    return [
        lead_id
        for lead_id, lead in leads.items()
        if str(lead.values.get(by)).lower() in wanted and lead.values.get(by) is not None
    ]


def one_lead(instance: Instance, _: Call, lead_id: str) -> Answer:
    """One lead."""
    wanted = parameters.fields(instance.world.fields, DEFAULT_FIELDS)
    return {"result": [shown(instance, exists(instance, lead_id), wanted)]}


def exists(instance: Instance, lead_id: str) -> int:
    """The id of a lead that must exist.

    Raises:
        Refused: 1004, it does not exist.
    """
    if int(lead_id) not in instance.world.leads:
        raise Refused("1004", f"Lead [{lead_id}] not found")
    return int(lead_id)


def partitions(instance: Instance, _: Call) -> Answer:
    """The lead partitions."""
    records = instance.library.records["lead_partitions"]
    return {"result": [without_empty(record) for record in records]}


# Static lists


def lists(instance: Instance, _: Call) -> Answer:
    """Static lists in the lead database."""
    ids, names = set(parameters.numbers("id")), set(parameters.names("name"))
    programs, workspaces = (
        set(parameters.names("programName")),
        set(parameters.names("workspaceName")),
    )
    matching = [
        list_
        for list_ in map(listed, instance.library.records["static_lists"])
        if (not ids or list_["id"] in ids)
        and (not names or list_["name"] in names)
        and (not programs or list_.get("programName") in programs)
        and (not workspaces or list_["workspaceName"] in workspaces)
    ]
    return page(matching, with_more=False)


def listed(asset: Answer) -> Answer:
    """A static list in the format of the lead database.

    Args:
        asset: Static list as an asset.
    """
    folder = asset["folder"]
    program = folder["folderName"] if folder["type"] == "Program" else None
    return without_empty(
        {
            "id": asset["id"],
            "name": asset["name"],
            "description": asset["description"],
            "programName": program,
            "workspaceId": 1,
            "workspaceName": asset["workspace"],
            "createdAt": asset["createdAt"],
            "updatedAt": asset["updatedAt"],
        }
    )


def static_list(instance: Instance, number_of_list: str) -> int:
    """The id of a list that must exist.

    Raises:
        Refused: 1013, it does not exist.
    """
    if int(number_of_list) not in instance.world.lists["static"]:
        raise Refused("1013", f"List {number_of_list} not found")
    return int(number_of_list)


def one_list(instance: Instance, _: Call, list_id: str) -> Answer:
    """One static list."""
    wanted = static_list(instance, list_id)
    records = instance.library.records["static_lists"]
    return {"result": [listed(record) for record in records if record["id"] == wanted]}


def of_list(instance: Instance, _: Call, list_id: str) -> Answer:
    """The leads of a static list."""
    wanted = parameters.fields(instance.world.fields, DEFAULT_FIELDS)
    members = instance.world.list_members("static", static_list(instance, list_id))
    answer = page(members)
    if not answer["moreResult"]:
        del answer["moreResult"]
    return {**answer, "result": [shown(instance, row, wanted) for row in answer["result"]]}


def is_member(instance: Instance, _: Call, list_id: str) -> Answer:
    """Whether leads are in a static list."""
    members = set(instance.world.list_members("static", static_list(instance, list_id)))
    ids = parameters.numbers("id") or [
        int(item["id"]) for item in parameters.body().get("input", ())
    ]
    if not ids:
        raise Refused("1002", "Missing value for required parameter 'id'")
    return {"result": [_membership(instance, number, number in members) for number in ids]}


def _membership(instance: Instance, lead_id: int, member: bool) -> Answer:  # noqa: FBT001
    if lead_id not in instance.world.leads:
        reasons = [{"code": "1004", "message": "Lead not found"}]
        return {"id": lead_id, "status": "skipped", "reasons": reasons}
    return {"id": lead_id, "status": "memberof" if member else "notmemberof"}


# Memberships of a lead


def _within(at: Any) -> bool:
    earliest, latest = parameters.time("earliestUpdatedAt"), parameters.time("latestUpdatedAt")
    changed = parse_time(at) if isinstance(at, str) else at
    return (not earliest or changed >= earliest) and (not latest or changed <= latest)


def lists_of(instance: Instance, _: Call, lead_id: str) -> Answer:
    """The static lists of a lead."""
    wanted = exists(instance, lead_id)
    memberships = []
    for list_ in instance.library.records["static_lists"]:
        since = instance.world.joined(list_["id"]).get(wanted)
        if since:
            memberships.append(
                {"listId": list_["id"], "createdAt": iso(since), "updatedAt": iso(since)}
            )
    return page(memberships)


def programs_of(instance: Instance, _: Call, lead_id: str) -> Answer:
    """The programs of a lead."""
    wanted, by = exists(instance, lead_id), text("filterType")
    if by not in {"", "programId"}:
        raise Refused("1011", f"Field '{by}' is not supported as a filter")
    ids = set(parameters.numbers("filterValues")) if by else None
    memberships = [
        {"id": member["programId"], **membership(member), "updatedAt": member["updatedAt"]}
        for member in instance.members.expected()
        if member["leadId"] == wanted
        and (ids is None or member["programId"] in ids)
        and _within(member["updatedAt"])
    ]
    return page(memberships)


def membership(member: Answer) -> Answer:
    """A membership in the format of a list of leads.

    Args:
        member: Membership with all its fields.
    """
    return without_empty(
        {
            "acquiredBy": member["acquiredBy"],
            "isExhausted": member["isExhausted"],
            "membershipDate": member["membershipDate"],
            "nurtureCadence": member["nurtureCadence"],
            "progressionStatus": member["statusName"],
            "reachedSuccess": member["reachedSuccess"],
            "stream": member["trackName"],
        }
    )


def campaigns_of(instance: Instance, _: Call, lead_id: str) -> Answer:
    """The smart campaigns of a lead's activities."""
    wanted = exists(instance, lead_id)
    last: dict[int, Any] = {}
    for activity in instance.world.activities.between(types=CAMPAIGN_TYPES):
        if activity.lead_id == wanted and activity.campaign_id:
            first = last.get(activity.campaign_id, (activity.at,))[0]
            last[activity.campaign_id] = (first, activity.at)
    found = [
        {"smartCampaignId": campaign, "createdAt": iso(first), "updatedAt": iso(end)}
        for campaign, (first, end) in last.items()
        if _within(end)
    ]
    return page(found)


def of_program(instance: Instance, _: Call, program_id: str) -> Answer:
    """The leads of a program, with their membership."""
    wanted = parameters.fields(instance.world.fields, DEFAULT_FIELDS)
    members = instance.members.of_program(int(program_id))
    answer = page(list(members))
    return {
        **answer,
        "result": [
            {**shown(instance, row["leadId"], wanted), "membership": membership(row)}
            for row in answer["result"]
        ],
    }


# Campaigns in the lead database


def campaigns(instance: Instance, _: Call) -> Answer:
    """Campaigns."""
    filters = {"id": "id", "name": "name", "programName": "programName",
               "workspaceName": "workspaceName"}  # fmt: skip
    matching = instance.library.records["campaigns"]
    for parameter, key in filters.items():
        values = set(parameters.names(parameter))
        matching = [record for record in matching if not values or str(record[key]) in values]
    trigger = parameters.flag("isTriggerable")
    if trigger is not None:
        matching = [record for record in matching if (record["type"] == "trigger") is trigger]
    if instance.options.rough and not text("nextPageToken"):
        return {"result": [], "nextPageToken": parameters.encode_token("0")}
    return page(
        [without_empty(dict(spelled(record, DATABASE))) for record in matching], with_more=False
    )


def one_campaign(instance: Instance, _: Call, campaign_id: str) -> Answer:
    """One campaign."""
    for campaign in instance.library.records["campaigns"]:
        if str(campaign["id"]) == campaign_id:
            return {"result": [without_empty(campaign)]}
    raise Refused("1013", f"Campaign {campaign_id} not found")


_CAMPAIGN = "Read-Only Campaign"
_V1 = "/rest/v1"


def _routes(*pairs: tuple[str, Callable[..., Any], str]) -> tuple[Route, ...]:
    return tuple(Route(rf"{_V1}/{path}\.json", handler, right) for path, handler, right in pairs)


ROUTES = _routes(
    ("leads", by_filter, LEAD),
    ("lead/([0-9]+)", one_lead, LEAD),
    ("leads/describe", described, LEAD),
    ("leads/describe2", described_again, LEAD),
    ("leads/partitions", partitions, LEAD),
    ("leads/programs/([0-9]+)", of_program, LEAD),
    ("leads/([0-9]+)/listMembership", lists_of, ASSET),
    ("leads/([0-9]+)/programMembership", programs_of, ASSET),
    ("leads/([0-9]+)/smartCampaignMembership", campaigns_of, ASSET),
    ("lists", lists, LEAD),
    ("lists/([0-9]+)", one_list, LEAD),
    ("lists?/([0-9]+)/leads", of_list, LEAD),
    ("lists/([0-9]+)/leads/ismember", is_member, LEAD),
    ("campaigns", campaigns, _CAMPAIGN),
    ("campaigns/([0-9]+)", one_campaign, _CAMPAIGN),
)
