"""Changed leads where the subscription has no `updatedAt` filter: found by REST, read by id."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from tap_marketo.client import date_pages
from tap_marketo.exports.window import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum

    from tap_marketo.client import MarketoClient

LEAD_CHANGES = "/rest/v1/activities/leadchanges.json"
LEADS_BY_FILTER = "/rest/v1/leads.json"
LEADS_PER_CALL = 300


def changed_leads(
    client: MarketoClient, since: pendulum.DateTime, fields: Iterable[str]
) -> set[int]:
    """Ids of the leads that are new or had one of some fields changed since a moment.

    Args:
        client: Of the instance.
        since: In UTC.
        fields: API names.

    Raises:
        ResponseError: A page failed.

    Source: activities.md
    """
    query = {"fields": ",".join(fields)}
    changes = date_pages(client, LEAD_CHANGES, rfc3339(since), query)
    return {int(change["leadId"]) for change in changes}


def leads_by_id(
    client: MarketoClient, ids: Iterable[int], fields: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Leads as REST gives them; those that are gone meanwhile are left out.

    Args:
        client: Of the instance.
        ids: Lead ids.
        fields: API names.

    Yields:
        Values by API name.

    Raises:
        ResponseError: A call failed.

    Source: leads.md
    """
    wanted = iter(sorted(ids))
    names = ",".join(fields)
    while chunk := list(islice(wanted, LEADS_PER_CALL)):
        values = ",".join(str(one) for one in chunk)
        query = {"filterType": "id", "filterValues": values, "fields": names}
        yield from client.get(LEADS_BY_FILTER, query).result


def calls_for(count: int) -> int:
    """How many calls it takes to read so many leads by id.

    Args:
        count: Leads.
    """
    return -(-count // LEADS_PER_CALL)
