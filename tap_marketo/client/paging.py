"""Reads lists in pages, with each of Marketo's ways of paging."""

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
# A page by offset with a smaller share of items than this is the last.
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
        """Items of a page; 0 without pages."""
        return _SIZES[self][0]

    @property
    def size_parameter(self) -> str:
        """Query parameter for the size; empty without pages."""
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
    """Read the pages of a list.

    Args:
        client: Client for the instance.
        path: Path of the list.
        params: Further query parameters, which may include dates and the size of a page.
        paging: Way of paging.
        headers: Further headers.
        is_array: Whether answers are arrays without an envelope, as in the user service.
        first: Returns the first answer, if `first_page` has already read it.

    Yields:
        The items of each page; an empty page need not be the last.

    Raises:
        ResponseError: A page failed; the items so far are not the whole list.

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
    """Read the first answer of a list, as `pages` does.

    Args:
        client: Client for the instance.
        path: Path of the list.
        params: Further query parameters.
        paging: Way of paging.
        headers: Further headers.
        is_array: Whether answers are arrays without an envelope.

    Returns:
        The first answer.

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
    """Continue while the answer has a new token and `moreResult` is not false.

    Several lists have no `moreResult`, and an empty page need not be the last. Lists of events
    always have a token: without `moreResult`, an empty page is their last. A repeated token is an
    end too, because it would return the same page for ever.
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
    """Continue until a page is empty, and lose no item when others are deleted meanwhile.

    Marketo hides some items, such as variants of A/B tests, so a short page need not be the last,
    nor an empty page without a warning; but a page with less than a tenth of its items is. After a
    deletion the later items move forward, so each page starts with the last item of the page
    before. If that item is missing, earlier pages are read again until they overlap.
    """
    offset = empty = 0
    before = _Page([])
    while True:
        reply = read({place: offset})
        page = _Page(reply.result)
        was_cut = bool(page.items) or before.length == size
        if before.length and offset and was_cut and before.last not in page.marks:
            # An item was deleted, or the item at the last place is hidden.
            page = _Page([*_overlapping(read, place, offset, size, before), *page.items])
        new = page.without(before)
        yield new
        if 0 < len(reply.result) < size * FEWEST_SHOWN:
            return
        empty = 0 if new else empty + 1
        if empty and ((reply.warnings and not reply.result) or empty > 1):
            return
        # The next page starts with the last item of this one.
        offset += size - 1 if page.length else size
        before = page if page.length else before


class _Page:
    """Items of a page with a key for each."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items = items
        marks = [_mark(item) for item in items]
        self.marks = set(marks)
        self.last = marks[-1] if marks else ""
        self.length = len(items)

    def without(self, other: _Page) -> list[dict[str, Any]]:
        """Return the items that another page does not have."""
        return [item for item in self.items if _mark(item) not in other.marks]


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
    """Read earlier pages again until one overlaps with the items that were read.

    Args:
        read: Function that reads a page.
        place: Query parameter of the offset.
        offset: Offset of the current page.
        size: Size of a page.
        before: Page before the current one.

    Returns:
        The items of the pages that were read again.
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
    """Continue until `totalItems` are read; without that number until a page is empty.

    The specification has `{items, totalItems}`, the guides have a list. If items are deleted
    between two pages, the previous page is read again.
    """
    index, total = 0, 0
    before = _Page([])
    while True:
        reply = read({"pageIndex": index})
        outer = reply.result[0] if len(reply.result) == 1 else {}
        is_counted = "totalItems" in outer or isinstance(outer.get("items"), list)
        page_items = (outer.get("items") or []) if is_counted else reply.result
        new = _Page(page_items).without(before)
        now = int(outer.get("totalItems") or 0) if is_counted else 0
        if is_counted and index and now < total:
            again = read({"pageIndex": index - 1}).result
            items = again[0].get("items") or [] if again else []
            new = _Page([*items, *page_items]).without(before)
        yield new
        length = int(outer.get("pageSize") or size) if is_counted else size
        index, total, before = index + 1, now, _Page(page_items)
        if (index * length >= total) if is_counted else not new:
            return


def token_pages(
    client: MarketoClient, path: str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Read the items of a list that pages by `nextPageToken`.

    Continues while the answer has a token and `moreResult` is not false: several lists have no
    `moreResult`, and an empty page need not be the last.

    Args:
        client: Client for the instance.
        path: Path of the list.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: A page failed; the items so far are not the whole list.

    Source: paging-tokens.md
    """
    for page in pages(client, path, params, paging=Paging.TOKEN):
        yield from page


def date_pages(
    client: MarketoClient, path: str, since: date | str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Read the items of a list of events, whose first token Marketo creates from a date.

    These lists always return a token: only `moreResult` marks the end, and an empty page need not
    be the last.

    Args:
        client: Client for the instance.
        path: Path of the list.
        since: Date, date-time or RFC 3339 text in whole seconds; events of this second may be
            missing.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: A page failed; the items so far are not the whole list.

    Source: paging-tokens.md
    """
    query = {**(params or {}), "nextPageToken": first_token(client, since)}
    for page in pages(client, path, query, paging=Paging.EVENTS):
        yield from page


def first_token(client: MarketoClient, since: date | str) -> str:
    """Return the token of a list of events that starts at a date.

    Args:
        client: Client for the instance.
        since: Date, date-time or RFC 3339 text in whole seconds.

    Raises:
        ResponseError: The call failed.

    Source: paging-tokens.md
    """
    return client.get(PAGING_TOKEN, {"sinceDatetime": to_wire(since)}).next_page_token


def offset_pages(
    client: MarketoClient, path: str, params: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Read the items of a list of assets, which pages by `offset`.

    Continues until a page is empty with a warning: Marketo hides some items, so a short page need
    not be the last. Pages overlap, so that no item is lost when others are added or deleted.

    Args:
        client: Client for the instance.
        path: Path of the list.
        params: Further query parameters.

    Yields:
        Each item of `result`.

    Raises:
        ResponseError: A page failed; the items so far are not the whole list.

    Source: assets.md
    """
    for page in pages(client, path, params, paging=Paging.OFFSET):
        yield from page
