"""Leads, static lists and program statuses: look up, write, add, remove."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from tap_marketo.client import token_pages
from tap_marketo.client.errors import ResponseError
from tap_marketo.scripts.chunks import CHUNK, ItemStatus, plain, write_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_marketo.client import MarketoClient

LEADS = "/rest/v1/leads.json"
TOO_MANY = "1003"
# Safe to repeat: they write the same values again.
REPEATABLE = frozenset({"createOrUpdate", "updateOnly"})


def leads_by(
    client: MarketoClient,
    field: str,
    values: Iterable[int | str],
    fields: Sequence[str] = (),
) -> Iterator[dict[str, Any]]:
    """Look up leads by the values of a field, 300 values per call.

    Args:
        client: Client for the instance.
        field: API name of a field that Marketo can filter by, for example `email` or `id`.
        values: Values to look up, each once. Values without a lead are skipped.
        fields: API names of the fields to read. Default: Marketo's default fields.

    Yields:
        Each lead, with values in Marketo's types.

    Raises:
        ValueError: A value contains a comma, which separates values in Marketo's filter.
        ResponseError: A call failed. Code 1003 means that more than 1,000 leads have one value;
            use `bulk_extract` for these.

    Source: leads.md
    """
    remaining = iter(dict.fromkeys(str(value) for value in values))
    while chunk := list(islice(remaining, CHUNK)):
        if any("," in value for value in chunk):
            raise ValueError(f"{field}: Marketo cannot look up a value that contains a comma")
        yield from _leads_by(client, field, chunk, fields)


def _leads_by(
    client: MarketoClient, field: str, values: list[str], fields: Sequence[str]
) -> list[dict[str, Any]]:
    params = {"filterType": field, "filterValues": ",".join(values)}
    if fields:
        params["fields"] = ",".join(fields)
    try:
        return list(token_pages(client, LEADS, params))
    except ResponseError as error:
        # More than 1,000 leads match these values.
        if error.code != TOO_MANY or len(values) == 1:
            raise
    half = len(values) // 2
    return [
        *_leads_by(client, field, values[:half], fields),
        *_leads_by(client, field, values[half:], fields),
    ]


def upsert_leads(
    client: MarketoClient,
    leads: Iterable[Mapping[str, Any]],
    *,
    lookup_field: str = "email",
    action: str = "createOrUpdate",
    partition: str | None = None,
) -> list[ItemStatus]:
    """Create or update leads, 300 per call.

    Args:
        client: Client for the instance.
        leads: Leads as API field names and values; Python dates and date-times are accepted.
        lookup_field: Field by which Marketo finds a lead; each lead must have it.
        action: `createOrUpdate`, `updateOnly`, `createOnly` or `createDuplicate`.
        partition: Name of the lead partition, if the instance has several.

    Returns:
        Outcome of each lead, in the given order.

    Raises:
        ResponseError: The first call was refused; nothing was written.

    Source: leads.md
    """
    body: dict[str, Any] = {"action": action, "lookupField": lookup_field}
    if partition is not None:
        body["partitionName"] = partition
    return write_chunks(
        leads,
        plain,
        lambda chunk: client.post(LEADS, {**body, "input": chunk}, repeatable=action in REPEATABLE),
    )


def add_to_list(client: MarketoClient, list_id: int, lead_ids: Iterable[int]) -> list[ItemStatus]:
    """Add leads to a static list, 300 per call.

    Args:
        client: Client for the instance.
        list_id: Id of the static list.
        lead_ids: Ids of the leads.

    Returns:
        Outcome of each lead, in the given order.

    Raises:
        ResponseError: The first call was refused; nothing was added.

    Source: static-lists.md
    """
    return _change_list(client, "POST", list_id, lead_ids)


def remove_from_list(
    client: MarketoClient, list_id: int, lead_ids: Iterable[int]
) -> list[ItemStatus]:
    """Remove leads from a static list, 300 per call.

    Args:
        client: Client for the instance.
        list_id: Id of the static list.
        lead_ids: Ids of the leads.

    Returns:
        Outcome of each lead, in the given order.

    Raises:
        ResponseError: The first call was refused; nothing was removed.

    Source: static-lists.md
    """
    return _change_list(client, "DELETE", list_id, lead_ids)


def _change_list(
    client: MarketoClient, method: str, list_id: int, lead_ids: Iterable[int]
) -> list[ItemStatus]:
    path = f"/rest/v1/lists/{int(list_id)}/leads.json"
    return write_chunks(
        lead_ids,
        lambda lead: {"id": int(lead)},
        lambda chunk: client.request(method, path, repeatable=True, json={"input": chunk}),
    )


def set_program_status(
    client: MarketoClient, program_id: int, status: str, lead_ids: Iterable[int]
) -> list[ItemStatus]:
    """Set the status of leads in a program, 300 per call; leads that are not members are added.

    Args:
        client: Client for the instance.
        program_id: Id of the program.
        status: Name of a status of the program's channel.
        lead_ids: Ids of the leads.

    Returns:
        Outcome of each lead, in the given order.

    Raises:
        ResponseError: The first call was refused; nothing was changed.

    Source: program-members.md
    """
    path = f"/rest/v1/programs/{int(program_id)}/members/status.json"
    return write_chunks(
        lead_ids,
        lambda lead: {"leadId": int(lead)},
        lambda chunk: client.post(path, {"statusName": status, "input": chunk}, repeatable=True),
    )
