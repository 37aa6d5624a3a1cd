"""A list stream is a few declared lines: path, paging, key, cursor, types, permissions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.errors import SKIPPABLE, NotFoundError, ResponseError
from tap_marketo.client.paging import Paging, first_page, pages
from tap_marketo.outcome import CONCERNS_ALL, ChildFailedError
from tap_marketo.sdk import TapStream
from tap_marketo.values.names import field_columns
from tap_marketo.values.schema import fit
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.client import Reply
    from tap_marketo.tap import TapMarketo

# A single asset that cannot be read: content that the API does not give out, lost folders.
UNREADABLE = frozenset({"709", "710", "711"})
MISSING = "1013"
# Where a stream with children stands: each was filled from all parents once.
FILLED = "filled"
CHANGED = "updatedAt"
READ_WHOLE = "read_whole_at"


@dataclass(frozen=True)
class Cursor:
    """How a list shows what has changed.

    Attributes:
        column: API name of the time of the last change.
        since: Query parameter with the earliest of these times; empty where Marketo has none, so
            that the tap drops older records itself.
        until: Query parameter with the latest.
    """

    column: str
    since: str = ""
    until: str = ""


UPDATED = Cursor("updatedAt", "earliestUpdatedAt", "latestUpdatedAt")
FILTERED = Cursor("updatedAt")


class MarketoStream(TapStream):
    """A list of the REST API, read through the client.

    A stream declares `name`, `path`, `api_keys`, `api_schema` and what of the following differs.
    A child stream adds the SDK's `parent_stream_type`, and its parent `child_fields`.
    """

    path: ClassVar[str]
    """From the root of the instance; `{column}` is taken from the parent's record."""
    api_schema: dict[str, Any]
    """JSON Schema of a record, in API names."""
    api_keys: ClassVar[tuple[str, ...]]
    paging: ClassVar[Paging] = Paging.SINGLE
    within: ClassVar[str] = ""
    """Name of the list in each item that holds the records; empty where the item is the record."""
    is_array: ClassVar[bool] = False
    """Whether answers are bare arrays."""
    headers: ClassVar[Mapping[str, str] | None] = None
    """Further headers."""
    is_description: ClassVar[bool] = False
    """Whether discovery asks the same, so that one call serves both."""
    cursor: ClassVar[Cursor | None] = None
    """What shows a change; None for a list that is read whole."""
    parameters: ClassVar[tuple[tuple[str, Any], ...]] = ()
    """Further query parameters."""
    permissions: tuple[str, ...] = ("Read-Only Asset",)
    """What the role of the API user needs."""
    needs_no_context: ClassVar[bool] = True
    """Whether path and parameters are all that a call needs."""
    calls: ClassVar[str] = ""
    """What a run costs in API calls, where the paging does not say it."""
    shows_no_changes: ClassVar[bool] = False
    """Whether its records change without their parent: see `full_lists_interval_hours`."""
    child_fields: ClassVar[tuple[str, ...]] = ()
    """API names of the columns that child streams need."""
    parent_columns: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Columns taken from the parent's record: own API name to the parent's."""

    def __init__(self, tap: TapMarketo) -> None:
        """Name the columns.

        Args:
            tap: With its settings and client.
        """
        self.tap = tap
        properties = self.api_schema["properties"]
        self._names = field_columns(properties, renamed=tap.settings.snake_case)
        schema = {
            "type": "object",
            "properties": {self._names[name]: properties[name] for name in properties},
        }
        super().__init__(tap=tap, schema=schema)
        self.primary_keys = [self._names[name] for name in self.api_keys]
        if self.cursor:
            self.replication_key = self._names[self.cursor.column]
        if self.parent_stream_type:
            # The parent's bookmark is the place to go on from; one for each parent would swell.
            self.state_partitioning_keys = []
        self.skipped: set[object] = set()
        self.is_failed = False
        self._has_answered = False
        self._since = self._began_at = ""
        self._unfit: set[str] = set()
        self._keyless = 0
        self._asked: dict[object, Future[Reply]] = {}

    @property
    def permission(self) -> str:
        """What the role of the API user needs, in words."""
        return in_words(self.permissions)

    def query(self, context: Context | None) -> dict[str, Any]:
        """The query of a list, without its pages.

        Args:
            context: Of the parent's record or of the partition.
        """
        del context
        query = dict(self.parameters)
        if self.cursor and self.cursor.since and self._since:
            now = self.tap.client.clock.now().in_timezone("UTC").start_of("second")
            # Marketo wants both ends, in order, and refuses equal ones.
            query[self.cursor.since] = min(self._since, rfc3339(now.subtract(seconds=1)))
            query[self.cursor.until] = rfc3339(now)
        return query

    def url_path(self, context: Context | None) -> str:
        """The path of a list.

        Args:
            context: Of the parent's record or of the partition.
        """
        return self.path.format(**(context or {}))

    def items(self, page: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        """The records in a page.

        Args:
            page: Items of `result`.
        """
        if not self.within:
            return page
        return (
            one for item in page for one in item.get(self.within) or () if isinstance(one, dict)
        )

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """A record with its values where the schema has them; unchanged by default.

        Args:
            row: As Marketo gives it.
            context: Of the parent's record or of the partition.
        """
        del context
        return row

    def record(self, row: dict[str, Any], context: Context | None) -> Record | None:
        """A record of the stream; None for one that is older than the bookmark or has no key.

        Args:
            row: As Marketo gives it.
            context: Of the parent's record or of the partition.
        """
        values = dict(self.prepared(row, context))
        for name, source in self.parent_columns:
            values[name] = (context or {}).get(source)
        typed = fit(values, self.api_schema, self._note_unfit)
        if any(typed.get(name) is None for name in self.api_keys):
            self._keyless += 1
            return None
        if self.cursor and not self.cursor.since and self._is_old(typed.get(self.cursor.column)):
            return None
        return {self._names[name]: value for name, value in typed.items()}

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """The records; of a list that the API user may not read, none and one warning.

        Raises:
            ResponseError: A page failed; what came before it is not the whole list.
        """
        if not self._is_asked(context):
            return
        self._began_at = self._began_at or rfc3339(self.tap.client.clock.now())
        try:
            self._since = self._begin_since(context)
            yield from self._read(context)
        except SKIPPABLE as error:
            self._skip(context, error)
        except ResponseError as error:
            if error.code in UNREADABLE and context:
                self._skip_one(error)
                return
            self._fail(error.with_context(stream=self.name))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this stream's alone
            self._fail(error)
        else:
            self._end(context)

    def _read(self, context: Context | None) -> Iterator[Record]:
        for page in self._pages(context):
            self._has_answered = True
            # Export jobs go on while lists are read, and wait for their ids to be in the state.
            self.tap.plan.write_ready()
            found = (self.record(one, context) for one in self.items(page))
            rows = [one for one in found if one is not None]
            yield from self._asking_ahead(rows, context)

    def _pages(self, context: Context | None) -> Iterator[list[dict[str, Any]]]:
        asked = self._asked.pop(_key(context), None)
        first = asked.result if asked else None
        if self.is_description:
            first = partial(self.tap.client.get, self.path, remember=True)
        return pages(
            self.tap.client,
            self.url_path(context),
            self.query(context),
            paging=self.paging,
            headers=self.headers,
            is_array=self.is_array,
            first=first,
        )

    def all_items(self) -> Iterator[dict[str, Any]]:
        """The records of a list without parents, as Marketo gives them."""
        for page in self._pages(None):
            yield from self.items(page)

    def ask_ahead(self, context: Context, asked: dict[object, Future[Reply]]) -> None:
        """Ask for the first page of a parent's records in the background.

        Args:
            context: Of the parent's record.
            asked: What was asked for this record already: streams with one question share it.
        """
        if not self._is_asked(context):
            return
        path, query = self.url_path(context), self.query(context)
        question = (path, _key(query))
        if question not in asked:
            asked[question] = self.tap.background.submit(
                first_page,
                self.tap.client,
                path,
                query,
                paging=self.paging,
                headers=self.headers,
                is_array=self.is_array,
            )
        self._asked[_key(context)] = asked[question]

    def _asking_ahead(self, rows: list[Record], context: Context | None) -> Iterator[Record]:
        """Yield rows, while their child streams' first pages are asked for some rows ahead."""
        children = self._selected_children()
        if not children or self.ABORT_AT_RECORD_COUNT is not None:
            yield from rows
            return
        ahead, asked = self.tap.settings.max_concurrent_calls, 0
        try:
            for place, row in enumerate(rows):
                while asked < min(len(rows), place + ahead):
                    self._ask_children(children, rows[asked], context)
                    asked += 1
                yield row
        finally:
            for child in children:
                child.drop_asked()

    def _ask_children(
        self, children: list[MarketoStream], row: Record, context: Context | None
    ) -> None:
        if not self.stream_maps[0].get_filter_result(row):
            return
        asked: dict[object, Future[Reply]] = {}
        for child_context in self.generate_child_contexts(row, context):
            for child in children:
                child.ask_ahead(child_context or {}, asked)

    def drop_asked(self) -> None:
        """Forget what was asked ahead and is not read."""
        for one in self._asked.values():
            one.cancel()
        self._asked.clear()

    def _begin_since(self, context: Context | None) -> str:
        """The bookmark less the lookback, RFC 3339 in UTC; empty to read everything.

        A child stream that was never filled needs all records of its parent once.
        """
        bookmark = self.get_context_state(context).get("replication_key_value")
        if self.replication_method != "INCREMENTAL" or not bookmark:
            return ""
        if any(not child.stream_state.get(FILLED) for child in self.selected_descendants()):
            return ""
        back = timedelta(seconds=self.tap.settings.lookback_seconds or 0)
        return rfc3339(parse_timestamp(bookmark) - back)

    def generate_child_contexts(
        self, record: Record, context: Context | None
    ) -> Iterable[Context | None]:
        """The context of child streams, unless a record has none."""
        child_context = self.get_child_context(record, context)
        if child_context is not None:
            yield child_context

    def selected_descendants(self) -> list[MarketoStream]:
        """The selected streams below this one."""
        children = self._selected_children()
        return [*children, *(one for child in children for one in child.selected_descendants())]

    def _selected_children(self) -> list[MarketoStream]:
        return [
            child
            for child in self.child_streams
            if isinstance(child, MarketoStream)
            and (child.selected or child.has_selected_descendents)
        ]

    def _is_asked(self, context: Context | None) -> bool:
        """Whether to read the records of a parent."""
        if self.is_failed or self._place(context) in self.skipped:
            return False
        changed = (context or {}).get(CHANGED)
        return self.is_due or changed is None or str(changed) >= self.stream_state[READ_WHOLE]

    @cached_property
    def is_due(self) -> bool:
        """Whether this run reads the stream for every parent."""
        hours, read_at = (
            self.tap.settings.full_lists_interval_hours,
            self.stream_state.get(READ_WHOLE),
        )
        if not (self.shows_no_changes and hours and read_at):
            return True
        now = self.tap.client.clock.now()
        return parse_timestamp(read_at) <= now - timedelta(hours=hours)

    def _place(self, context: Context | None) -> object:
        """What is skipped together: the whole stream, or one kind of the records in it."""
        del context
        return None

    def _skip(self, context: Context | None, error: ResponseError) -> None:
        if self._lacks_all(context, error):
            self.skipped.add(self._place(context))
            self.tap.outcome.skip_stream(self.name, self.permissions, error)
        elif isinstance(error, NotFoundError) and context:
            self._skip_one(error)
        else:
            self._fail(error.with_context(stream=self.name))

    def _lacks_all(self, context: Context | None, error: ResponseError) -> bool:
        """Whether the user or the instance lacks all of it, not a single record or page."""
        if error.code == MISSING and context is not None:  # this parent was deleted meanwhile
            return False
        return not self._has_answered or self._place(context) is not None

    def _skip_one(self, error: ResponseError) -> None:
        self.logger.warning("Skipped one record of %s. %s", self.name, error)

    def _fail(self, error: Exception) -> None:
        """Fail this stream; of a child stream, the parent and its other children go on."""
        if self.parent_stream_type is None or isinstance(error, CONCERNS_ALL):
            raise error
        self.is_failed = True
        self.tap.outcome.stream_failed(self.name, error)

    def _end(self, context: Context | None) -> None:
        if self.parent_stream_type:
            return
        if context is not None and context != self._last_partition():
            return
        children = self.selected_descendants()
        for one in (self, *children):
            one.warn_of_keyless()
        if any(child.is_failed for child in children):
            raise ChildFailedError(self.name)
        for child in children:
            if not child.skipped:
                child.stream_state[FILLED] = True
                if child.shows_no_changes and child.is_due:
                    child.stream_state[READ_WHOLE] = self._began_at
                child.state_manager.is_flushed = False

    def _last_partition(self) -> Context | None:
        partitions = self.partitions
        return partitions[-1] if partitions else None

    def get_child_context(self, record: Record, context: Context | None) -> Context | None:
        """What child streams need of a record."""
        inherited = dict(context or {})
        own = {name: record.get(self._names[name]) for name in self.child_fields}
        if any(child.shows_no_changes for child in self._selected_children()):
            own[CHANGED] = record.get(self._names[CHANGED])
        return {**inherited, **own}

    def warn_of_keyless(self) -> None:
        """Log how many records had no key, once."""
        if self._keyless:
            self.logger.warning(
                "%s: %d records without their key (%s) were dropped.",
                self.name,
                self._keyless,
                ", ".join(self.api_keys),
            )
            self._keyless = 0

    def _is_old(self, updated: str | None) -> bool:
        return updated is not None and updated < self._since

    def _note_unfit(self, name: str) -> None:
        if name not in self._unfit:
            self._unfit.add(name)
            self.logger.warning("%s: a value of %s does not fit its type: null.", self.name, name)


def in_words(permissions: Iterable[str]) -> str:
    """Permissions as a sentence names them.

    Args:
        permissions: Their names; none gives `none`.
    """
    *others, last = tuple(permissions) or ("none",)
    return f"{', '.join(others)} and {last}" if others else last


def _key(context: Mapping[str, Any] | None) -> object:
    return tuple(sorted((name, str(value)) for name, value in (context or {}).items()))
