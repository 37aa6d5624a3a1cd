"""Leads that are gone: deleted ones, and those merged into others."""

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
"""Marketo forgets deletions after so many days."""

_IDS = re.compile(r"\d+")


def gone_leads(client: MarketoClient, since: datetime) -> Iterator[tuple[int, str]]:
    """Leads that were deleted, or merged into others, since a moment, and did not come back.

    Takes two calls for each of the two kinds, one more for each further 300, and one for each 300
    leads that are gone.

    Args:
        client: Of the instance.
        since: In UTC.

    Yields:
        Lead id, and when it went (RFC 3339 in UTC).

    Raises:
        ResponseError: A page failed, or the permission Read-Only Activity is missing.

    Source: activities.md
    """
    # Adobe says "after this datetime": the second itself must not be lost.
    since -= SECOND
    oldest = client.clock.now() - timedelta(days=DAYS_KEPT)
    found = chain(_deleted(client, max(since, oldest)), _merged(client, since))
    while some := dict(islice(found, LEADS_PER_CALL)):
        alive = _alive(client, some)
        yield from ((lead_id, at) for lead_id, at in some.items() if lead_id not in alive)


def _deleted(client: MarketoClient, since: datetime) -> Iterator[tuple[int, str]]:
    for deletion in date_pages(client, DELETED_LEADS, rfc3339(since)):
        yield int(deletion["leadId"]), _timestamp(client, deletion)


def _merged(client: MarketoClient, since: datetime) -> Iterator[tuple[int, str]]:
    only = {"activityTypeIds": MERGE_LEADS}
    for merge in date_pages(client, ACTIVITIES, rfc3339(since), only):
        attributes = attributes_of(merge.get("attributes"), Anomalies())
        # A list, or its text.
        losers = _IDS.findall(str(attributes.get("Merge IDs", "")))
        if not losers:
            logger.warning(
                "capture_deletes: a merge into lead %s does not say which leads it merged.",
                merge["leadId"],
            )
        for lead_id in losers:
            if int(lead_id) != int(merge["leadId"]):
                yield int(lead_id), _timestamp(client, merge)


def _alive(client: MarketoClient, ids: dict[int, str]) -> set[int]:
    """Which of at most 300 leads there are: one may have been restored since."""
    values = ",".join(str(one) for one in ids)
    query = {"filterType": "id", "filterValues": values, "fields": "id"}
    return {int(lead["id"]) for lead in client.get(LEADS_BY_FILTER, query).result}


def _timestamp(client: MarketoClient, event: dict[str, Any]) -> str:
    return to_datetime(event.get("activityDate")) or rfc3339(client.clock.now())
