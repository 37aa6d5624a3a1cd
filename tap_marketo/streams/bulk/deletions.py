"""Leads that were deleted or merged into others."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from tap_marketo.client import date_pages
from tap_marketo.exports.window import SECOND
from tap_marketo.files.attributes import attributes_of
from tap_marketo.streams.bulk.lead_changes import LEADS_BY_FILTER, LEADS_PER_CALL
from tap_marketo.values.anomalies import Anomalies
from tap_marketo.values.times import rfc3339, to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_marketo.client import MarketoClient

logger = logging.getLogger("tap-marketo")

DELETED_LEADS = "/rest/v1/activities/deletedleads.json"
ACTIVITIES = "/rest/v1/activities.json"
MERGE_LEADS = 32
DAYS_KEPT = 14
"""Days for which Marketo keeps deletions."""

_IDS = re.compile(r"\d+")


def gone_leads(client: MarketoClient, since: datetime) -> Iterator[tuple[int, str]]:
    """Leads that were deleted or merged into others since a time, and were not restored.

    Takes two calls each for deletions and merges, one more per further 300, and one per 300 leads
    that are gone.

    Args:
        client: Client for the instance.
        since: Start, in UTC.

    Yields:
        Lead id and time of the deletion (RFC 3339 in UTC).

    Raises:
        ResponseError: A page failed, or the permission Read-Only Activity is missing.

    Source: activities.md
    """
    # Adobe reads "after this datetime": include the second itself.
    since -= SECOND
    oldest = client.clock.now() - timedelta(days=DAYS_KEPT)
    gone = chain(_deleted(client, max(since, oldest)), _merged(client, since))
    while chunk := dict(islice(gone, LEADS_PER_CALL)):
        existing = _existing(client, chunk)
        yield from ((lead_id, at) for lead_id, at in chunk.items() if lead_id not in existing)


def _deleted(client: MarketoClient, since: datetime) -> Iterator[tuple[int, str]]:
    for deletion in date_pages(client, DELETED_LEADS, rfc3339(since)):
        yield int(deletion["leadId"]), _timestamp(client, deletion)


def _merged(client: MarketoClient, since: datetime) -> Iterator[tuple[int, str]]:
    only = {"activityTypeIds": MERGE_LEADS}
    for merge in date_pages(client, ACTIVITIES, rfc3339(since), only):
        attributes = attributes_of(merge.get("attributes"), Anomalies())
        # `Merge IDs` is a list, or the text of one.
        merged_ids = _IDS.findall(str(attributes.get("Merge IDs", "")))
        if not merged_ids:
            logger.warning(
                "capture_deletes: the merge into lead %s lists no merged leads, so none of them"
                " is marked as deleted.",
                merge["leadId"],
            )
        for lead_id in merged_ids:
            if int(lead_id) != int(merge["leadId"]):
                yield int(lead_id), _timestamp(client, merge)


def _existing(client: MarketoClient, ids: dict[int, str]) -> set[int]:
    """Which of at most 300 leads exist: some may have been restored since."""
    values = ",".join(str(lead_id) for lead_id in ids)
    query = {"filterType": "id", "filterValues": values, "fields": "id"}
    return {int(lead["id"]) for lead in client.get(LEADS_BY_FILTER, query).result}


def _timestamp(client: MarketoClient, event: dict[str, Any]) -> str:
    return to_datetime(event.get("activityDate")) or rfc3339(client.clock.now())
