# mypy: disable-error-code="arg-type,attr-defined,assignment,return-value"
"""Leads: every field of the instance, exported by the time of their last change."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

from tap_marketo.client.errors import FilterUnavailableError, ResponseError
from tap_marketo.exports.job import LEADS
from tap_marketo.streams.bulk.fields import CHANGED, FieldsStream, by_name
from tap_marketo.streams.bulk.lead_changes import calls_for, changed_leads, leads_by_id
from tap_marketo.streams.bulk.tombstones import DELETED_AT, Tombstones
from tap_marketo.values.convert import read_value
from tap_marketo.values.kinds import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib.catalog import MetadataMapping

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.job import ExportRequest
    from tap_marketo.streams.bulk.base import BulkStream
    from tap_marketo.streams.bulk.fields import Fields
    from tap_marketo.streams.bulk.groups import ExportGroup
    from tap_marketo.tap import TapMarketo

# Invalid data, or an object not found; see error-codes.md.
NO_SUCH_LIST = frozenset({"1003", "1013"})

DESCRIBE = "/rest/v1/leads/describe2.json"
KEY, CREATED = "id", "createdAt"
DELETION = Column(DELETED_AT, DELETED_AT, Kind.DATETIME)
DELETION_TEXT = "When the lead was deleted, or merged into another; null else."


def describe(client: MarketoClient, *, remember: bool = False) -> Fields:
    """The lead fields of the instance that can be exported, by API name.

    Args:
        client: Of the instance.
        remember: An answer of this run will do.

    Raises:
        ResponseError: The API user may not read leads, or the call failed.

    Source: leads.md
    """
    fields = by_name(client.get(DESCRIBE, needs_result=True, remember=remember).result)
    fields.setdefault(CHANGED, {"name": CHANGED, "dataType": "datetime"})
    return fields


class LeadsStream(FieldsStream):
    """The lead database, by export windows over the time of the last change to any field."""

    name = "leads"
    permissions: tuple[str, ...] = ("Read-Only Lead",)
    key_kinds: ClassVar[dict[str, Kind]] = {KEY: Kind.INTEGER}
    selected_by_default = True

    def __init__(self, tap: TapMarketo, fields: Fields) -> None:
        """Make a typed column of every field, and one for deletions where they are captured.

        Args:
            tap: With its settings.
            fields: As `describe` gives them.
        """
        self._captures_deletes = tap.settings.capture_deletes
        if self._captures_deletes:
            self.permissions = ("Read-Only Lead", "Read-Only Activity")
        constants = {DELETION: DELETION_TEXT} if self._captures_deletes else {}
        super().__init__(tap, self.name, LEADS, fields, constants)
        if tap.settings.leads_filter:
            self.is_aside = True
            self.replication_key = None
            self.forced_replication_method = "FULL_TABLE"

    def described(self) -> Fields:
        """The fields that leads have now."""
        return describe(self.tap.client)

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:
        """Ask for the selected fields alone, and for the leads of one list where it is set."""
        request = super().export_request(members)
        only = self.tap.settings.leads_filter
        if not only:
            return request
        self.logger.info(
            "leads: the members of one list alone (%s %s), all of them; the bookmark stays.", *only
        )
        return request.undated((only,))

    @property
    def metadata(self) -> MetadataMapping:
        """Nobody can deselect the column without which a tombstone says nothing."""
        metadata = super().metadata
        if self._captures_deletes:
            column = metadata["properties", DELETED_AT]
            column.inclusion = column.InclusionType.AUTOMATIC
        return metadata

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield the leads of window after window; then write which leads are gone."""
        tombstones = Tombstones(self, self._columns[KEY].name)
        yield from self._living(context)
        if self._captures_deletes and self.tap.plan.is_complete(self):
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
        if not group.has_bookmark:
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
