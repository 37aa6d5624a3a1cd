"""The expected records of each object, by stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox import designer
from marketo_sandbox.api.assets import allowed_values, rules
from marketo_sandbox.api.events import deletion
from marketo_sandbox.api.parts import by_segment, users_of
from marketo_sandbox.api.users import details
from marketo_sandbox.clock import iso
from marketo_sandbox.fields import described_fields
from marketo_sandbox.linked import LISTS_OF_ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from marketo_sandbox.server import Instance

Record = dict[str, Any]
# Parts of records: the parent, the parent's key, and the column with this key.
PARENTS = {
    "program_tags": ("programs", "id", "programId"),
    "program_costs": ("programs", "id", "programId"),
    "form_fields": ("forms", "id", "formId"),
    "landing_page_content": ("landing_pages", "id", "landingPageId"),
    "landing_page_variables": ("landing_pages", "id", "landingPageId"),
    "segments": ("segmentations", "id", "segmentationId"),
    "email_content": ("emails", "id", "emailId"),
    "snippet_content": ("snippets", "id", "snippetId"),
    "user_roles": ("users", "userid", "userid"),
}
_DATA_VALUES = (12, 13)


def truth(instance: Instance) -> dict[str, Callable[[], Iterable[Record]]]:
    """The records of each stream, created when called.

    Args:
        instance: Instance with the data.
    """
    world, library, linked = instance.world, instance.library, instance.linked
    found: dict[str, Callable[[], Iterable[Record]]] = {
        name: lambda name=name: library.records[name]  # type: ignore[misc]
        for name in library.records
        if name not in designer.KINDS
    }
    found |= {
        name: lambda name=name: linked.records[name]  # type: ignore[misc]
        for name in (*instance.linked_kinds, LISTS_OF_ACCOUNTS)
    }
    found |= {
        name: lambda name=name: parts(instance, name)  # type: ignore[misc]
        for name in PARENTS
    }
    found |= {
        name: lambda name=name: designed(instance, name)  # type: ignore[misc]
        for name in designer.KINDS
    }
    found |= {
        f"custom_objects/{name}": one.expected for name, one in instance.custom_objects.items()
    }
    found |= contents(instance)
    return found | {
        "leads": world.expected_leads,
        "activities": world.expected_activities,
        "program_members": instance.members.expected,
        "deleted_leads": lambda: list(map(deletion, world.deletions())),
        "lead_changes": lambda: lead_changes(instance),
        "activity_types": lambda: world.types,
        "lead_describe": lambda: described_fields(world.fields),
        "lead_fields": lambda: [
            {"name": name, "dataType": kind} for name, kind in world.fields.items()
        ],
        "program_member_fields": instance.members.describe,
        "static_list_memberships": lambda: list_memberships(instance),
        "named_account_list_members": lambda: [
            {"namedAccountListId": guid, "marketoGUID": account}
            for guid, accounts in linked.members.items()
            for account in accounts
        ],
        "tokens": lambda: tokens(instance),
        "email_template_content": lambda: [
            {"id": one["id"], "status": one["status"], "content": f"<html>{one['id']}</html>"}
            for one in library.records["email_templates"]
        ],
        "export_jobs": lambda: [
            {"exportId": one.export_id, "status": one.status, "createdAt": iso(one.created)}
            for one in instance.queue.jobs.values()
        ],
    }


def contents(instance: Instance) -> dict[str, Callable[[], Iterable[Record]]]:
    """Contents and uses of assets, by stream."""
    records = instance.library.records

    def full(name: str) -> list[Record]:
        return [
            {"id": one["id"], "content": f"<html>{one['name']}</html>"} for one in records[name]
        ]

    def uses(parent: str, column: str, user: str, kind: str) -> list[Record]:
        return [
            {column: one["id"], **each}
            for one in records[parent]
            for each in users_of(instance, user, kind, one["id"])
        ]

    smart_lists = {one["id"]: one["name"] for one in records["smart_lists"]}
    return {
        "email_full_content": lambda: full("emails"),
        "landing_page_full_content": lambda: full("landing_pages"),
        "email_variables": lambda: [
            {**one, "emailId": email["id"], "moduleId": ""}
            for email in records["emails"]
            for one in instance.library.parts("email_variables", email["id"])
        ],
        "email_dynamic_content": lambda: [
            {**by_segment(instance, one), "emailId": one["id"], "contentId": f"{one['id']}03"}
            for one in records["emails"]
        ],
        "landing_page_template_content": lambda: [
            {
                "id": one["id"],
                "status": one["status"],
                "templateType": one["templateType"],
                "enableMunchkin": one["enableMunchkin"],
                "content": f"<html>{one['id']}</html>",
            }
            for one in records["landing_page_templates"]
        ],
        "form_used_by": lambda: uses("forms", "formId", "landing_pages", "Landing Page"),
        "email_template_used_by": lambda: uses(
            "email_templates", "emailTemplateId", "emails", "Email"
        ),
        "smart_list_rules": lambda: [
            {"id": one["id"], "name": one["name"], "rules": rules(one["id"])}
            for one in records["smart_lists"]
        ],
        "smart_campaign_rules": lambda: [
            {
                "smartCampaignId": one["id"],
                "id": one["smartListId"],
                "name": smart_lists[one["smartListId"]],
                "rules": rules(one["smartListId"]),
            }
            for one in records["smart_campaigns"]
            if one["smartListId"] in smart_lists
        ],
        "tag_type_values": lambda: [
            {**one, "allowableValues": allowed_values(instance)} for one in records["tag_types"]
        ],
        "user_details": lambda: [details(instance, one) for one in records["users"]],
    }


def parts(instance: Instance, name: str) -> list[Record]:
    """Parts of a parent's records, each with the parent's key."""
    parent, key, column = PARENTS[name]
    numbered = name == "program_costs"
    return [
        {**part, column: one[key], **({"position": place} if numbered else {})}
        for one in instance.library.records[parent]
        for place, part in enumerate(instance.library.parts(name, one[key]))
    ]


def designed(instance: Instance, name: str) -> list[Record]:
    """Assets of the new designer that a list returns."""
    return [
        {
            **{key: value for key, value in one.items() if key != "metadata"},
            "workspaceId": one["appData"]["workspaceId"],
            "createdAt": one["metadata"]["createdAt"],
            "modifiedAt": one["metadata"]["modifiedAt"],
        }
        for number, one in enumerate(instance.library.records[name])
        if name != "emails_v2" or not designer.is_variant(number)
    ]


def tokens(instance: Instance) -> list[Record]:
    """The tokens of all folders and programs."""
    return [
        {**part, "folderId": one["id"], "folderType": one["folderId"]["type"]}
        for one in instance.library.records["folders"]
        for part in instance.library.tokens(one["folderId"]["type"], one["id"])
    ]


def list_memberships(instance: Instance) -> list[Record]:
    """The leads of all static lists."""
    return [
        {"listId": one["id"], "leadId": lead}
        for one in instance.library.records["static_lists"]
        for lead in instance.world.list_members("static", one["id"])
    ]


def lead_changes(instance: Instance) -> list[Record]:
    """New leads and changes of their fields."""
    return [
        {"marketoGUID": one.guid, "leadId": one.lead_id, "activityDate": iso(one.at)}
        for one in instance.world.activities.between(types=_DATA_VALUES)
    ]
