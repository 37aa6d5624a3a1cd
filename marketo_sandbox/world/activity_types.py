"""The activity types of the instance: Marketo's and custom ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from datetime import datetime

_WEB = "Client IP Address, Query Parameters, Referrer URL, User Agent"
_MAIL = (
    "Campaign Run ID:integer, Choice Number:integer, Has Predictive:boolean, Step ID:integer,"
    " Test Variant:integer"
)
_OPEN = (
    "Bot Activity Pattern, Campaign Run ID:integer, Choice Number:integer, Device,"
    " Is Bot Activity:boolean, Is Mobile Device:boolean, Platform, Step ID:integer,"
    " Test Variant:integer, User Agent"
)
_BOUNCE = f"{_MAIL}, Category, Details, Email, Subcategory"
_CHANGE = "API Method Name, Modifying User, New Value, Old Value, Reason, Request Id, Source"

_TYPES: tuple[tuple[int, str, str, str], ...] = (
    (1, "Visit Webpage", "Webpage ID", f"{_WEB}, Search Engine, Search Query, Webpage URL"),
    (2, "Fill Out Form", "Webform ID", f"{_WEB}, Form Fields:text, Webpage ID:integer"),
    (3, "Click Link", "Link ID", f"{_WEB}, Webpage ID:integer"),
    (6, "Send Email", "Mailing ID", _MAIL),
    (7, "Email Delivered", "Mailing ID", _MAIL),
    (8, "Email Bounced", "Mailing ID", _BOUNCE),
    (
        9,
        "Unsubscribe Email",
        "Mailing ID",
        f"{_WEB}, Campaign Run ID:Integer, Form Fields:text, Has Predictive:boolean,"
        " Test Variant:integer, Webform ID:integer, Webpage ID:integer",
    ),
    (10, "Open Email", "Mailing ID", f"{_OPEN}, Has Predictive:boolean"),
    (11, "Click Email", "Mailing ID", f"{_OPEN}, Is Predictive:boolean, Link, Link ID"),
    (
        12,
        "New Lead",
        "",
        "Created Date:date, Form Name, Lead Source, List Name, SFDC Type, Source Type,"
        " API Method Name, Modifying User, Request Id",
    ),
    (13, "Change Data Value", "Attribute Name", _CHANGE),
    (19, "Sync Lead to SFDC", "", "Reason, Request Id"),
    (21, "Convert Lead", "", "Reason"),
    (22, "Change Score", "Score Name", "Change Value, New Value:integer,"
     " Old Value:integer, Reason"),
    (23, "Change Owner", "", "New Owner, Old Owner"),
    (24, "Add to List", "List ID", "Source"),
    (25, "Remove from List", "List ID", "Source"),
    (26, "SFDC Activity", "", "Description:text, Status, Subject"),
    (27, "Email Bounced Soft", "Mailing ID", _BOUNCE),
    (29, "Delete Lead from SFDC", "", "Reason"),
    (30, "SFDC Activity Updated", "", "Description:text, Status, Subject"),
    (32, "Merge Leads", "Lead ID", "Master Updated:boolean, Merge IDs, Merge Source,"
     " Merged in Sales:boolean"),
    (34, "Add to Opportunity", "Opportunity ID", "Is Primary:boolean, Role"),
    (35, "Remove from Opportunity", "Opportunity ID", "Role"),
    (36, "Update Opportunity", "Opportunity ID", "Data Value Changes:text"),
    (37, "Delete Lead", "", "Campaign, Campaign ID:integer, Remove From CRM:boolean"),
    (38, "Send Alert", "Mailing ID", "Recipients"),
    (39, "Send Sales Email", "Artifact ID", "Sent By, Source"),
    (40, "Open Sales Email", "Artifact ID", "Bot Activity Pattern, Is Bot Activity:boolean"),
    (41, "Click Sales Email", "Artifact ID", "Is Bot Activity:boolean, Link"),
    (45, "Add to SFDC Campaign", "Campaign ID", "Status"),
    (46, "Receive Sales Email", "Artifact ID", "Received By"),
    (100, "Change Lead Partition", "Partition ID", "Old Partition ID:integer, Reason"),
    (101, "Change Revenue Stage", "Model ID", "New Stage, Old Stage, Reason"),
    (104, "Change Status in Progression", "Program", "Acquired By:boolean, New Status,"
     " New Status ID:integer, Old Status, Old Status ID:integer, Program Member ID:integer,"
     " Reason, Success:boolean"),
    (106, "Enrich with Data.com", "", "Reason"),
    (108, "Change Segment", "Segmentation ID", "New Segment ID:integer, Old Segment ID:integer"),
    (110, "Call Webhook", "Webhook", "Error Type:integer, Response:text"),
    (111, "Sent Forward to Friend Email", "Mailing ID", "Lead ID:integer"),
    (113, "Add to Nurture", "Program", "Track ID:integer, Track Name"),
    (114, "Change Nurture Track", "Program", "New Track ID:integer, Previous Track ID:integer"),
    (115, "Change Nurture Cadence", "Program", "New Nurture Cadence, Previous Nurture Cadence"),
    (145, "Push Lead to Marketo", "", "Source"),
    (155, "Reply to Sales Email", "Artifact ID", "Source"),
    (100001, "Self Serve?", "Kiosk", "Duration (min):float, Paid:boolean, Visited At:datetime,"
     " Visit Day:date, Lead ID:integer"),
    (100002, "Attended Webinar: Übersicht", "Webinar", "% Watched:percent, Q&A:text, Rating:score"),
    (100003, "self serve", "Kiosk", "Fee:currency, Fee!:currency"),
)  # fmt: skip


def activity_types(count: int) -> list[dict[str, Any]]:
    """The types as `activities/types.json` returns them.

    Args:
        count: Number of types; custom ones are added beyond those listed here.
    """
    types = [_as_api(*row) for row in _TYPES]
    for number in range(count - len(types)):
        name = f"Custom Event {number + 1:02d}"
        types.append(_as_api(100101 + number, name, "Event", "Amount:float, Comment:text"))
    return types[:count] if count < len(types) else types


FIRST_CUSTOM = 100_000


def api_name(name: str, type_id: int) -> str:
    """The API name of a custom type, which never changes.

    Args:
        name: Display name.
        type_id: Id of the type.
    """
    word = re.sub(r"[^A-Za-z0-9]+", "", name.title())
    return f"{word[:1].lower()}{word[1:]}{type_id % 100}_c"


def _as_api(type_id: int, name: str, primary: str, attributes: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": type_id,
        "name": name,
        "description": f"The activity “{name}”",
        "attributes": [_attribute(part) for part in attributes.split(", ")],
    }
    if type_id >= FIRST_CUSTOM:
        described["apiName"] = api_name(name, type_id)
    if primary:
        kind = "string" if type_id >= FIRST_CUSTOM else "integer"
        described["primaryAttribute"] = _attribute(f"{primary}:{kind}")
    return described


def external_types(types: list[dict[str, Any]], created: datetime) -> list[dict[str, Any]]:
    """The custom types as `activities/external/types.json` returns them.

    Args:
        types: All types.
        created: Creation time of the custom types.
    """
    return [
        {
            "id": type_["id"],
            "apiName": type_["apiName"],
            "name": type_["name"],
            "description": type_["description"],
            "triggerName": f"Does {type_['name']}",
            "filterName": f"Did {type_['name']}",
            "status": "approved",
            "primaryAttribute": {**type_["primaryAttribute"], "apiName": "primary"},
            "attributes": [
                {**attribute, "apiName": api_name(attribute["name"], place)}
                for place, attribute in enumerate(type_["attributes"])
            ],
            "createdAt": iso(created),
            "updatedAt": iso(created),
        }
        for type_ in types
        if type_["id"] >= FIRST_CUSTOM
    ]


def _attribute(text: str) -> dict[str, str]:
    name, _, kind = text.partition(":")
    return {"name": name, "dataType": kind or "string"}
