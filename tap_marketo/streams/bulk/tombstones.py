"""Tombstones: records that say no more than that a lead is gone, and when.

They come under a SCHEMA of just these two columns: targets that write whole rows of what the SCHEMA
names then leave the other columns of the row as they are.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import SameRecordTransform

from tap_marketo.client.errors import AccessDeniedError
from tap_marketo.sdk import record_messages, schema_messages
from tap_marketo.streams.bulk.deletions import DAYS_KEPT, gone_leads
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo.streams.bulk.base import BulkStream

DELETED_AT = "_sdc_deleted_at"
DELETIONS_READ = "deletions_read_until"


class Tombstones:
    """Tells each deletion once, or once more after an interruption; its own bookmark tells which.

    Made before the first window is written and used when all are: no older export brings a lead
    back then.
    """

    def __init__(self, stream: BulkStream, key: str) -> None:
        """Bind the stream.

        Args:
            stream: Of leads.
            key: Its key column.
        """
        self._stream = stream
        self._key = key
        self._had_leads = "replication_key_value" in stream.stream_state
        self._kept: dict[str, list[str]] = {}
        # Only a map may ask for columns that a tombstone does not have.
        mapped = any(not isinstance(one, SameRecordTransform) for one in stream.stream_maps)
        self._blank: dict[str, Any] = dict.fromkeys(stream.schema["properties"] if mapped else ())

    def write_new(self) -> None:
        """Write those of leads that went since the last time.

        Raises:
            ResponseError: Marketo did not tell all of them; the bookmark stays.
        """
        stream = self._stream
        if not stream.is_written(DELETED_AT):
            stream.logger.warning(
                "capture_deletes: the catalog has no column %s, so deletions are not written."
                " Run discovery again.",
                DELETED_AT,
            )
            return
        client, state = stream.tap.client, stream.stream_state
        now = client.clock.now()
        since = self._since(now)
        try:
            for lead_id, gone_at in gone_leads(client, since):
                self._write(lead_id, gone_at)
                stream.get_record_counter().increment()
        except AccessDeniedError as error:
            error.hint = (
                "capture_deletes needs the permission Read-Only Activity"
                " (Admin > Users & Roles > Roles > Access API)."
            )
            raise
        state[DELETIONS_READ] = rfc3339(now.start_of("second"))
        stream.state_manager.is_flushed = False

    def _since(self, now: datetime) -> datetime:
        state, logger = self._stream.stream_state, self._stream.logger
        oldest = now - timedelta(days=DAYS_KEPT)
        read_until = state.get(DELETIONS_READ)
        if read_until is None:
            if self._stream.tap.is_first_run:
                return self._stream.tap.plan.until
            if self._had_leads:
                logger.warning(
                    "capture_deletes: deletions are read for the first time. Leads deleted before"
                    " %s stay in the target: compare its ids with those of a full export.",
                    rfc3339(oldest),
                )
            return oldest
        if parse_timestamp(read_until) < oldest:
            logger.warning(
                "leads: deletions were last read at %s. Marketo forgets them after %d days: leads"
                " deleted between then and %s stay in the target. Compare its ids with those of a"
                " full export.",
                read_until,
                DAYS_KEPT,
                rfc3339(oldest),
            )
        lookback = self._stream.tap.settings.lookback_seconds or 0
        return parse_timestamp(read_until) - timedelta(seconds=lookback)

    def _write(self, lead_id: int, gone_at: str) -> None:
        stream = self._stream
        if not self._kept:
            self._write_schemas()
        record = {**self._blank, self._key: lead_id, DELETED_AT: gone_at}
        for message in record_messages(stream, record):
            if kept := self._kept.get(message.stream):
                message.record = {name: message.record[name] for name in kept}
                stream.tap.write_message(message)

    def _write_schemas(self) -> None:
        for message in schema_messages(self._stream):
            properties = message.schema["properties"]
            kept = [*(message.key_properties or ()), DELETED_AT]
            if all(name in properties for name in kept):
                self._kept[message.stream] = kept
                narrow = {name: properties[name] for name in kept}
                message.schema = {**message.schema, "properties": narrow}
                message.bookmark_properties = None
                self._stream.tap.write_message(message)
