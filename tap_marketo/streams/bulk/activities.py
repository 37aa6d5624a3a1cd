"""Activities: one stream per type and a combined one, all from the same exports."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from tap_marketo.exports.job import ACTIVITIES, ExportRequest
from tap_marketo.exports.machine.series import Amended
from tap_marketo.files.header import header_positions
from tap_marketo.files.records import AttributeColumns, compile_activity, compile_record
from tap_marketo.streams.bulk.base import BulkStream
from tap_marketo.streams.bulk.fields import QUOTED, names_fields
from tap_marketo.values.kinds import Column, Kind, json_schema, kind_of
from tap_marketo.values.names import activity_stream, attribute_columns, field_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_marketo.client import MarketoClient
    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.machine.series import Piece, Series
    from tap_marketo.files.records import Row, Shape
    from tap_marketo.state import Bookmark
    from tap_marketo.tap import TapMarketo

TYPES = "/rest/v1/activities/types.json"
# Bulk extract does not contain Delete Lead; see bulk-activity-extract.md.
DELETE_LEAD = 37
KEY, TYPE_ID, DATE, ATTRIBUTES = "marketoGUID", "activityTypeId", "activityDate", "attributes"
KINDS = {
    KEY: Kind.TEXT,
    "leadId": Kind.INTEGER,
    DATE: Kind.DATETIME,
    TYPE_ID: Kind.INTEGER,
    "campaignId": Kind.INTEGER,
    "actionResult": Kind.TEXT,
    "primaryAttributeValueId": Kind.INTEGER,
    "primaryAttributeValue": Kind.TEXT,
}
UNDECLARED = "undeclared_attributes"
NEEDED = frozenset({KEY, TYPE_ID, "leadId", DATE, ATTRIBUTES})


def describe(client: MarketoClient) -> list[dict[str, Any]]:
    """The activity types of the instance that can be exported, custom ones included.

    Args:
        client: Client for the instance.

    Returns:
        Activity types by ascending id.

    Raises:
        ResponseError: The API user may not read activities, or the call failed.

    Source: activities.md
    """
    types = client.get(TYPES, needs_result=True, remember=True).result
    exported = (type_ for type_ in types if int(type_["id"]) != DELETE_LEAD)
    return sorted(exported, key=lambda type_: int(type_["id"]))


def stream_names(types: Iterable[dict[str, Any]]) -> dict[int, str]:
    """Stream name of each activity type.

    Args:
        types: Activity types by ascending id.
    """
    names: dict[int, str] = {}
    for type_ in types:
        name = activity_stream(type_)
        # The id keeps two types with the same name apart.
        names[int(type_["id"])] = f"{name}_{type_['id']}" if name in names.values() else name
    return names


class ActivityStream(BulkStream):
    """Base of all activity streams: key, dates, exports."""

    group_name = "activities"
    permissions: tuple[str, ...] = ("Read-Only Activity",)
    # Some activities, such as Send Email, are committed after their date.
    default_lookback = 7200

    def __init__(
        self, tap: TapMarketo, name: str, properties: dict[str, Any], type_ids: tuple[int, ...]
    ) -> None:
        """Create the columns that every activity has.

        Args:
            tap: Tap with its settings.
            name: Stream name.
            properties: JSON Schemas of additional columns.
            type_ids: Activity types of the stream; empty means all.
        """
        self.type_ids = type_ids
        self.base = base_columns(renamed=tap.settings.snake_case)
        names = {column.source: column.name for column in self.base}
        schemas = {column.name: json_schema(column.kind) for column in self.base}
        super().__init__(tap, name, {"type": "object", "properties": {**schemas, **properties}})
        self.primary_keys = [names[KEY]]
        self.replication_key = names[DATE]

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:
        """Request all selected types in one export; the combined stream needs every type."""
        streams = [member for member in members if isinstance(member, ActivityStream)]
        for stream in streams:
            stream.warn_of_gone_columns()
        every = any(not stream.type_ids for stream in streams)
        ids = () if every else tuple(sorted(id_ for stream in streams for id_ in stream.type_ids))
        filters = (("activityTypeIds", ids),) if ids else ()
        fields = (*KINDS, ATTRIBUTES)
        return ExportRequest(self.group_name, ACTIVITIES, fields, "createdAt", filters)

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:  # noqa: ARG002
        """Leave out columns that the instance does not export, with a warning."""
        series.amend = self._amended

    def _amended(self, piece: Piece, error: ResponseError) -> Amended:
        request = piece.series.request
        named = set(QUOTED.findall(error.reason))
        gone = [name for name in request.fields if name in named and name not in NEEDED]
        if not names_fields(error) or not gone:
            raise error
        self.logger.warning(
            "Activity exports of this instance have no %s, so this column stays empty. (%s)",
            ", ".join(gone),
            error,
        )
        kept = tuple(name for name in request.fields if name not in gone)
        return Amended(dataclasses.replace(request, fields=kept))

    def routing_column(self, header: Sequence[str]) -> int | None:
        """Index of the activity type, for a stream of some types."""
        return header_positions(header, [_required(TYPE_ID)])[0] if self.type_ids else None

    def accepts(self, cell: str) -> bool:
        """Whether activities of the type belong to this stream."""
        return not self.type_ids or cell in {str(type_id) for type_id in self.type_ids}


class ActivityTypeStream(ActivityStream):
    """Activities of one type, with a typed column for each attribute."""

    def __init__(self, tap: TapMarketo, name: str, activity_type: dict[str, Any]) -> None:
        """Create a column for every attribute that the type declares.

        Args:
            tap: Tap with its settings.
            name: Stream name.
            activity_type: Activity type as `describe` returns it.
        """
        attributes = activity_type.get("attributes") or ()
        base = base_columns(renamed=tap.settings.snake_case)
        names = attribute_columns(activity_type, [*(column.name for column in base), UNDECLARED])
        columns = {
            (source := str(attribute["name"])): Column(
                source, names[source], kind_of(str(attribute.get("dataType")))
            )
            for attribute in attributes
        }
        aliases = {
            str(attribute["apiName"]): str(attribute["name"])
            for attribute in attributes
            if attribute.get("apiName") and str(attribute["apiName"]) not in columns
        }
        self._attributes = AttributeColumns(columns, UNDECLARED, aliases=aliases)
        properties = {column.name: _property(column) for column in columns.values()}
        properties[UNDECLARED] = json_schema(Kind.OBJECT) | {
            "description": "Attributes in the export that the activity type does not declare."
        }
        super().__init__(tap, name, properties, (int(activity_type["id"]),))

    def reader(
        self,
        header: Sequence[str],
        fields: Sequence[str],  # noqa: ARG002
        shape: Shape | None,
    ) -> Callable[[Row], Any]:
        """A function that converts a row to a record with a column for each attribute."""
        return compile_activity(header, self.base, self._attributes, self.anomalies, shape=shape)


class ActivitiesStream(ActivityStream):
    """Activities of every type, with their attributes in one object."""

    name = "activities"
    selected_by_default = False

    def __init__(self, tap: TapMarketo) -> None:
        """Create the combined stream.

        Args:
            tap: Tap with its settings.
        """
        super().__init__(tap, self.name, {ATTRIBUTES: json_schema(Kind.OBJECT)}, ())

    def reader(
        self,
        header: Sequence[str],
        fields: Sequence[str],  # noqa: ARG002
        shape: Shape | None,
    ) -> Callable[[Row], Any]:
        """A function that converts a row to a record with one object of all attributes."""
        columns = [*self.base, Column(ATTRIBUTES, ATTRIBUTES, Kind.OBJECT)]
        return compile_record(header, columns, self.anomalies, shape=shape)


def base_columns(*, renamed: bool) -> list[Column]:
    """The columns that every activity has.

    Args:
        renamed: Whether column names are in snake_case.
    """
    names = field_columns(KINDS, renamed=renamed)
    return [
        Column(source, names[source], kind, source in {KEY, TYPE_ID}, source == KEY)
        for source, kind in KINDS.items()
    ]


def _required(source: str) -> Column:
    return Column(source, source, KINDS[source], required=True)


def _property(column: Column) -> dict[str, Any]:
    return json_schema(column.kind) | {"title": column.source}
