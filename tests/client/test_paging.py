"""Paging by offset, by index and by token: no record is lost, and every list ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from tap_marketo.client import MarketoClient, Paging, Reply, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOTHING = ("No assets found for the given search criteria.",)


class Listing:
    """A list in pages that changes after each call."""

    def __init__(
        self,
        answer: Callable[[dict[str, Any]], Reply],
        after: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = answer
        self._after = after

    def get(self, _: str, query: dict[str, Any], **__: Any) -> Reply:
        self.asked.append(dict(query))
        assert len(self.asked) < 50, "the list never ends"
        reply = self._answer(query)
        self._after(len(self.asked))
        return reply

    def ids(self, paging: Paging) -> list[int]:
        client = cast("MarketoClient", self)
        return [item["id"] for page in pages(client, "/list", paging=paging) for item in page]


def by_offset(places: list[Any]) -> Callable[[dict[str, Any]], Reply]:
    def answer(query: dict[str, Any]) -> Reply:
        start = query["offset"]
        shown = places[start : start + query["maxReturn"]]
        found = [{"id": one} for one in shown if one is not None]
        return Reply(result=found, warnings=() if start < len(places) else NOTHING)

    return answer


@pytest.mark.parametrize("count", [0, 1, 19, 20, 199, 200, 201, 400, 650])
def test_a_list_by_offset_comes_whole_and_once(count: int) -> None:
    listing = Listing(by_offset(list(range(count))))

    assert listing.ids(Paging.OFFSET) == list(range(count))


def test_a_page_that_shows_little_is_the_last() -> None:
    listing = Listing(by_offset(list(range(8))))

    listing.ids(Paging.OFFSET)

    assert len(listing.asked) == 1


@pytest.mark.parametrize("gone", [1, 2, 3, 150, 199])
@pytest.mark.parametrize("count", [201, 202, 450])
def test_what_is_deleted_between_two_pages_hides_nothing(count: int, gone: int) -> None:
    places = list(range(count))

    def delete(calls: int) -> None:
        if calls == 1:
            del places[:gone]

    found = Listing(by_offset(places), delete).ids(Paging.OFFSET)

    assert set(found) == set(range(count))


def test_what_is_added_between_two_pages_repeats_no_more_than_a_page() -> None:
    places = list(range(450))

    def add(calls: int) -> None:
        if calls == 1:
            places[:0] = [1000, 1001]

    found = Listing(by_offset(places), add).ids(Paging.OFFSET)

    assert set(found) >= set(range(450))
    assert len(found) == 450


def test_places_that_are_not_shown_hide_nothing() -> None:
    # Every third item is a variant of an A/B test; a whole page of them comes first.
    places = [None] * 200 + [None if number % 3 == 0 else number for number in range(600)]

    assert Listing(by_offset(places)).ids(Paging.OFFSET) == [
        place for place in places if place is not None
    ]


def test_a_list_that_ignores_the_offset_ends() -> None:
    everything = [{"id": number} for number in range(60)]

    assert Listing(lambda _: Reply(result=everything)).ids(Paging.OFFSET) == list(range(60))


def test_an_empty_list_without_a_warning_ends() -> None:
    assert Listing(lambda _: Reply()).ids(Paging.OFFSET) == []


def by_index(items: list[int], *, counted: bool) -> Callable[[dict[str, Any]], Reply]:
    def answer(query: dict[str, Any]) -> Reply:
        size = query["pageSize"]
        start = query["pageIndex"] * size
        found: Iterable[dict[str, Any]] = [{"id": item} for item in items[start : start + size]]
        if counted:
            return Reply(result=[{"items": found, "totalItems": len(items), "pageSize": size}])
        return Reply(result=list(found))

    return answer


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 130])
def test_both_documented_shapes_of_v2_are_read(count: int, *, counted: bool) -> None:
    listing = Listing(by_index(list(range(count)), counted=counted))

    assert listing.ids(Paging.INDEX) == list(range(count))


def test_what_is_deleted_between_two_pages_by_index_hides_nothing() -> None:
    items = list(range(130))

    def delete(calls: int) -> None:
        if calls == 1:
            del items[:3]

    found = Listing(by_index(items, counted=True), delete).ids(Paging.INDEX)

    assert set(found) == set(range(130))


def test_a_token_that_comes_back_again_ends_the_list() -> None:
    listing = Listing(lambda _: Reply(result=[{"id": 1}], next_page_token="T="))  # noqa: S106

    assert listing.ids(Paging.TOKEN) == [1, 1]
