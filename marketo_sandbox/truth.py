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
    streams: dict[str, Callable[[], Iterable[Record]]] = {
        name: lambda name=name: library.records[name]  # type: ignore[misc]
        for name in library.records
        if name not in designer.KINDS
    }
    streams |= {
        name: lambda name=name: linked.records[name]  # type: ignore[misc]
        for name in (*instance.linked_kinds, LISTS_OF_ACCOUNTS)
    }
    streams |= {
        name: lambda name=name: parts(instance, name)  # type: ignore[misc]
        for name in PARENTS
    }
    streams |= {
        name: lambda name=name: designed(instance, name)  # type: ignore[misc]
        for name in designer.KINDS
    }
    streams |= {
        f"custom_objects/{name}": type_.expected for name, type_ in instance.custom_objects.items()
    }
    streams |= contents(instance)
    return streams | {
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
            {
                "id": record["id"],
                "status": record["status"],
                "content": f"<html>{record['id']}</html>",
            }
            for record in library.records["email_templates"]
        ],
        "export_jobs": lambda: [
            {"exportId": job.export_id, "status": job.status, "createdAt": iso(job.created)}
            for job in instance.queue.jobs.values()
        ],
    }


def contents(instance: Instance) -> dict[str, Callable[[], Iterable[Record]]]:
    """Contents and uses of assets, by stream."""
    records = instance.library.records

    def full(name: str) -> list[Record]:
        return [
            {"id": record["id"], "content": f"<html>{record['name']}</html>"}
            for record in records[name]
        ]

    def uses(parent: str, column: str, user: str, kind: str) -> list[Record]:
        return [
            {column: record["id"], **each}
            for record in records[parent]
            for each in users_of(instance, user, kind, record["id"])
        ]

    smart_lists = {list_["id"]: list_["name"] for list_ in records["smart_lists"]}
    return {
        "email_full_content": lambda: full("emails"),
        "landing_page_full_content": lambda: full("landing_pages"),
        "email_variables": lambda: [
            {**part, "emailId": email["id"], "moduleId": ""}
            for email in records["emails"]
            for part in instance.library.parts("email_variables", email["id"])
        ],
        "email_dynamic_content": lambda: [
            {**by_segment(instance, mail), "emailId": mail["id"], "contentId": f"{mail['id']}03"}
            for mail in records["emails"]
        ],
        "landing_page_template_content": lambda: [
            {
                "id": record["id"],
                "status": record["status"],
                "templateType": record["templateType"],
                "enableMunchkin": record["enableMunchkin"],
                "content": f"<html>{record['id']}</html>",
            }
            for record in records["landing_page_templates"]
        ],
        "form_used_by": lambda: uses("forms", "formId", "landing_pages", "Landing Page"),
        "email_template_used_by": lambda: uses(
            "email_templates", "emailTemplateId", "emails", "Email"
        ),
        "smart_list_rules": lambda: [
            {"id": list_["id"], "name": list_["name"], "rules": rules(list_["id"])}
            for list_ in records["smart_lists"]
        ],
        "smart_campaign_rules": lambda: [
            {
                "smartCampaignId": campaign["id"],
                "id": campaign["smartListId"],
                "name": smart_lists[campaign["smartListId"]],
                "rules": rules(campaign["smartListId"]),
            }
            for campaign in records["smart_campaigns"]
            if campaign["smartListId"] in smart_lists
        ],
        "tag_type_values": lambda: [
            {**record, "allowableValues": allowed_values(instance)}
            for record in records["tag_types"]
        ],
        "user_details": lambda: [details(instance, record) for record in records["users"]],
    }


def parts(instance: Instance, name: str) -> list[Record]:
    """Parts of a parent's records, each with the parent's key."""
    parent, key, column = PARENTS[name]
    numbered = name == "program_costs"
    return [
        {**part, column: record[key], **({"position": place} if numbered else {})}
        for record in instance.library.records[parent]
        for place, part in enumerate(instance.library.parts(name, record[key]))
    ]


def designed(instance: Instance, name: str) -> list[Record]:
    """Assets of the new designer that a list returns."""
    return [
        {
            **{key: value for key, value in record.items() if key != "metadata"},
            "workspaceId": record["appData"]["workspaceId"],
            "createdAt": record["metadata"]["createdAt"],
            "modifiedAt": record["metadata"]["modifiedAt"],
        }
        for number, record in enumerate(instance.library.records[name])
        if name != "emails_v2" or not designer.is_variant(number)
    ]


def tokens(instance: Instance) -> list[Record]:
    """The tokens of all folders and programs."""
    return [
        {**part, "folderId": folder["id"], "folderType": folder["folderId"]["type"]}
        for folder in instance.library.records["folders"]
        for part in instance.library.tokens(folder["folderId"]["type"], folder["id"])
    ]


def list_memberships(instance: Instance) -> list[Record]:
    """The leads of all static lists."""
    return [
        {"listId": list_["id"], "leadId": lead}
        for list_ in instance.library.records["static_lists"]
        for lead in instance.world.list_members("static", list_["id"])
    ]


def lead_changes(instance: Instance) -> list[Record]:
    """New leads and changes of their fields."""
    return [
        {"marketoGUID": activity.guid, "leadId": activity.lead_id, "activityDate": iso(activity.at)}
        for activity in instance.world.activities.between(types=_DATA_VALUES)
    ]
