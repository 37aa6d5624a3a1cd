"""Changed leads where the subscription has no `updatedAt` filter: found by REST, read by id."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from tap_marketo.bulk.window import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum

    from tap_marketo.client import MarketoClient

PAGING_TOKEN = "/rest/v1/activities/pagingtoken.json"  # noqa: S105 - a place in a list
LEAD_CHANGES = "/rest/v1/activities/leadchanges.json"
LEADS_BY_FILTER = "/rest/v1/leads.json"
LEADS_PER_CALL = 300
# A list of fields may be longer than a URL, so both calls send their query as a form.
AS_GET = {"_method": "GET"}


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
    start = client.get(PAGING_TOKEN, {"sinceDatetime": rfc3339(since)})
    query: dict[str, Any] = {"fields": ",".join(fields), "nextPageToken": start.next_page_token}
    ids: set[int] = set()
    while True:
        reply = client.request("POST", LEAD_CHANGES, params=AS_GET, data=query)
        ids.update(int(change["leadId"]) for change in reply.result)
        # This list always gives a token, and a page may be empty with more to come.
        if reply.more_result is False or reply.next_page_token in {"", query["nextPageToken"]}:
            return ids
        query["nextPageToken"] = reply.next_page_token


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
        reply = client.request("POST", LEADS_BY_FILTER, params=AS_GET, data=query)
        yield from reply.result


def calls_for(count: int) -> int:
    """How many calls it takes to read so many leads by id.

    Args:
        count: Leads.
    """
    return -(-count // LEADS_PER_CALL)
