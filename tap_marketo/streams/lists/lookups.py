"""Asking for records by value, 300 values a call: Marketo lists these objects in no other way."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from tap_marketo.client.paging import token_pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_marketo.client import MarketoClient

VALUES_A_CALL = 300
# Values asked for lately are not asked for again; the number bounds the memory.
REMEMBERED = 100_000

Row = dict[str, Any]


class Answers:
    """Calls by value; each list's last answer is kept, for streams that ask the same in turn."""

    def __init__(self, client: MarketoClient) -> None:
        """Bind an instance.

        Args:
            client: Of the instance.
        """
        self._client = client
        self._last: dict[str, tuple[object, list[Row]]] = {}

    def to(
        self, path: str, filter_type: str, values: Sequence[str], fields: Sequence[str]
    ) -> list[Row]:
        """The records that have one of some values.

        Args:
            path: From the root of the instance.
            filter_type: Name of the field.
            values: At most 300.
            fields: What to read of each record; Marketo's default when empty.

        Raises:
            ResponseError: A page failed.
        """
        question = (filter_type, tuple(values), tuple(fields))
        asked, answer = self._last.get(path, (None, []))
        if asked != question:
            query = {"filterType": filter_type, "filterValues": ",".join(values)}
            if fields:
                query["fields"] = ",".join(fields)
            answer = list(token_pages(self._client, path, query))
            self._last[path] = (question, answer)
        return answer


class Lookup:
    """Collects distinct values and asks for their records when a call is full."""

    def __init__(
        self, answers: Answers, path: str, filter_type: str, fields: Sequence[str]
    ) -> None:
        """Begin without values.

        Args:
            answers: Who asks.
            path: From the root of the instance.
            filter_type: Name of the field that has the values.
            fields: What to read of each record; Marketo's default when empty.
        """
        self._answers = answers
        self._question = (path, filter_type)
        self._fields = fields
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._waiting: list[str] = []
        self._unaskable = 0

    def of(self, values: Iterable[str | None]) -> Iterator[Row]:
        """Take values.

        Args:
            values: Repeated or missing ones cost nothing.

        Yields:
            Records, as soon as a call is full.

        Raises:
            ResponseError: A call failed.
        """
        for value in values:
            if not value or value in self._asked:
                continue
            self._asked[value] = None
            if len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
            if "," in value:
                self._unaskable += 1
                continue
            self._waiting.append(value)
            if len(self._waiting) == VALUES_A_CALL:
                yield from self.rest()

    def rest(self) -> Iterator[Row]:
        """Ask for what is waiting.

        Yields:
            Records.

        Raises:
            ResponseError: A call failed.
        """
        values, self._waiting = self._waiting, []
        if values:
            path, filter_type = self._question
            yield from self._answers.to(path, filter_type, values, self._fields)

    def take_unaskable(self) -> int:
        """How many values hold a comma, which Marketo's list of values cannot, since asked last."""
        count, self._unaskable = self._unaskable, 0
        return count
