"""Leads: every field of the instance, exported by the time of their last change."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.errors import FilterUnavailableError, ResponseError
from tap_marketo.exports.job import LEADS
from tap_marketo.exports.machine.series import Alternative
from tap_marketo.streams.bulk.fields import CHANGED, FieldsStream, by_name
from tap_marketo.streams.bulk.lead_changes import CHANGES_KEPT_DAYS, changed_leads, leads_by_id
from tap_marketo.streams.bulk.tombstones import DELETED_AT, Tombstones
from tap_marketo.values.convert import read_value
from tap_marketo.values.kinds import Column, Kind
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib.catalog import MetadataMapping

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.job import ExportRequest
    from tap_marketo.exports.machine.series import Piece, Series
    from tap_marketo.exports.window import Window
    from tap_marketo.state import Bookmark
    from tap_marketo.streams.bulk.base import BulkStream
    from tap_marketo.streams.bulk.fields import Fields
    from tap_marketo.tap import TapMarketo

# Invalid data, or an object not found; see error-codes.md.
NO_SUCH_LIST = frozenset({"1003", "1013"})

DESCRIBE = "/rest/v1/leads/describe2.json"
KEY, CREATED = "id", "createdAt"
# Experience Cloud ids, for Audience Sharing: exports have them, no describe call lists them.
ECIDS = "ecids"
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
    undescribed: ClassVar[frozenset[str]] = frozenset({ECIDS})

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
        super().__init__(tap, self.name, LEADS, _exportable(fields), constants)
        if tap.settings.leads_filter:
            self.ignores_bookmark = True
            # A list that is gone must not empty what the target made of it before.
            self.writes_schema_late = True
            self.keeps_bookmark = False
            self.replication_key = None
            self.forced_replication_method = "FULL_TABLE"

    def described(self) -> Fields:
        """The fields that leads have now."""
        return _exportable(describe(self.tap.client))

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
        """`ecids` is off; nobody can deselect the column without which a tombstone says nothing."""
        metadata = super().metadata
        if ecids := metadata.get(("properties", self._columns[ECIDS].name)):
            ecids.selected_by_default = False
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
        """Yield the leads; errors of a list say which setting names it."""
        try:
            yield from super().get_records(context)
        except FilterUnavailableError as error:
            if self.tap.settings.leads_filter:
                error.hint = (
                    "leads_filter: this subscription cannot export smart lists. Name a static list,"
                    " to which a smart campaign of Marketo may add the leads, or ask Marketo"
                    " Support."
                )
            raise
        except ResponseError as error:
            if self.tap.settings.leads_filter and error.code in NO_SUCH_LIST:
                error.hint = "leads_filter: is there such a list, by this very name or id?"
            raise

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:
        """Without the `updatedAt` filter, new leads come by `createdAt`, changed ones by id."""
        super().configure(series, bookmark, ask=ask)
        if not self.ignores_bookmark:
            series.alternative = Alternative(
                lambda usual: dataclasses.replace(usual, window_filter=CREATED),
                self._explain,
                keys=("created", "changed"),
                rest_keys=frozenset({"changed"}),
                days_kept=CHANGES_KEPT_DAYS,
            )

    def _explain(self, series: Series, error: ResponseError) -> None:
        self.logger.warning(
            "%s Exporting new leads by createdAt, and reading changes of older ones by id: one call"
            " for each 300 changes and each 300 changed leads.",
            error,
        )
        oldest = self.tap.client.clock.now() - timedelta(days=CHANGES_KEPT_DAYS)
        missing = series.coverage.missing(series.period.end)
        if missing and missing[0].start < oldest:
            self.logger.warning(
                "leads: Marketo keeps changes of values for %d days. Leads created before %s and"
                " last changed before %s are not read. To load them, set start_date before the"
                " first lead was created and remove the stream from the state.",
                CHANGES_KEPT_DAYS,
                rfc3339(missing[0].start),
                rfc3339(oldest),
            )

    def changed_records(self, piece: Piece) -> Iterable[Record]:
        """Leads that changed in a window and that no export of this run holds."""
        series, window = piece.series, piece.window
        if window is None:
            raise AssertionError(piece)
        client = self.tap.client
        # The REST API refuses what no describe call lists.
        fields = tuple(one for one in series.request.fields if one not in self.undescribed)
        columns = self.columns(fields)
        ids = changed_leads(client, window, fields)
        for lead in leads_by_id(client, ids, dict.fromkeys([*fields, CREATED])):
            if _is_in(lead.get(CREATED), series.fresh):
                continue
            yield {
                column.name: read_value(lead.get(column.source), column, self.anomalies)
                for column in columns
            }


def _exportable(fields: Fields) -> Fields:
    ecids = {"name": ECIDS, "dataType": "string", "displayName": "Experience Cloud IDs"}
    return {ECIDS: ecids} | fields


def _is_in(created: Any, windows: Iterable[Window]) -> bool:
    """Whether a lead was created in one of some windows."""
    try:
        at = parse_timestamp(str(created))
    except ValueError:
        return False
    return any(window.start <= at <= window.end for window in windows)
