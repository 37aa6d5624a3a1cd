"""Marketo's ways of cutting a list into pages: one `pages()` for all of them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from tap_marketo.client.envelope import Reply, read_array
from tap_marketo.client.params import to_query, to_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from tap_marketo.client.api import MarketoClient

    Read = Callable[[Mapping[str, Any]], Reply]

PAGING_TOKEN = "/rest/v1/activities/pagingtoken.json"  # noqa: S105 - the name of an endpoint
TOKEN_PAGE = 300
ASSET_PAGE = 200
DESIGNER_PAGE = 50
# A page by offset that shows a smaller share of its places has nothing behind it.
FEWEST_SHOWN = 0.1


class Paging(enum.Enum):
    """A way of paging; the value is its name in the documentation."""

    SINGLE = "single answer"
    TOKEN = "token"  # noqa: S105 - a way of paging
    EVENTS = "token from a date"
    OFFSET = "offset"
    INDEX = "page index"
    USERS = "page offset"

    @property
    def size(self) -> int:
        """Items to a page; 0 where there are no pages."""
        return _SIZES[self][0]

    @property
    def size_parameter(self) -> str:
        """The query parameter that sets the size; empty where there are no pages."""
        return _SIZES[self][1]


_SIZES = {
    Paging.SINGLE: (0, ""),
    Paging.TOKEN: (TOKEN_PAGE, "batchSize"),
    Paging.EVENTS: (TOKEN_PAGE, "batchSize"),
    Paging.OFFSET: (ASSET_PAGE, "maxReturn"),
    Paging.INDEX: (DESIGNER_PAGE, "pageSize"),
    Paging.USERS: (ASSET_PAGE, "pageSize"),
}
_PLACES = {Paging.OFFSET: "offset", Paging.INDEX: "pageIndex", Paging.USERS: "pageOffset"}


def pages(
    client: MarketoClient,
    path: str,
    params: Mapping[str, Any] | None = None,
    *,
    paging: Paging,
    headers: Mapping[str, str] | None = None,
    is_array: bool = False,
    first: Callable[[], Reply] | None = None,
) -> Iterator[list[dict[str, Any]]]:
    """The pages of a list.

    Args:
        client: Client for the instance.
        path: From the root of the instance.
        params: Further query parameters, date-times among them; they may set the size of a page.
        paging: How the list is cut.
        headers: Further headers.
        is_array: Whether answers are bare arrays, as those of the user service are.
        first: Gives the first answer, where `first_page` asked for it before.

    Yields:
        The items of each page; a page may be empty with more to come.

    Raises:
        ResponseError: Any page failed; the items so far are not the whole list.

    Source: paging-tokens.md, assets.md, emails-new.md
    """
    size = {paging.size_parameter: paging.size} if paging.size else {}
    base = {**size, **to_query(params)}
    ready = first

    def read(place: Mapping[str, Any]) -> Reply:
        nonlocal ready
        if ready is not None:
            answer, ready = ready, None
            return answer()
        return _read(client, path, {**base, **place}, headers, is_array=is_array)

    if paging is Paging.SINGLE:
        yield read({}).result
    elif paging in {Paging.TOKEN, Paging.EVENTS}:
        yield from _by_token(read, is_events=paging is Paging.EVENTS)
    elif paging is Paging.INDEX:
        yield from _by_index(read, paging.size)
    else:
        yield from _by_offset(read, _PLACES[paging], int(base[paging.size_parameter]))


def first_page(
    client: MarketoClient,
    path: str,
    params: Mapping[str, Any] | None = None,
    *,
    paging: Paging,
    headers: Mapping[str, str] | None = None,
    is_array: bool = False,
) -> Reply:
    """The first answer of a list, as `pages` would ask for it.

    Args:
        client: Client for the instance.
        path: From the root of the instance.
        params: Further query parameters.
        paging: How the list is cut.
        headers: Further headers.
        is_array: Whether answers are bare arrays.

    Raises:
        ResponseError: The call failed.
    """
    size = {paging.size_parameter: paging.size} if paging.size else {}
    place = {_PLACES[paging]: 0} if paging in _PLACES else {}
    return _read(client, path, {**size, **to_query(params), **place}, headers, is_array=is_array)


def _read(
    client: MarketoClient,
    path: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str] | None,
    *,
    is_array: bool,
) -> Reply:
    if is_array:
        return client.call("GET", path, read_array, params=query, headers=headers)
    return client.get(path, query, headers=headers)


def _by_token(read: Read, *, is_events: bool) -> Iterator[list[dict[str, Any]]]:
    """Continue while a token comes back and `moreResult` is not false.

    Several lists never say `moreResult`, and a page may be empty with more to come. Lists of events
    always give a token: without the word, an empty page is their end. A token that comes back a
    second time is an end, too: it would give the same page for ever.
    """
    token = ""
    while True:
        reply = read({"nextPageToken": token} if token else {})
        yield reply.result
        is_silent = is_events and reply.more_result is None and not reply.result
        following = reply.next_page_token
        if reply.more_result is False or is_silent or not following or following == token:
            return
        token = following


def _by_offset(read: Read, place: str, size: int) -> Iterator[list[dict[str, Any]]]:
    """Continue until a page is empty, and lose nothing when items go meanwhile.

    Items can be left out of a page without making it longer, so a short page need not be the last,
    nor an empty one that does not say that nothing was found; but variants of A/B tests do not hide
    nine in ten, so a page with less than that is the last. What is deleted between two pages
    moves the others: each page begins with the last place of the page before, and where the item
    seen there is no longer on it, the reading goes back until the two overlap.
    """
    offset = empty = 0
    before = _Page([])
    while True:
        reply = read({place: offset})
        page = _Page(reply.result)
        was_cut = bool(page.items) or before.length == size
        if before.length and offset and was_cut and before.last not in page.marks:
            # Something went, or the last place holds an item that is not shown: go back to see.
            page = _Page([*_overlapping(read, place, offset, size, before), *page.items])
        new = page.without(before)
        yield new
        if 0 < len(reply.result) < size * FEWEST_SHOWN:
            return
        empty = 0 if new else empty + 1
        if empty and ((reply.warnings and not reply.result) or empty > 1):
            return
        # The page after begins with the last place of this one.
        offset += size - 1 if page.length else size
        before = page if page.length else before


class _Page:
    """Items with what tells them apart, however an answer spells their numbers."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items = items
        marks = [_mark(one) for one in items]
        self.marks = set(marks)
        self.last = marks[-1] if marks else ""
        self.length = len(items)

    def without(self, other: _Page) -> list[dict[str, Any]]:
        """The items that another page does not have."""
        return [one for one in self.items if _mark(one) not in other.marks]


def _mark(item: dict[str, Any]) -> str:
    number = item.get("id", item.get("userid"))
    if number is None:
        return repr(item)
    folder = item.get("folderId")
    kind = str(folder.get("type")).lower() if isinstance(folder, dict) else ""
    return f"{kind} {number} {item.get('status', '')}"


def _overlapping(
    read: Read, place: str, offset: int, size: int, before: _Page
) -> list[dict[str, Any]]:
    """What lies between the items that were read and an offset, read again.

    Args:
        read: Reads a page.
        place: Name of the offset.
        offset: Where the current page begins.
        size: Size of a page.
        before: The page before.

    Returns:
        The items of as many earlier pages as it takes to find one that was read before.
    """
    items: list[dict[str, Any]] = []
    while offset > 0:
        offset = max(0, offset - size + 1)
        page = _Page(read({place: offset}).result)
        items = [*page.items, *items]
        if page.marks & before.marks:
            break
    return items


def _by_index(read: Read, size: int) -> Iterator[list[dict[str, Any]]]:
    """Continue until `totalItems` are behind; without that number until a page is empty.

    The specification shows `{items, totalItems}`, the guides show a list. When items go between two
    pages, the page before is read again.
    """
    index, total = 0, 0
    before = _Page([])
    while True:
        reply = read({"pageIndex": index})
        outer = reply.result[0] if len(reply.result) == 1 else {}
        is_counted = "totalItems" in outer or isinstance(outer.get("items"), list)
        found = (outer.get("items") or []) if is_counted else reply.result
        new = _Page(found).without(before)
        now = int(outer.get("totalItems") or 0) if is_counted else 0
        if is_counted and index and now < total:
            again = read({"pageIndex": index - 1}).result
            items = again[0].get("items") or [] if again else []
            new = _Page([*items, *found]).without(before)
        yield new
        length = int(outer.get("pageSize") or size) if is_counted else size
        index, total, before = index + 1, now, _Page(found)
        if (index * length >= total) if is_counted else not new:
            return


def token_pages(
    client: MarketoClient, path: str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Items of a list that pages by `nextPageToken`.

    Continues while a token comes back and `moreResult` is not false: several lists never say
    `moreResult`, and a page may be empty with more to come.

    Args:
        client: Client for the instance.
        path: From the root of the instance.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: Any page failed; the items so far are not the whole list.

    Source: paging-tokens.md
    """
    for page in pages(client, path, params, paging=Paging.TOKEN):
        yield from page


def date_pages(
    client: MarketoClient, path: str, since: date | str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Items of a list of events, which pages by a token that is made from a date.

    These lists always give a token: only `moreResult` tells the end, and an empty page need not be
    it.

    Args:
        client: Client for the instance.
        path: From the root of the instance.
        since: A date, a date-time, or a text (RFC 3339, in whole seconds); what happened in this
            very second may be missing.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: Any page failed; the items so far are not the whole list.

    Source: paging-tokens.md
    """
    query = {**(params or {}), "nextPageToken": first_token(client, since)}
    for page in pages(client, path, query, paging=Paging.EVENTS):
        yield from page


def first_token(client: MarketoClient, since: date | str) -> str:
    """The token of a list of events that begins at a date.

    Args:
        client: Client for the instance.
        since: A date, a date-time, or a text (RFC 3339, in whole seconds).

    Raises:
        ResponseError: The call failed.

    Source: paging-tokens.md
    """
    return client.get(PAGING_TOKEN, {"sinceDatetime": to_wire(since)}).next_page_token


def offset_pages(
    client: MarketoClient, path: str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Items of a list of assets, which pages by `offset`.

    Goes on until a page is empty: some items are left out of the answers, so that a short page
    need not be the last, nor an empty one that does not say that nothing was found.
    What is added or removed meanwhile moves the others; the pages overlap, so that none is lost.

    Args:
        client: Client for the instance.
        path: From the root of the instance.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: Any page failed; the items so far are not the whole list.

    Source: assets.md
    """
    for page in pages(client, path, params, paging=Paging.OFFSET):
        yield from page
