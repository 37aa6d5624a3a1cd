"""Deletions and changes of leads since a date, read with a paging token for that date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo.client.paging import Paging, first_token
from tap_marketo.streams.bulk.deletions import DAYS_KEPT
from tap_marketo.streams.bulk.leads import DESCRIBE
from tap_marketo.streams.lists.base import MarketoStream
from tap_marketo.values.schema import INTEGER, TEXT, TIMESTAMP, group, many, record
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.tap import TapMarketo

READ_UNTIL = "read_until"
_ATTRIBUTES = many(group(name=TEXT, apiName=TEXT, value=TEXT))


class DateTokenStream(MarketoStream):
    """Events since the bookmark, oldest first. Source: paging-tokens.md."""

    paging = Paging.EVENTS
    permissions: tuple[str, ...] = ("Read-Only Activity",)
    calls = "2, and 1 more per 300 records"
    api_keys = ("marketoGUID",)

    def __init__(self, tap: TapMarketo) -> None:
        """See `MarketoStream`."""
        super().__init__(tap)
        self.replication_key = self._names["activityDate"]

    def query(self, context: Context | None) -> dict[str, Any]:
        """Start at the bookmark."""
        token = first_token(self.tap.client, rfc3339(self._begin_at()))
        return {**super().query(context), "nextPageToken": token}

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Read the events and save the time, because without events the bookmark stays behind."""
        now = self.tap.client.clock.now()
        yield from super().get_records(context)
        if not self.skipped:
            self.stream_state[READ_UNTIL] = rfc3339(now)
            self.state_manager.is_flushed = False

    def _read_until(self) -> datetime | None:
        state = self.stream_state
        text = state.get("replication_key_value") or state.get(READ_UNTIL)
        return parse_timestamp(text) if text else None

    def _begin_at(self) -> datetime:
        settings = self.tap.settings
        bookmark = self._read_until()
        if bookmark is None or self.replication_method != "INCREMENTAL":
            return settings.start_for(self.tap.client.clock.now())
        return bookmark - timedelta(seconds=settings.lookback_seconds or 0)


class DeletedLeadsStream(DateTokenStream):
    """Deleted leads, which Marketo keeps for 14 days. Source: activities.md."""

    name = "deleted_leads"
    path = "/rest/v1/activities/deletedleads.json"
    api_schema = record(
        marketoGUID=TEXT,
        id=INTEGER,
        leadId=INTEGER,
        activityDate=TIMESTAMP,
        activityTypeId=INTEGER,
        campaignId=INTEGER,
        primaryAttributeValueId=INTEGER,
        primaryAttributeValue=TEXT,
        attributes=_ATTRIBUTES,
    )

    def _begin_at(self) -> datetime:
        oldest = self.tap.client.clock.now().subtract(days=DAYS_KEPT)
        until = self.stream_state.get(READ_UNTIL)
        if until and until < rfc3339(oldest):
            self.logger.warning(
                "deleted_leads was last read at %s. Marketo keeps deletions for 14 days, so those"
                " between then and %s may be missing. Compare with a full export of leads.",
                until,
                oldest.to_iso8601_string(),
            )
        return max(super()._begin_at(), oldest)


class LeadChangesStream(DateTokenStream):
    """Changes of lead fields, with old and new values. Source: activities.md."""

    name = "lead_changes"
    path = "/rest/v1/activities/leadchanges.json"
    permissions = ("Read-Only Activity", "Read-Only Lead")
    selected_by_default = False
    api_schema = record(
        marketoGUID=TEXT,
        id=INTEGER,
        leadId=INTEGER,
        activityDate=TIMESTAMP,
        activityTypeId=INTEGER,
        campaignId=INTEGER,
        fields=many(group(id=INTEGER, name=TEXT, oldValue=TEXT, newValue=TEXT)),
        attributes=_ATTRIBUTES,
    )

    def query(self, context: Context | None) -> dict[str, Any]:
        """Request changes of all fields."""
        return {**super().query(context), "fields": ",".join(self._fields())}

    def _fields(self) -> list[str]:
        reply = self.tap.client.get(DESCRIBE, remember=True)
        return [
            str(field["name"])
            for item in reply.result
            for field in item.get("fields") or ()
            if field.get("name")
        ]
