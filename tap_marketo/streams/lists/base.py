"""A REST stream is a few declared lines: path, paging, key, what changes it, types, permission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pendulum
from singer_sdk import RESTStream

from tap_marketo.client.api import SLOW_READ_TIMEOUT
from tap_marketo.client.envelope import read_envelope
from tap_marketo.client.errors import (
    AccessDeniedError,
    FeatureUnavailableError,
    MarketoError,
    NotFoundError,
    ResponseError,
)
from tap_marketo.client.retry import retrying
from tap_marketo.streams.lists.paging import SINGLE, Paging
from tap_marketo.values.names import field_columns
from tap_marketo.values.schema import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    import requests
    from requests.auth import AuthBase
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.pagination import BaseAPIPaginator

    from tap_marketo.tap import TapMarketo

# A single asset that cannot be read: content that the API does not give out, lost folders.
UNREADABLE = frozenset({"709", "710", "711"})
MISSING = "1013"


@dataclass(frozen=True)
class Changed:
    """How a list tells what has changed.

    Attributes:
        column: API name of the time of the last change.
        since: Query parameter with the earliest of these times.
        until: Query parameter with the latest.
    """

    column: str
    since: str
    until: str


UPDATED = Changed("updatedAt", "earliestUpdatedAt", "latestUpdatedAt")


def moment(text: str) -> pendulum.DateTime:
    """Read a bookmark.

    Args:
        text: RFC 3339.
    """
    return pendulum.instance(datetime.fromisoformat(text.replace("Z", "+00:00")))


class MarketoStream(RESTStream[Any]):
    """A list of the REST API: our session, authentication, errors and repetitions.

    A stream declares `name`, `path`, `api_keys`, `api_schema` and what of the following differs.
    A child stream adds the SDK's `parent_stream_type`, and its parent `child_fields`.
    """

    records_jsonpath = "$.result[*]"
    api_schema: dict[str, Any]
    """JSON Schema of a record, in API names."""
    api_keys: ClassVar[tuple[str, ...]]
    paging: ClassVar[Paging] = SINGLE
    changes: ClassVar[Literal["", "server", "client"]] = ""
    """Who leaves out what has not changed since the bookmark: Marketo or we."""
    changed: ClassVar[Changed] = UPDATED
    """What tells of a change."""
    parameters: ClassVar[tuple[tuple[str, Any], ...]] = ()
    """Further query parameters."""
    permission: str = "Read-Only Asset"
    """What the role of the API user needs."""
    asks_alone: ClassVar[bool] = True
    """Whether path and parameters are all that a call needs."""
    calls: ClassVar[str] = ""
    """What a run costs in API calls, where the paging does not say it."""
    child_fields: ClassVar[tuple[str, ...]] = ()
    """API names of the columns that child streams need."""
    from_parent: ClassVar[tuple[tuple[str, str], ...]] = ()
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
        if self.changes:
            self.replication_key = self._names[self.changed.column]
        if self.parent_stream_type:
            # The parent's bookmark is the place to go on from; one for each parent would swell.
            self.state_partitioning_keys = []
        self.left_out: set[object] = set()
        self._failed = False
        self._answered = False
        self._since = ""
        self._schema_written = False
        self._unfit: set[str] = set()

    @property
    def url_base(self) -> str:
        """The instance."""
        return self.tap.client.base_url

    @property
    def requests_session(self) -> requests.Session:
        """The one session of the tap, with its throttle."""
        return self.tap.client.session

    @property
    def authenticator(self) -> AuthBase:
        """The one token of the tap."""
        return self.tap.client.auth

    @property
    def timeout(self) -> int:
        """Seconds; Marketo itself gives up after 300 on its slowest endpoints."""
        return int(SLOW_READ_TIMEOUT)

    def get_new_paginator(self) -> BaseAPIPaginator[Any]:
        """One for each list."""
        return self.paging.paginator()

    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        """The query of a page."""
        del context
        query = {**dict(self.parameters), **self.paging.query(next_page_token)}
        if self.changes == "server" and (since := self._since):
            now = self.tap.client.clock.now().in_timezone("UTC").start_of("second")
            query[self.changed.since] = since
            # Marketo wants both ends, in order.
            query[self.changed.until] = max(f"{now.isoformat()[:19]}Z", since)
        return query

    def _begin_since(self, context: Context | None) -> str:
        """The bookmark less the lookback, RFC 3339 in UTC; empty to read everything.

        A child stream that was never filled needs all records of its parent once.
        """
        bookmark = self.get_context_state(context).get("replication_key_value")
        if self.replication_method != "INCREMENTAL" or not bookmark:
            return ""
        if any(not child.stream_state.get("filled") for child in self._selected_children()):
            return ""
        back = moment(bookmark) - timedelta(seconds=self.tap.settings.lookback_seconds)
        return f"{back.isoformat()[:19]}Z"

    def _selected_children(self) -> list[MarketoStream]:
        return [
            child
            for child in self.child_streams
            if isinstance(child, MarketoStream)
            and (child.selected or child.has_selected_descendents)
        ]

    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, Any]:
        """Sync; after an error the other lists go on. That of a child is its parent's, too."""
        try:
            yield from super()._sync_records(context, write_messages=write_messages)
        except MarketoError as error:
            if context is not None or self.tap.plan.is_dry_run:
                raise
            self.tap.go_on_without(self.name, error)
            self._failed = True

    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """Move the bookmark to the newest record, unless records are missing."""
        if not self._failed:
            super().finalize_state_progress_markers(state)

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """The records; of a list that the API user may not read, none and one warning.

        Raises:
            ResponseError: A page failed; what came before it is not the whole list.
        """
        place = self._place(context)
        if place in self.left_out:
            return
        self._since = self._begin_since(context)
        try:
            yield from super().get_records(context)
        except (AccessDeniedError, FeatureUnavailableError, NotFoundError) as error:
            if not self._may_leave_out(context, error):
                self._without_one(error, skip=isinstance(error, NotFoundError) and bool(context))
                return
            self.left_out.add(place)
            self.tap.leave_out(self.name, self.permission, error)
        except ResponseError as error:
            self._without_one(error, skip=error.code in UNREADABLE and bool(context))
        else:
            self._note_filled_children(context)

    def _place(self, context: Context | None) -> object:
        """What is left out together: the whole stream, or one kind of the records in it."""
        del context
        return None

    def _may_leave_out(self, context: Context | None, error: ResponseError) -> bool:
        """Whether the user or the instance lacks all of it, not a single record or page."""
        if error.code == MISSING and context is not None:  # this parent was deleted meanwhile
            return False
        return not self._answered or self._place(context) is not None

    def _without_one(self, error: ResponseError, *, skip: bool) -> None:
        if not skip:
            raise error.about(stream=self.name) from None
        self.logger.warning("Left out one record of %s. %s", self.name, error)

    def _note_filled_children(self, context: Context | None) -> None:
        if context is not None and (self.parent_stream_type or context != self._last_partition()):
            return
        for child in self._selected_children():
            if not child.left_out:
                child.stream_state["filled"] = True
                child.state_manager.is_flushed = False

    def _last_partition(self) -> Context | None:
        partitions = self.partitions
        return partitions[-1] if partitions else None

    def get_child_context(self, record: Record, context: Context | None) -> Context | None:
        """What child streams need of a record."""
        inherited = dict(context or {})
        return {**inherited, **{name: record.get(self._names[name]) for name in self.child_fields}}

    def validate_response(self, response: requests.Response) -> None:
        """Raise the typed error of an answer, whatever its HTTP status."""
        read_envelope(response)
        self._answered = True
        # Export jobs go on while lists are read, and wait for their ids to stand in the state.
        self.tap.plan.queue.record_jobs()

    def _write_schema_message(self) -> None:
        # Once, not for each parent again.
        if not self._schema_written:
            self._schema_written = True
            super()._write_schema_message()

    def request_decorator(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Repeat as the client does."""

        @retrying
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.tap.client.errors_of(self.path):
                return func(*args, **kwargs)

        return call

    def post_process(self, row: Record, context: Context | None = None) -> Record | None:
        """Keep the columns of the schema, under their names and of their types."""
        values = dict(row)
        for name, source in self.from_parent:
            values[name] = (context or {}).get(source)
        typed = fit(values, self.api_schema, self._tell_unfit)
        if self.changes == "client" and self._is_old(typed.get(self.changed.column)):
            return None
        return {self._names[name]: value for name, value in typed.items()}

    def _is_old(self, updated: str | None) -> bool:
        return updated is not None and updated < self._since

    def _tell_unfit(self, name: str) -> None:
        if name not in self._unfit:
            self._unfit.add(name)
            self.logger.warning("%s: a value of %s does not fit its type: null.", self.name, name)
