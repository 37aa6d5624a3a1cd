"""Writes of leads: sync, delete, merge, partitions, lists, campaigns, custom activities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.items import choice, items, typed, write_each
from marketo_sandbox.api.people import READ_ONLY, exists, find, searchable_fields, static_list
from marketo_sandbox.api.route import POST, Route
from marketo_sandbox.export import Refused
from marketo_sandbox.fields import NEVER_EXPORTED

if TYPE_CHECKING:
    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]
ACTIONS = ("createOrUpdate", "createOnly", "updateOnly", "createDuplicate")
MOST_MERGED = 25
SEND, DELIVERED, FORM = 6, 7, 2


def values_of(instance: Instance, item: Record) -> Record:
    """The values of an item, converted to the types of their fields.

    Raises:
        Refused: 1006 or 1001.
    """
    fields = instance.world.fields
    values = {}
    for name, value in item.items():
        if name not in fields:
            raise Refused("1006", f"Field '{name}' not found")
        if name == "id":
            continue
        if name in READ_ONLY or fields[name] in NEVER_EXPORTED:
            raise Refused("1003", f"Field '{name}' is read only")
        values[name] = typed(fields[name], name, value)
    return values


def save(instance: Instance, item: Record, action: str, lookup: str, partition: str = "") -> Record:
    """Create or update a lead.

    Args:
        instance: Instance of the lead.
        item: Values of the lead.
        action: Allowed action.
        lookup: Field by which it is found.
        partition: Name of the partition for a new lead.

    Returns:
        The id and the outcome.

    Raises:
        Refused: Nothing was written.
    """
    world = instance.world
    with world.lock:
        values, ids = values_of(instance, item), []
        if action != "createDuplicate":
            key = item.get(lookup)
            if key in {None, ""}:
                raise Refused("1003", f"Value for required field '{lookup}' is missing")
            ids = find(instance, lookup, [str(key)])
        if len(ids) > 1:
            raise Refused("1007", "Multiple lead match lookup criteria")
        if ids and action == "createOnly":
            raise Refused("1005", "Lead already exists")
        if not ids and (action == "updateOnly" or (lookup == "id" and "id" in item)):
            raise Refused("1004", "Lead not found")
        if ids:
            world.change_lead(ids[0], values, "Web service API")
            return {"id": ids[0], "status": "updated"}
        if partition:
            values["leadPartitionId"] = str(partition_of(instance, partition))
        return {"id": world.create_lead(values, blank=True), "status": "created"}


def partition_of(instance: Instance, name: str) -> int:
    """The id of a partition.

    Raises:
        Refused: 1008, it does not exist.
    """
    for record in instance.library.records["lead_partitions"]:
        if record["name"] == name:
            return int(record["id"])
    raise Refused("1008", f"Lead partition '{name}' not found")


def lookup_field(instance: Instance) -> str:
    """The lookup field of a call.

    Raises:
        Refused: 1003.
    """
    return choice("lookupField", {"id", *searchable_fields(instance)}, "email")


def _sync(instance: Instance, _: Call) -> Answer:
    records = items()
    action, lookup = choice("action", ACTIONS, ACTIONS[0]), lookup_field(instance)
    partition = parameters.text("partitionName")
    if partition:
        partition_of(instance, partition)
    results = write_each(
        records, lambda item: save(instance, item, action, lookup, partition), numbered=False
    )
    return {"result": results}


def _ids() -> list[Record]:
    ids = parameters.numbers("id")
    return [{"id": number} for number in ids] if ids else items()


def lead_of(instance: Instance, item: Record, key: str = "id") -> int:
    """The id of an item's lead.

    Raises:
        Refused: 1004, the lead does not exist.
    """
    value = item.get(key)
    if not str(value).isdigit():
        raise Refused("1001", f"Invalid value '{value}'. Required of type 'Integer'")
    if int(str(value)) not in instance.world.leads:
        raise Refused("1004", "Lead not found")
    return int(str(value))


def _delete(instance: Instance, _: Call) -> Answer:
    def delete(item: Record) -> Record:
        lead_id = lead_of(instance, item)
        instance.world.delete_lead(lead_id)
        return {"id": lead_id, "status": "deleted"}

    return {"result": write_each(_ids(), delete, numbered=False)}


def _merge(instance: Instance, _: Call, lead_id: str) -> Answer:
    winner = exists(instance, lead_id)
    losers = parameters.numbers("leadIds") or parameters.numbers("leadId")
    if not losers:
        raise Refused("1002", "Missing value for required parameter 'leadIds'")
    if len(losers) > MOST_MERGED:
        raise Refused("1080", f"At most {MOST_MERGED} leads can be merged at once")
    for loser in losers:
        exists(instance, str(loser))
    if winner in losers:
        raise Refused("1003", "A lead cannot be merged with itself")
    instance.world.merge_leads(winner, *dict.fromkeys(losers))
    return {}


def _partitions(instance: Instance, _: Call) -> Answer:
    def move(item: Record) -> Record:
        lead_id = lead_of(instance, item)
        number = partition_of(instance, str(item.get("partitionName")))
        instance.world.move_lead(lead_id, number)
        return {"id": lead_id, "status": "updated"}

    return {"result": write_each(items(), move, numbered=False)}


def _associate(instance: Instance, _: Call, lead_id: str) -> Answer:
    values = {"cookies": parameters.required("cookie")}
    instance.world.change_lead(exists(instance, lead_id), values, "Web service API")
    return {}


def _list(*, leave: bool) -> Any:
    def answer(instance: Instance, _: Call, list_id: str) -> Answer:
        number = static_list(instance, list_id)

        def move(item: Record) -> Record:
            lead_id = lead_of(instance, item)
            if leave and lead_id not in instance.world.list_members("static", number):
                reasons = [{"code": "1015", "message": "Lead not in list"}]
                return {"id": lead_id, "status": "skipped", "reasons": reasons}
            instance.world.join(number, lead_id, leave=leave)
            return {"id": lead_id, "status": "removed" if leave else "added"}

        return {"result": write_each(_ids(), move, numbered=False)}

    return answer


# Campaigns


def _campaign(instance: Instance, campaign_id: str) -> Record:
    for campaign in instance.library.records["campaigns"]:
        if str(campaign["id"]) == campaign_id:
            return dict(campaign)
    raise Refused("1013", f"Campaign {campaign_id} not found")


def _run(instance: Instance, campaign: Record, leads: list[int]) -> None:
    """Run a campaign, which sends its email."""
    emails = instance.library.records["emails"]
    if not emails:
        return
    email = emails[campaign["id"] % len(emails)]
    attributes = {"Campaign Run ID": instance.next_run(), "Step ID": 1, "Choice Number": 0}
    for kind in (SEND, DELIVERED):
        for lead_id in leads:
            instance.world.happen(
                kind,
                lead_id,
                attributes,
                email["id"],
                instance.library.qualified(email),
                campaign["id"],
            )


def _trigger(instance: Instance, _: Call, campaign_id: str) -> Answer:
    campaign = _campaign(instance, campaign_id)
    options = parameters.json_body().get("input") or {}
    leads = options.get("leads") if isinstance(options, dict) else None
    if not isinstance(leads, list) or not leads:
        raise Refused("1002", "Missing value for required parameter 'leads'")
    if len(leads) > 100:  # noqa: PLR2004
        raise Refused("1003", "At most 100 leads are allowed")
    if campaign["type"] != "trigger":
        raise Refused("1003", f"Campaign {campaign_id} cannot be requested")
    _run(instance, campaign, [lead_of(instance, lead_id) for lead_id in leads])
    return {"result": [{"id": campaign["id"]}]}


def _schedule(instance: Instance, _: Call, campaign_id: str) -> Answer:
    campaign = _campaign(instance, campaign_id)
    if campaign["type"] != "batch":
        raise Refused("1003", f"Campaign {campaign_id} cannot be scheduled")
    options = parameters.body().get("input") or {}
    if options.get("runAt"):
        parameters.parse_time(str(options["runAt"]))
    lists = instance.world.lists["smart"]
    number = campaign["id"] if campaign["id"] in lists else 0
    _run(instance, campaign, instance.world.list_members("smart", number)[:300])
    return {"result": [{"id": campaign["id"]}]}


# Custom activities


def _happen(instance: Instance, _: Call) -> Answer:
    types = {record["id"]: record for record in instance.library.records["custom_activity_types"]}

    def happen(item: Record) -> Record:
        lead_id = lead_of(instance, item, "leadId")
        described = types.get(item.get("activityTypeId"))
        if described is None:
            raise Refused("1003", "Custom activity type not found")
        if item.get("primaryAttributeValue") in {None, ""}:
            raise Refused("1002", "Missing value for required parameter 'primaryAttributeValue'")
        at = parameters.parse_time(str(item.get("activityDate", "")), "1003")
        names = {attribute["apiName"]: attribute["name"] for attribute in described["attributes"]}
        names |= {attribute["name"]: attribute["name"] for attribute in described["attributes"]}
        attributes = {}
        for attribute in item.get("attributes") or ():
            name = attribute.get("apiName") or attribute.get("name")
            if name not in names:
                raise Refused("1006", f"Attribute '{name}' not found")
            attributes[names[name]] = attribute.get("value")
        primary = str(item["primaryAttributeValue"])
        activity = instance.world.happen_at(at, described["id"], lead_id, attributes, primary)
        return {"status": "added", "marketoGUID": activity.guid}

    return {"result": write_each(items(), happen, numbered=False)}


# Forms


def _push(instance: Instance, _: Call) -> Answer:
    program = next(
        (
            candidate
            for candidate in instance.library.records["programs"]
            if candidate["name"] == parameters.text("programName")
        ),
        None,
    )
    if parameters.text("programName") and program is None:
        raise Refused("1003", f"Program '{parameters.text('programName')}' not found")
    lookup = lookup_field(instance)

    def push(item: Record) -> Record:
        result = save(instance, item, ACTIONS[0], lookup)
        if program:
            instance.members.set_status(
                program["id"], result["id"], parameters.text("programStatus")
            )
        return result

    return {"result": write_each(items(), push, numbered=False)}


def _submit(instance: Instance, _: Call) -> Answer:
    form_id = parameters.number("formId", 0)
    forms = [record for record in instance.library.records["forms"] if record["id"] == form_id]
    if not forms:
        raise Refused("1003", f"Form {form_id} not found")

    def submit(item: Record) -> Record:
        result = save(instance, item.get("leadFormFields") or {}, ACTIONS[0], "email")
        visitor = item.get("visitorData") or {}
        attributes = {
            "Form Fields": str(item.get("leadFormFields")),
            "Client IP Address": visitor.get("leadClientIpAddress"),
            "User Agent": visitor.get("userAgentString"),
            "Query Parameters": visitor.get("queryString"),
        }
        instance.world.happen(FORM, result["id"], attributes, form_id, forms[0]["name"])
        return result

    return {"result": write_each(items(), submit, numbered=False)}


_V1 = "/rest/v1"
_DELETE = frozenset({"DELETE"})
_LEAD, _CAMPAIGN = "Read-Write Lead", "Execute Campaign"
ROUTES = (
    Route(rf"{_V1}/leads\.json", _sync, _LEAD, POST),
    Route(rf"{_V1}/leads\.json", _delete, _LEAD, _DELETE),
    Route(rf"{_V1}/leads/delete\.json", _delete, _LEAD, POST),
    Route(rf"{_V1}/leads/(\d+)/merge\.json", _merge, _LEAD, POST),
    Route(rf"{_V1}/leads/(\d+)/associate\.json", _associate, _LEAD, POST),
    Route(rf"{_V1}/leads/partitions\.json", _partitions, _LEAD, POST),
    Route(rf"{_V1}/leads/push\.json", _push, _LEAD, POST),
    Route(rf"{_V1}/leads/submitForm\.json", _submit, _LEAD, POST),
    Route(rf"{_V1}/lists/(\d+)/leads\.json", _list(leave=False), _LEAD, POST),
    Route(rf"{_V1}/lists/(\d+)/leads\.json", _list(leave=True), _LEAD, _DELETE),
    Route(rf"{_V1}/campaigns/(\d+)/trigger\.json", _trigger, _CAMPAIGN, POST),
    Route(rf"{_V1}/campaigns/(\d+)/schedule\.json", _schedule, _CAMPAIGN, POST),
    Route(rf"{_V1}/activities/external\.json", _happen, "Read-Write Activity", POST),
)
