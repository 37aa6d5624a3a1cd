"""Marketo's ways of cutting a list into pages, as the SDK's paginators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.pagination import (
    BaseAPIPaginator,
    BaseOffsetPaginator,
    SinglePagePaginator,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

TOKEN_PAGE = 300
ASSET_PAGE = 200


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


class OffsetPaginator(BaseOffsetPaginator):
    """Goes on until a page is empty: a short page need not be the last. Source: assets.md."""


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
USERS = Paging(
    "page offset", ASSET_PAGE, ("pageSize", "pageOffset"), lambda: OffsetPaginator(0, ASSET_PAGE)
)
