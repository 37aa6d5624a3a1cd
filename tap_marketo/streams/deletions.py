"""Leads that are gone: deleted ones, and those merged into others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_marketo.bulk.attributes import attributes_of
from tap_marketo.bulk.values import Anomalies, to_datetime
from tap_marketo.bulk.window import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pendulum

    from tap_marketo.client import MarketoClient

PAGING_TOKEN = "/rest/v1/activities/pagingtoken.json"  # noqa: S105 - a place in a list
DELETED_LEADS = "/rest/v1/activities/deletedleads.json"
ACTIVITIES = "/rest/v1/activities.json"
MERGE_LEADS = 32
DAYS_KEPT = 14
"""Marketo forgets deletions after so many days."""

DELETED_AT = "_sdc_deleted_at"
_IDS = re.compile(r"\d+")


def gone_leads(client: MarketoClient, since: pendulum.DateTime) -> Iterator[tuple[int, str]]:
    """Leads that were deleted, or merged into others, since a moment.

    Takes two calls for each of the two kinds, and one more for each further 300.

    Args:
        client: Of the instance.
        since: In UTC.

    Yields:
        Lead id, and when it went (RFC 3339 in UTC).

    Raises:
        ResponseError: A page failed, or the permission Read-Only Activity is missing.

    Source: activities.md
    """
    oldest = client.clock.now().subtract(days=DAYS_KEPT)
    for deletion in _events(client, DELETED_LEADS, max(since, oldest), {}):
        yield int(deletion["leadId"]), _moment(deletion)
    merges = {"activityTypeIds": MERGE_LEADS}
    for merge in _events(client, ACTIVITIES, since, merges):
        attributes = attributes_of(merge.get("attributes"), Anomalies())
        # A list, or its text.
        for lead_id in _IDS.findall(str(attributes.get("Merge IDs", ""))):
            if int(lead_id) != int(merge["leadId"]):
                yield int(lead_id), _moment(merge)


def _events(
    client: MarketoClient, path: str, since: pendulum.DateTime, params: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    start = client.get(PAGING_TOKEN, {"sinceDatetime": rfc3339(since)})
    query = {**params, "nextPageToken": start.next_page_token}
    while True:
        reply = client.get(path, query)
        yield from reply.result
        # These lists always give a token, and a page may be empty with more to come.
        if reply.more_result is not True:
            return
        query["nextPageToken"] = reply.next_page_token


def _moment(event: dict[str, Any]) -> str:
    return to_datetime(event.get("activityDate")) or ""
