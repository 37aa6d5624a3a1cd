"""Marketo's ways of cutting a list into pages, each as an iterator over items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_marketo.client.api import MarketoClient

PAGING_TOKEN = "/rest/v1/activities/pagingtoken.json"  # noqa: S105 - the name of an endpoint
TOKEN_PAGE = 300
ASSET_PAGE = 200


def token_pages(
    client: MarketoClient, path: str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Items of a list that pages by `nextPageToken`.

    Continues while a token comes back and `moreResult` is not false: several lists never say
    `moreResult`, and a page may be empty with more to come.

    Args:
        client: Of the instance.
        path: From the root of the instance.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: Any page failed; the items so far are not the whole list.

    Source: paging-tokens.md
    """
    query: dict[str, Any] = {"batchSize": TOKEN_PAGE, **(params or {})}
    while True:
        reply = client.get(path, query)
        yield from reply.result
        if not reply.next_page_token or reply.more_result is False:
            return
        query["nextPageToken"] = reply.next_page_token


def date_pages(
    client: MarketoClient, path: str, since: str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Items of a list of events, which pages by a token that is made from a date.

    These lists always give a token: only `moreResult` tells the end, and an empty page need not be
    it.

    Args:
        client: Of the instance.
        path: From the root of the instance.
        since: RFC 3339, in whole seconds; what happened in this very second may be missing.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: Any page failed; the items so far are not the whole list.

    Source: paging-tokens.md
    """
    query: dict[str, Any] = {**(params or {}), "nextPageToken": first_token(client, since)}
    while True:
        reply = client.get(path, query)
        yield from reply.result
        is_silent = reply.more_result is None and not reply.result
        if reply.more_result is False or is_silent or not reply.next_page_token:
            return
        query["nextPageToken"] = reply.next_page_token


def first_token(client: MarketoClient, since: str) -> str:
    """The token of a list of events that begins at a date.

    Args:
        client: Of the instance.
        since: RFC 3339, in whole seconds.

    Raises:
        ResponseError: The call failed.

    Source: paging-tokens.md
    """
    return client.get(PAGING_TOKEN, {"sinceDatetime": since}).next_page_token


def offset_pages(
    client: MarketoClient, path: str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Items of a list of assets, which pages by `offset`.

    Goes on until a page is empty: some items are left out of the answers, so that a short page
    need not be the last, nor an empty one that does not say that nothing was found.
    What is added or removed meanwhile moves the others: read the whole list before you change
    anything in it.

    Args:
        client: Of the instance.
        path: From the root of the instance.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: Any page failed; the items so far are not the whole list.

    Source: assets.md
    """
    offset, empty = 0, 0
    while True:
        query = {**(params or {}), "maxReturn": ASSET_PAGE, "offset": offset}
        reply = client.get(path, query)
        empty = 0 if reply.result else empty + 1
        if empty and (reply.warnings or empty > 1):
            return
        yield from reply.result
        offset += ASSET_PAGE
