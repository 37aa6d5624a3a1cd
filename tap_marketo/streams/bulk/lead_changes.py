"""Changed leads where the subscription has no `updatedAt` filter: found by REST, read by id."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from tap_marketo.client import date_pages
from tap_marketo.exports.window import SECOND
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.window import Window

LEAD_CHANGES = "/rest/v1/activities/leadchanges.json"
ACTIVITIES = "/rest/v1/activities.json"
LEADS_BY_FILTER = "/rest/v1/leads.json"
LEADS_PER_CALL = 300
CHANGES_KEPT_DAYS = 90
"""Marketo forgets Change Data Value after so many days."""
SILENT_CHANGES = (9, 22, 100)
"""Unsubscribe Email, Change Score, Change Lead Partition: no Change Data Value comes with them."""
LATE = timedelta(hours=1)
"""Events may come a little out of their order."""


def changed_leads(client: MarketoClient, window: Window, fields: Iterable[str]) -> Iterator[int]:
    """Ids of the leads that are new or were changed in a window, each once.

    Args:
        client: Client for the instance.
        window: From when to when.
        fields: API names of the fields that matter.

    Raises:
        ResponseError: A page failed.

    Source: activities.md
    """
    # Adobe says "after this datetime": the second itself must not be lost.
    since = rfc3339(window.start - SECOND)
    kinds = ",".join(str(one) for one in SILENT_CHANGES)
    changes = date_pages(client, LEAD_CHANGES, since, {"fields": ",".join(fields)})
    silent = date_pages(client, ACTIVITIES, since, {"activityTypeIds": kinds})
    seen: set[int] = set()
    for event in heapq.merge(changes, silent, key=_date):
        if _date(event) > window.end + LATE:
            return
        lead_id = int(event["leadId"])
        if lead_id not in seen:
            seen.add(lead_id)
            yield lead_id


def _date(event: dict[str, Any]) -> datetime:
    return parse_timestamp(str(event["activityDate"]))


def leads_by_id(
    client: MarketoClient, ids: Iterable[int], fields: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Leads as REST gives them; those that are gone meanwhile are left out.

    Args:
        client: Client for the instance.
        ids: Lead ids.
        fields: API names.

    Yields:
        Values by API name.

    Raises:
        ResponseError: A call failed.

    Source: leads.md
    """
    wanted = iter(ids)
    names = ",".join(fields)
    while chunk := list(islice(wanted, LEADS_PER_CALL)):
        values = ",".join(str(one) for one in sorted(chunk))
        query = {"filterType": "id", "filterValues": values, "fields": names}
        yield from client.get(LEADS_BY_FILTER, query).result
