"""How the library is read: one endpoint for each object, in its paging and spelling of dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

from marketo_sandbox import by_value, designer, linked
from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused
from marketo_sandbox.fields import described_fields
from marketo_sandbox.rough import (
    ASSETS,
    DATABASE,
    EVENTS,
    EXACT,
    OFFSET,
    PAGED,
    ROLES,
    USERS,
    loosely,
    nothing,
    spelled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]
TOKEN_PAGE = 300
ASSET_PAGE = 200
DELETED = 37


@dataclass(frozen=True)
class Listing:
    """One endpoint that only reads."""

    pattern: str
    answer: Callable[..., Any]
    permission: str
    methods: frozenset[str] = frozenset({"GET"})


def _number(name: str, default: int, most: int) -> int:
    value = request.args.get(name, str(default))
    if not value.isdigit() or int(value) > most:
        raise Refused("1003", f"Invalid value for {name}")
    return int(value)


def _offset(instance: Instance, name: str, records: list[Answer]) -> Answer:
    size, start = _number("maxReturn", 20, ASSET_PAGE), _number("offset", 0, 10**9)
    rough = instance.options.rough
    rows: list[Answer | None] = list(records)
    if rough and name in PAGED:
        rows = PAGED[name](records, ASSET_PAGE)
    found = rows[start : start + size]
    if not found:
        return nothing(start // size if rough else 0)
    shown = [one for one in found if one is not None]
    if rough and name not in EXACT:
        shown = loosely(shown)
    return {"result": spelled(shown, ASSETS), "warnings": []}


def _changed(records: list[Answer]) -> list[Answer]:
    earliest = request.args.get("earliestUpdatedAt")
    latest = request.args.get("latestUpdatedAt")
    if not earliest and not latest:
        return records
    if not earliest or not latest or earliest > latest:
        raise Refused("1003", "earliestUpdatedAt and latestUpdatedAt must be ordered")
    return [one for one in records if earliest <= one["updatedAt"] <= latest]


def _listed(name: str) -> Callable[..., Answer]:
    return lambda instance, _: _offset(instance, name, instance.library.records[name])


def _assets(name: str) -> Callable[..., Answer]:
    return lambda instance, _: _offset(
        instance, name, _of_status(_changed(instance.library.records[name]))
    )


def _of_status(records: list[Answer]) -> list[Answer]:
    wanted = request.args.get("status")
    return [one for one in records if wanted in {None, one.get("status")}]


def approve_email(instance: Instance, _: Call, number: str) -> Answer:
    """Approve the draft of an email."""
    for email in instance.library.records["emails"]:
        if str(email["id"]) == number:
            if email["status"] != "draft":
                raise Refused("709", "There is no draft to approve")
            email |= {"status": "approved", "updatedAt": iso(instance.clock.now())}
            return {"result": [{"id": email["id"]}]}
    raise Refused("702", "Email not found")


def _campaigns(instance: Instance, _: Call) -> Answer:
    if instance.options.rough and "nextPageToken" not in request.args:
        return {"result": [], "nextPageToken": "0="}
    return _tokens(instance.library.records["campaigns"], OFFSET, with_more=False)


def _tokens(records: list[Answer], spelling: Any, *, with_more: bool) -> Answer:
    size = min(_number("batchSize", TOKEN_PAGE, 10**9), TOKEN_PAGE)
    start = int(request.args.get("nextPageToken", "0=").rstrip("="))
    more = start + size < len(records)
    answer: Answer = {"result": spelled(records[start : start + size], spelling)}
    if more:
        answer["nextPageToken"] = f"{start + size}="
    return {**answer, "moreResult": more} if with_more else answer


def _users(instance: Instance, _: Call) -> list[Any]:
    size, start = _number("pageSize", 20, ASSET_PAGE), _number("pageOffset", 0, 10**9)
    return list(spelled(instance.library.records["users"][start : start + size], USERS))


def _single(name: str, spelling: str = DATABASE) -> Callable[..., Answer]:
    return lambda instance, _: {"result": spelled(instance.library.records[name], spelling)}


def _bare(name: str) -> Callable[..., Any]:
    return lambda instance, _: spelled(instance.library.records[name], ROLES)


def _one(instance: Instance, name: str, key: str, value: str) -> Answer:
    for one in instance.library.records[name]:
        if str(one[key]) == value:
            return dict(one)
    raise Refused("1013", "Object not found")


def _program(instance: Instance, _: Call, number: str) -> Answer:
    program = _one(instance, "programs", "id", number)
    tags = instance.library.parts("program_tags", program["id"])
    return {"result": [spelled({**program, "tags": tags, "costs": None}, ASSETS)]}


def _program_by_name(instance: Instance, _: Call) -> Answer:
    program = _one(instance, "programs", "name", request.args.get("name", ""))
    costs = instance.library.parts("program_costs", program["id"])
    wanted = request.args.get("includeCosts") == "true"
    return {"result": [spelled({**program, "costs": costs if wanted else None}, ASSETS)]}


def _my_tokens(instance: Instance, _: Call, number: str) -> Answer:
    kind = request.args.get("folderType", "")
    tokens = instance.library.parts("tokens", f"{kind}{number}")
    return {"result": [{"folder": {"type": kind, "value": int(number)}, "tokens": tokens}]}


def _parts(name: str) -> Callable[..., Answer]:
    return lambda instance, _, number: {"result": instance.library.parts(name, number)}


def _segments(instance: Instance, _: Call, number: str) -> Answer:
    return _offset(instance, "segments", instance.library.parts("segments", number))


def _template(instance: Instance, _: Call, number: str) -> Answer:
    template = _one(instance, "email_templates", "id", number)
    body = f"<html>{number}</html>"
    return {"result": [{"id": template["id"], "status": template["status"], "content": body}]}


def _roles_of(instance: Instance, _: Call, user: str) -> Any:
    return instance.library.parts("user_roles", user)


def _members(instance: Instance, _: Call, number: str) -> Answer:
    ids = [{"id": one} for one in instance.world.list_members("static", int(number))]
    return _tokens(ids, DATABASE, with_more=False)


def _member_fields(instance: Instance, _: Call) -> Answer:
    fields = instance.members.describe()
    return {"result": [{"name": "API Program Membership", "fields": fields}]}


def _custom_object(instance: Instance, _: Call, name: str) -> Answer:
    if name not in instance.custom_objects:
        raise Refused("1013", "Custom object not found")
    return {"result": [spelled(instance.custom_objects[name].described(), DATABASE)]}


def _deletions(instance: Instance, _: Call) -> Answer:
    place, _at, since = request.args.get("nextPageToken", "").rstrip("=").partition("@")
    if not since:
        raise Refused("1002", "Missing value for required parameter 'nextPageToken'")
    found = [one for one in deleted_leads(instance) if one["activityDate"] >= since]
    # The first token comes from the date, where the place is that of another list.
    start = int(place[1:]) if place.startswith("d") else 0
    end = min(start + TOKEN_PAGE, len(found))
    return {
        "result": spelled(found[start:end], EVENTS),
        "nextPageToken": f"d{end}@{since}=",
        "moreResult": end < len(found),
    }


def deleted_leads(instance: Instance) -> list[Answer]:
    """Deletions of the last 14 days, as a perfect reader has them."""
    return [
        {
            "marketoGUID": one.guid,
            "leadId": one.lead_id,
            "activityDate": iso(one.at),
            "activityTypeId": DELETED,
            "primaryAttributeValueId": one.lead_id,
            "primaryAttributeValue": one.primary,
            "attributes": [{"name": name, "value": each} for name, each in one.attributes.items()],
        }
        for one in instance.world.deletions()
    ]


_A1 = r"/rest/asset/v1"
_ASSET_PATHS = {
    "programs": "programs",
    "channels": "channels",
    "tag_types": "tagTypes",
    "folders": "folders",
    "smart_campaigns": "smartCampaigns",
    "smart_lists": "smartLists",
    "static_lists": "staticLists",
    "emails": "emails",
    "email_templates": "emailTemplates",
    "forms": "forms",
    "landing_pages": "landingPages",
    "landing_page_templates": "landingPageTemplates",
    "snippets": "snippets",
    "files": "files",
}
_ASSET = "Read-Only Asset"
_RULES = "Read-Only Redirect Rules"
_LEAD = "Read-Only Lead"
_BOTH = frozenset({"GET", "POST"})
_USER = "Access User Management Api"
_PEOPLE = "/userservice/management/v1/users"

LISTS = (
    *(
        Listing(rf"{_A1}/{path}\.json", _assets(name), _ASSET)
        for name, path in _ASSET_PATHS.items()
    ),
    Listing(_A1 + r"/redirectRules\.json", _assets("landing_page_redirect_rules"), _RULES),
    Listing(
        _A1 + r"/landingPageDomains\.json",
        lambda instance, _: _offset(
            instance, "landing_page_domains", instance.library.records["landing_page_domains"]
        ),
        _RULES,
    ),
    Listing(_A1 + r"/segmentation\.json", _single("segmentations", ASSETS), _ASSET),
    Listing(_A1 + r"/segmentation/(\d+)/segments\.json", _segments, _ASSET),
    Listing(_A1 + r"/program/byName\.json", _program_by_name, _ASSET),
    Listing(_A1 + r"/program/(\d+)\.json", _program, _ASSET),
    Listing(_A1 + r"/folder/(\d+)/tokens\.json", _my_tokens, _ASSET),
    Listing(_A1 + r"/form/(\d+)/fields\.json", _parts("form_fields"), _ASSET),
    Listing(_A1 + r"/email/(\d+)/content\.json", _parts("email_content"), _ASSET),
    Listing(_A1 + r"/snippet/(\d+)/content\.json", _parts("snippet_content"), _ASSET),
    Listing(_A1 + r"/emailTemplate/(\d+)/content\.json", _template, _ASSET),
    Listing(r"/rest/v1/campaigns\.json", _campaigns, "Read-Only Campaign"),
    Listing(r"/rest/v1/leads/partitions\.json", _single("lead_partitions"), _LEAD),
    Listing(
        r"/rest/v1/leads/describe\.json",
        lambda instance, _: {"result": described_fields(instance.world.fields)},
        _LEAD,
    ),
    Listing(r"/rest/v1/programs/members/describe\.json", _member_fields, _LEAD),
    Listing(r"/rest/v1/lists/(\d+)/leads\.json", _members, _LEAD),
    Listing(
        r"/rest/v1/activities/external/types\.json",
        _single("custom_activity_types"),
        "Read-Only Activity Metadata",
    ),
    Listing(
        r"/rest/v1/customobjects\.json", _single("custom_object_types"), "Read-Only Custom Object"
    ),
    Listing(r"/rest/v1/activities/deletedleads\.json", _deletions, "Read-Only Activity"),
    Listing(_PEOPLE + r"/allusers\.json", _users, _USER),
    Listing(_PEOPLE + r"/roles\.json", _bare("roles"), _USER),
    Listing(_PEOPLE + r"/workspaces\.json", _bare("workspaces"), _USER),
    Listing(_PEOPLE + r"/([^/]+)/roles\.json", _roles_of, _USER),
    *(
        Listing(rf"/rest/v1/{one.path}/describe\.json", by_value.describe(name), one.permission)
        for name, one in linked.KINDS.items()
    ),
    *(
        Listing(rf"/rest/v1/{one.path}\.json", by_value.by_filter(name), one.permission, _BOTH)
        for name, one in linked.KINDS.items()
    ),
    Listing(
        r"/rest/v1/namedAccountLists\.json",
        by_value.account_lists,
        "Read-Only Named Account List",
        _BOTH,
    ),
    Listing(
        r"/rest/v1/namedAccountList/([^/]+)/namedAccounts\.json",
        by_value.accounts_of_list,
        "Read-Only Named Account",
        _BOTH,
    ),
    *(
        Listing(rf"/rest/asset/v2/{word}/filter", designer.filtered(name), permission)
        for name, (word, permission) in designer.KINDS.items()
    ),
    *(
        Listing(rf"/rest/asset/v2/{word}/([^/]+)", designer.detail(name), permission)
        for name, (word, permission) in designer.KINDS.items()
    ),
    Listing(
        r"/rest/v1/customobjects/([^/]+)/describe\.json", _custom_object, "Read-Only Custom Object"
    ),
)
