"""Lookups by value, 300 values per call, for objects that Marketo does not list otherwise."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from tap_marketo.client.paging import token_pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_marketo.client import MarketoClient

VALUES_PER_CALL = 300
# Number of recent values that are not looked up again; bounds the memory.
REMEMBERED = 100_000

Row = dict[str, Any]


class LookupCache:
    """Calls by value; keeps each list's last answer for streams that make the same call."""

    def __init__(self, client: MarketoClient) -> None:
        """Store the client.

        Args:
            client: Client for the instance.
        """
        self._client = client
        self._last: dict[str, tuple[object, list[Row]]] = {}

    def fetch(
        self, path: str, filter_type: str, values: Sequence[str], fields: Sequence[str]
    ) -> list[Row]:
        """The records with one of the values.

        Args:
            path: Path from the root of the instance.
            filter_type: Name of the field.
            values: At most 300 values.
            fields: Fields to read; Marketo's default if empty.

        Raises:
            ResponseError: A page failed.
        """
        call = (filter_type, tuple(values), tuple(fields))
        last_call, answer = self._last.get(path, (None, []))
        if last_call != call:
            query = {"filterType": filter_type, "filterValues": ",".join(values)}
            if fields:
                query["fields"] = ",".join(fields)
            answer = list(token_pages(self._client, path, query))
            self._last[path] = (call, answer)
        return answer


class Lookup:
    """Collects distinct values and looks up their records whenever a call is full."""

    def __init__(
        self, cache: LookupCache, path: str, filter_type: str, fields: Sequence[str]
    ) -> None:
        """Start without values.

        Args:
            cache: Calls to make.
            path: Path from the root of the instance.
            filter_type: Name of the field with the values.
            fields: Fields to read; Marketo's default if empty.
        """
        self._cache = cache
        self._filter = (path, filter_type)
        self._fields = fields
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._waiting: list[str] = []
        self._unusable = 0

    def add(self, values: Iterable[str | None]) -> Iterator[Row]:
        """Add values.

        Args:
            values: Values; repeated or missing ones cost nothing.

        Yields:
            Records, whenever a call is full.

        Raises:
            ResponseError: A call failed.
        """
        for value in values:
            if not value or value in self._seen:
                continue
            self._seen[value] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            if "," in value:
                self._unusable += 1
                continue
            self._waiting.append(value)
            if len(self._waiting) == VALUES_PER_CALL:
                yield from self.flush()

    def flush(self) -> Iterator[Row]:
        """Look up the remaining values.

        Yields:
            Records.

        Raises:
            ResponseError: A call failed.
        """
        values, self._waiting = self._waiting, []
        if values:
            path, filter_type = self._filter
            yield from self._cache.fetch(path, filter_type, values, self._fields)

    def take_unusable(self) -> int:
        """Number of values with a comma since the last call; Marketo's filter cannot take them."""
        count, self._unusable = self._unusable, 0
        return count
