"""Marketo's ways of cutting a list into pages, as the SDK's paginators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.pagination import (
    BaseAPIPaginator,
    SinglePagePaginator,
)
from singer_sdk.pagination import OffsetPaginator as SDKOffsetPaginator

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

TOKEN_PAGE = 300
ASSET_PAGE = 200
DESIGNER_PAGE = 50


class TokenPaginator(BaseAPIPaginator[str]):
    """Goes on while a token comes back and `moreResult` is not false. Source: paging-tokens.md."""

    def __init__(self, start: str = "") -> None:
        """Begin.

        Args:
            start: First token; empty for a list that needs none.
        """
        super().__init__(start)

    def get_next(self, response: requests.Response) -> str | None:
        """The token of the next page."""
        body = response.json()
        return None if body.get("moreResult") is False else body.get("nextPageToken") or None

    def continue_if_empty(self, response: requests.Response) -> bool:
        """A page may be empty with more to come; `get_next` knows."""
        del response
        return True


class OffsetPaginator(SDKOffsetPaginator):
    """Goes on until a page is empty: a short page need not be the last. Source: assets.md.

    Emails of A/B tests are left out of a page without making it longer, so that even an empty page
    may have more behind it: only one with a warning is surely past the end, or a second one.
    """

    _empty_before = False

    def continue_if_empty(self, response: requests.Response) -> bool:
        """Look behind one empty page that does not say that nothing was found."""
        body = response.json()
        if self._empty_before or not isinstance(body, dict) or body.get("warnings"):
            return False
        self._empty_before = True
        return True

    def has_more(self, response: requests.Response) -> bool:
        """Only an empty page is the last."""
        body = response.json()
        if not isinstance(body, dict) or body.get("result"):
            self._empty_before = False
        return True


class PageIndexPaginator(BaseAPIPaginator[int]):
    """Goes on until `totalItems` are behind; a page may hold fewer. Source: emails-new.md."""

    def __init__(self) -> None:
        """Begin at the first page."""
        super().__init__(0)

    def get_next(self, response: requests.Response) -> int | None:
        """The number of the next page."""
        result = response.json().get("result") or {}
        size, total = result.get("pageSize") or DESIGNER_PAGE, result.get("totalItems") or 0
        return self._value + 1 if (self._value + 1) * int(size) < int(total) else None

    def continue_if_empty(self, response: requests.Response) -> bool:
        """A page may hold variants of A/B tests alone, which are left out; `get_next` knows."""
        del response
        return True


@dataclass(frozen=True)
class Paging:
    """A way of paging.

    Attributes:
        name: For the table of streams.
        size: Items to a page; 0 when there are no pages.
        parameters: Query parameters of the size, and of the page's place.
        paginator: Makes a new one.
    """

    name: str
    size: int
    parameters: tuple[str, str]
    paginator: Callable[[], BaseAPIPaginator[Any]]

    def query(self, place: Any) -> dict[str, Any]:
        """Query parameters of a page.

        Args:
            place: What the paginator holds.
        """
        size, start = self.parameters
        if not self.size:
            return {}
        return {size: self.size} | ({} if place in ("", None) else {start: place})


SINGLE = Paging("single answer", 0, ("", ""), SinglePagePaginator)
TOKEN = Paging("token", TOKEN_PAGE, ("batchSize", "nextPageToken"), TokenPaginator)
OFFSET = Paging(
    "offset", ASSET_PAGE, ("maxReturn", "offset"), lambda: OffsetPaginator(0, ASSET_PAGE)
)
INDEX = Paging("page index", DESIGNER_PAGE, ("pageSize", "pageIndex"), PageIndexPaginator)
USERS = Paging(
    "page offset", ASSET_PAGE, ("pageSize", "pageOffset"), lambda: OffsetPaginator(0, ASSET_PAGE)
)
