"""Descriptions and lists of the lead database, without leads and activities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.streams.bulk import activities, leads
from tap_marketo.streams.lists.base import MarketoStream
from tap_marketo.values.schema import BOOLEAN, INTEGER, TEXT, TIMESTAMP, group, many, record

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

_ATTRIBUTE = group(name=TEXT, apiName=TEXT, dataType=TEXT)
_CUSTOM_ATTRIBUTE = group(
    name=TEXT, apiName=TEXT, dataType=TEXT, description=TEXT, isPrimary=BOOLEAN
)
_USAGE = group(name=TEXT, readOnly=BOOLEAN)
_FIELD: dict[str, Any] = {
    "name": TEXT,
    "displayName": TEXT,
    "dataType": TEXT,
    "length": INTEGER,
    "updateable": BOOLEAN,
    "crmManaged": BOOLEAN,
}


class ActivityTypesStream(MarketoStream):
    """Activity types of the instance, including custom ones. Source: activities.md."""

    name = "activity_types"
    path = activities.TYPES
    is_description = True
    permissions = ("Read-Only Activity",)
    api_keys = ("id",)
    api_schema = record(
        id=INTEGER,
        name=TEXT,
        apiName=TEXT,
        description=TEXT,
        primaryAttribute=_ATTRIBUTE,
        attributes=many(_ATTRIBUTE),
    )


class CustomActivityTypesStream(MarketoStream):
    """Custom activity types with their state. Source: custom-activities.md."""

    name = "custom_activity_types"
    path = "/rest/v1/activities/external/types.json"
    permissions = ("Read-Only Activity Metadata",)
    api_keys = ("id",)
    api_schema = record(
        id=INTEGER,
        name=TEXT,
        apiName=TEXT,
        description=TEXT,
        status=TEXT,
        triggerName=TEXT,
        filterName=TEXT,
        primaryAttribute=_CUSTOM_ATTRIBUTE,
        attributes=many(_CUSTOM_ATTRIBUTE),
        createdAt=TIMESTAMP,
        updatedAt=TIMESTAMP,
    )


class LeadFieldsStream(MarketoStream):
    """Fields of leads, with type and length. Source: leads.md."""

    name = "lead_fields"
    path = leads.DESCRIBE
    is_description = True
    permissions = ("Read-Only Lead",)
    within = "fields"
    api_keys = ("name",)
    api_schema = record(**_FIELD)


class LeadDescribeStream(MarketoStream):
    """Fields of leads with the ids that Change Data Value refers to.

    Unlike `lead_fields`, it includes fields that REST cannot read. Source: leads.md
    """

    name = "lead_describe"
    path = "/rest/v1/leads/describe.json"
    permissions = ("Read-Only Lead",)
    selected_by_default = False
    api_keys = ("id",)
    api_schema = record(
        id=INTEGER,
        displayName=TEXT,
        dataType=TEXT,
        length=INTEGER,
        rest=_USAGE,
        soap=_USAGE,
    )


class ProgramMemberFieldsStream(MarketoStream):
    """Fields of program members. Source: program-members.md."""

    name = "program_member_fields"
    path = "/rest/v1/programs/members/describe.json"
    permissions = ("Read-Only Lead",)
    within = "fields"
    api_keys = ("name",)
    api_schema = record(**_FIELD)


class LeadPartitionsStream(MarketoStream):
    """Lead partitions. Source: leads.md."""

    name = "lead_partitions"
    path = "/rest/v1/leads/partitions.json"
    permissions = ("Read-Only Lead",)
    api_keys = ("id",)
    api_schema = record(id=INTEGER, name=TEXT, description=TEXT)


class CustomObjectTypesStream(MarketoStream):
    """Custom object types with their keys and relations. Source: custom-objects.md."""

    name = "custom_object_types"
    path = "/rest/v1/customobjects.json"
    is_description = True
    permissions = ("Read-Only Custom Object",)
    api_keys = ("name",)
    api_schema = record(
        name=TEXT,
        displayName=TEXT,
        pluralName=TEXT,
        description=TEXT,
        idField=TEXT,
        dedupeFields=many(TEXT),
        searchableFields=many(many(TEXT)),
        fields=many(group(**_FIELD)),
        relationships=many(group(field=TEXT, type=TEXT, relatedTo=group(name=TEXT, field=TEXT))),
        state=TEXT,
        version=TEXT,
        createdAt=TIMESTAMP,
        updatedAt=TIMESTAMP,
    )

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """Accept `name`, as in Adobe's examples, and `apiName`, as in the specification."""
        del context
        return {"name": row.get("apiName"), **row}
