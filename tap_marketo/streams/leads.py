"""Leads: every field of the instance, exported by the time of their last change."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from tap_marketo.bulk.job import LEADS, ExportRequest
from tap_marketo.bulk.values import Column, Kind, json_schema, kind_of, read_value
from tap_marketo.client.errors import FilterUnavailableError, ResponseError
from tap_marketo.schemas.names import field_columns
from tap_marketo.streams.bulk import BulkStream
from tap_marketo.streams.lead_changes import calls_for, changed_leads, leads_by_id
from tap_marketo.streams.tombstones import DELETED_AT, Tombstones

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib.catalog import MetadataMapping

    from tap_marketo.bulk.series import Series
    from tap_marketo.client import MarketoClient
    from tap_marketo.client.errors import FieldNotFoundError
    from tap_marketo.streams.plan import ExportGroup
    from tap_marketo.tap import TapMarketo

DELETION = Column(DELETED_AT, DELETED_AT, Kind.DATETIME)
# Invalid data, or an object not found; see error-codes.md.
NO_SUCH_LIST = frozenset({"1003", "1013"})

DESCRIBE = "/rest/v1/leads/describe2.json"
KEY, CHANGED, CREATED = "id", "updatedAt", "createdAt"
# Bulk extract leaves these out; see field-types.md.
NOT_EXPORTED = frozenset({"formula"})
QUOTED = re.compile(r"[\w.$-]+")


def describe(client: MarketoClient) -> dict[str, dict[str, Any]]:
    """The lead fields of the instance that can be exported, by API name.

    Args:
        client: Of the instance.

    Raises:
        ResponseError: The API user may not read leads, or the call failed.

    Source: leads.md
    """
    items = client.get(DESCRIBE).result
    fields = {KEY: {"name": KEY, "dataType": "integer"}}
    for item in items:
        for one in item.get("fields", ()):
            if one.get("name") and str(one.get("dataType")).lower() not in NOT_EXPORTED:
                fields[one["name"]] = one
    fields.setdefault(CHANGED, {"name": CHANGED, "dataType": "datetime"})
    return fields


class LeadsStream(BulkStream):
    """The lead database, by export windows over the time of the last change to any field."""

    name = "leads"
    group_name = "leads"
    permission = "Read-Only Lead"

    def __init__(self, tap: TapMarketo, fields: dict[str, dict[str, Any]]) -> None:
        """Make a typed column of every field.

        Args:
            tap: With its settings.
            fields: As `describe` gives them.
        """
        self._column_names = field_columns(fields, renamed=tap.settings.snake_case)
        self._columns = {
            name: Column(name, self._column_names[name], kind_of(str(one.get("dataType"))))
            for name, one in fields.items()
        }
        self._columns[KEY] = Column(KEY, self._column_names[KEY], Kind.INTEGER, required=True)
        properties = {
            column.name: _property(column, fields[name]) for name, column in self._columns.items()
        }
        if tap.settings.capture_deletes:
            self.permission = "Read-Only Lead and Read-Only Activity"
            properties[DELETED_AT] = json_schema(Kind.DATETIME) | {
                "description": "When the lead was deleted, or merged into another; null else."
            }
        super().__init__(tap, self.name, {"type": "object", "properties": properties})
        self.primary_keys = [self._column_names[KEY]]
        if tap.settings.leads_filter:
            self.is_aside = True
            self.forced_replication_method = "FULL_TABLE"
        else:
            self.replication_key = self._column_names[CHANGED]

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:  # noqa: ARG002
        """Ask for the selected fields alone."""
        selected = [
            name
            for name, column in self._columns.items()
            if name in {KEY, CHANGED} or self.is_written(column.name)
        ]
        self._warn_of_deleted_fields()
        only = self.tap.settings.leads_filter
        if only:
            self.logger.info(
                "leads: the members of one list alone (%s %s), all of them; the bookmark stays.",
                *only,
            )
            return ExportRequest(self.name, LEADS, tuple(selected), "", (only,))
        return ExportRequest(self.name, LEADS, tuple(selected), CHANGED)

    def configure(self, series: Series) -> None:
        """A field deleted between discovery and export is left out with a warning."""
        series.without_field = self._without_field

    @property
    def metadata(self) -> MetadataMapping:
        """Nobody can deselect the column without which a tombstone says nothing."""
        metadata = super().metadata
        if DELETED_AT in self.schema["properties"]:
            column = metadata["properties", DELETED_AT]
            column.inclusion = column.InclusionType.AUTOMATIC
        return metadata

    def columns(self, fields: Sequence[str]) -> list[Column]:
        """The fields asked for."""
        alive = (DELETION,) if DELETED_AT in self.schema["properties"] else ()
        return [*(self._columns[name] for name in fields), *alive]

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield the leads of window after window; then write which leads are gone."""
        tombstones = Tombstones(self, self._column_names[KEY])
        yield from self._living(context)
        if DELETED_AT in self.schema["properties"] and self.tap.plan.is_complete(self):
            tombstones.write_new()

    def _living(self, context: Context | None) -> Iterable[Record]:
        """Yield the leads, by another way where Marketo has no filter."""
        if self.tap.settings.leads_filter:
            yield from self._members(context)
            return
        try:
            yield from super().get_records(context)
        except FilterUnavailableError as error:
            group = self.tap.plan.group_led_by(self)
            if group is None or group.series.request.window_filter == CREATED:
                raise
            yield from self._changes(group, error)
            yield from super().get_records(context)

    def _members(self, context: Context | None) -> Iterable[Record]:
        """Yield the members of the list that the settings name."""
        try:
            yield from super().get_records(context)
        except FilterUnavailableError as error:
            error.hint = (
                "leads_filter: this subscription cannot export smart lists. Name a static list, to"
                " which a smart campaign of Marketo may add the leads, or ask Marketo Support."
            )
            raise
        except ResponseError as error:
            if error.code in NO_SUCH_LIST:
                error.hint = "leads_filter: is there such a list, by this very name or id?"
            raise

    def _changes(self, group: ExportGroup, error: FilterUnavailableError) -> Iterable[Record]:
        """Yield the leads that changed since the bookmark, and plan the new ones by `createdAt`.

        Changed leads come first: only then may the bookmark move over the windows of new ones.
        """
        client, plan = self.tap.client, self.tap.plan
        fields = group.series.request.fields
        request = dataclasses.replace(group.series.request, window_filter=CREATED)
        ranges = plan.missing(group)
        if not plan.has_bookmark(group):
            self.logger.warning("%s Reading all leads by createdAt instead.", error)
            plan.replan(group, request, ranges)
            return
        changed = changed_leads(client, ranges[0].start, fields)
        calls, full = calls_for(len(changed)), 3 * len(plan.whole_history())
        if calls > full:
            self.logger.warning(
                "%s %d leads changed, which would take %d calls to read by id: exporting all leads"
                " created since the start date instead, about %d calls.",
                error,
                len(changed),
                calls,
                full,
            )
            plan.replan(group, request, plan.whole_history())
            return
        self.logger.warning(
            "%s Reading new leads by createdAt, and %d changed ones by id with %d calls.",
            error,
            len(changed),
            calls,
        )
        columns = self.columns(fields)
        for lead in leads_by_id(client, changed, fields):
            yield {
                column.name: read_value(lead.get(column.source), column, self.anomalies)
                for column in columns
            }
        plan.replan(group, request, ranges)

    def _warn_of_deleted_fields(self) -> None:
        known = self.schema["properties"]
        for name in self.effective_schema.get("properties", {}):
            if name not in known and self.mask.get(("properties", name), True):
                self.logger.warning(
                    "Field %s of the catalog is not in Marketo any more and stays empty."
                    " Run discovery again to remove it from the catalog.",
                    name,
                )

    def _without_field(self, request: ExportRequest, error: FieldNotFoundError) -> ExportRequest:
        fields = describe(self.tap.client)
        named = set(QUOTED.findall(error.reason))
        gone = [
            name
            for name in request.fields
            if name not in {KEY, CHANGED} and (name not in fields or name in named)
        ]
        if not gone:
            raise error
        for name in gone:
            self.logger.warning(
                "Field %s was deleted in Marketo since discovery and stays empty. (%s)", name, error
            )
        kept = tuple(name for name in request.fields if name not in gone)
        return dataclasses.replace(request, fields=kept)


def _property(column: Column, one: dict[str, Any]) -> dict[str, Any]:
    schema = json_schema(column.kind)
    if one.get("displayName"):
        schema["title"] = str(one["displayName"])
    return schema
