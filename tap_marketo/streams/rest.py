"""Streams that page through the REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream

from tap_marketo.bulk.values import to_datetime
from tap_marketo.client.api import SLOW_READ_TIMEOUT
from tap_marketo.client.envelope import read_envelope
from tap_marketo.client.retry import retrying
from tap_marketo.schemas.names import field_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from requests.auth import AuthBase
    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.tap import TapMarketo


class MarketoStream(RESTStream[str]):
    """A list of the REST API: our session, authentication, errors and repetitions.

    A stream declares `name`, `path`, `primary_keys` and `api_schema`.
    """

    records_jsonpath = "$.result[*]"
    api_schema: dict[str, Any]
    """JSON Schema of a record, in API names."""
    api_keys: tuple[str, ...]

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

    def validate_response(self, response: requests.Response) -> None:
        """Raise the typed error of an answer, whatever its HTTP status."""
        read_envelope(response)

    def request_decorator(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Repeat as the client does."""

        @retrying
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.tap.client.errors_of(self.path):
                return func(*args, **kwargs)

        return call

    def post_process(self, row: Record, context: Context | None = None) -> Record | None:  # noqa: ARG002
        """Keep the columns of the schema, under their names; dates in one spelling."""
        properties = self.api_schema["properties"]
        return {
            column: to_datetime(row[name])
            if properties[name].get("format") == "date-time"
            else row[name]
            for name, column in self._names.items()
            if name in row
        }
