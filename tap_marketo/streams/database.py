"""The lead database's own descriptions: activity types and lead fields."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_marketo.streams import activities, leads
from tap_marketo.streams.rest import MarketoStream

_ATTRIBUTE = th.ObjectType(
    th.Property("name", th.StringType),
    th.Property("apiName", th.StringType),
    th.Property("dataType", th.StringType),
)


class ActivityTypesStream(MarketoStream):
    """The activity types of the instance, custom ones included. Source: activities.md."""

    name = "activity_types"
    path = activities.TYPES
    api_keys = ("id",)
    api_schema = th.PropertiesList(
        th.Property("id", th.IntegerType),
        th.Property("name", th.StringType),
        th.Property("apiName", th.StringType),
        th.Property("description", th.StringType),
        th.Property("primaryAttribute", _ATTRIBUTE),
        th.Property("attributes", th.ArrayType(_ATTRIBUTE)),
    ).to_dict()


class LeadFieldsStream(MarketoStream):
    """The fields of leads, with type and length. Source: leads.md."""

    name = "lead_fields"
    path = leads.DESCRIBE
    records_jsonpath = "$.result[*].fields[*]"
    api_keys = ("name",)
    api_schema = th.PropertiesList(
        th.Property("name", th.StringType),
        th.Property("displayName", th.StringType),
        th.Property("dataType", th.StringType),
        th.Property("length", th.IntegerType),
        th.Property("updateable", th.BooleanType),
        th.Property("crmManaged", th.BooleanType),
    ).to_dict()
