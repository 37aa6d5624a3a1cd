"""HTTP client for a Marketo instance with authentication, throttling and retries."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter

from tap_marketo.client.address import instance_url
from tap_marketo.client.auth import TokenAuth, token_refused
from tap_marketo.client.clock import InstanceClock
from tap_marketo.client.connection import connection_error
from tap_marketo.client.envelope import Reply, read_envelope
from tap_marketo.client.errors import (
    DailyCallsSpentError,
    OutcomeUnknownError,
    RateLimitError,
    RetryableError,
    TokenRejectedError,
)
from tap_marketo.client.redaction import redact_http_logs
from tap_marketo.client.retry import MAX_TRIES, TOKEN_PAUSES, QuotaAwaitedError, RetryPolicy
from tap_marketo.client.throttle import PERIOD, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pendulum
    from typing_extensions import Self

logger = logging.getLogger("tap-marketo")

CONNECT_TIMEOUT = 10.0
# Marketo gives up on most calls after 30 or 60 s, on assets and paging tokens after 300 s.
READ_TIMEOUT = 75.0
SLOW_READ_TIMEOUT = 310.0
T = TypeVar("T")

# Longer queries are sent as a form with `_method=GET`; see rest-api.md and error-codes.md.
LONGEST_QUERY = 7000
AS_GET = {"_method": "GET"}
WITHOUT_PERMISSION = "/rest/v1/stats/"
SLOW_PATHS = ("/rest/asset/", "/rest/v1/activities/pagingtoken.json")


class _ThrottledAdapter(HTTPAdapter):
    """Counts and delays every request, including retries."""

    def __init__(self, throttle: Throttle, clock: InstanceClock) -> None:
        self._throttle = throttle
        self._clock = clock
        super().__init__(pool_maxsize=16)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        *args: Any,
        **kwargs: Any,
    ) -> requests.Response:
        if stream:  # the caller keeps the slot until the body is read
            self._throttle.wait_turn()
            response = super().send(request, True, *args, **kwargs)  # noqa: FBT003
        else:
            # Wait for the slot first, because the rate limit counts calls when they are sent.
            with self._throttle.in_flight():
                self._throttle.wait_turn()
                response = super().send(request, False, *args, **kwargs)  # noqa: FBT003
                _ = response.content  # the call is in flight until its body has arrived
        self._clock.observe(response.headers.get("Date"))
        return response


class MarketoClient:
    """Client for the REST and bulk APIs of an instance; safe to share between threads.

    As a context manager, it closes the connections at the end.

    ```python
    with MarketoClient("https://123-ABC-456.mktorest.com", client_id, client_secret) as client:
        for program in offset_pages(client, "/rest/asset/v1/programs.json"):
            print(program["name"])
    ```

    Attributes:
        base_url: Scheme and host of the instance.
        clock: Clock of the instance.
        throttle: Throttle, which also counts the calls.
        auth: Access token and its renewal.
        has_read: Whether any call that needs a permission succeeded.

    Source: rest-api.md
    """

    def __init__(  # noqa: PLR0913 - three are needed, the others have defaults
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        max_calls_per_20_seconds: int = 50,
        max_concurrent_calls: int = 5,
        waits_for_quota: bool = False,
        max_tries: int = MAX_TRIES,
        user_agent: str = "tap-marketo",
    ) -> None:
        """Create a client without making a call.

        Args:
            base_url: `https://{munchkin id}.mktorest.com`, with or without `/rest` or `/identity`.
            client_id: Client id of the custom service.
            client_secret: Client secret of the custom service.
            max_calls_per_20_seconds: Maximum calls within 20 seconds, of the instance's 100.
            max_concurrent_calls: Maximum concurrent calls, of the instance's 10.
            waits_for_quota: Whether to wait for the reset when the daily call limit is reached.
            max_tries: Maximum attempts of a call that fails temporarily, including the first.
            user_agent: Value of the `User-Agent` header.

        Raises:
            ValueError: `base_url` is not the address of an instance, or not https.
        """
        redact_http_logs()
        self.waits_for_quota = waits_for_quota
        self._most_calls: int | None = None
        self._count_calls_at: pendulum.DateTime | None = None
        self._is_counting = False
        self._counting = threading.RLock()
        self.max_tries = max_tries
        self.has_read = False
        self._remembered: dict[str, Reply] = {}
        self.base_url = instance_url(base_url)
        self.clock = InstanceClock()
        self.throttle = Throttle(max_calls_per_20_seconds, max_concurrent_calls)
        self.session = requests.Session()
        self.session.headers["User-Agent"] = user_agent
        adapter = _ThrottledAdapter(self.throttle, self.clock)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)
        self._identity_session = requests.Session()
        self._identity_session.hooks["response"].append(self._observe)
        self.auth = TokenAuth(
            f"{self.base_url}/identity",
            client_id,
            client_secret,
            session=self._identity_session,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        )
        self.session.auth = self.auth
        self._retry_policy = RetryPolicy(max_tries, self.throttle.sleep, self.auth.lingering)

    @classmethod
    def from_env(cls, prefix: str = "TAP_MARKETO_", **options: Any) -> Self:
        """Create a client with the credentials in environment variables.

        Args:
            prefix: Prefix of the variables `BASE_URL`, `CLIENT_ID` and `CLIENT_SECRET`.
            options: Further arguments of `MarketoClient`.

        Returns:
            The client.

        Raises:
            ValueError: A variable is not set, or the address is invalid.
        """
        names = [f"{prefix}{name}" for name in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET")]
        missing = [name for name in names if not os.environ.get(name)]
        if missing:
            raise ValueError(f"Set the environment variables {', '.join(missing)}")
        return cls(*(os.environ[name] for name in names), **options)

    def __repr__(self) -> str:
        """Return the address without credentials."""
        return f"{type(self).__name__}({self.base_url!r})"

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections; the token remains valid until it expires."""
        self.session.close()
        self._identity_session.close()

    def sign_in(self) -> None:
        """Fetch a token now, which checks the credentials and adjusts `clock`.

        Raises:
            IdentityError: No token was returned: client id or secret is wrong.
            UnavailableError: The identity endpoint cannot be reached or failed temporarily.
        """
        self._retry_policy.call(self.auth.token)

    def _observe(self, response: requests.Response, **_: object) -> None:
        self.clock.observe(response.headers.get("Date"))

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        needs_result: bool = False,
        remember: bool = False,
    ) -> Reply:
        """Read a resource.

        Args:
            path: Path of the endpoint, for example `/rest/v1/leads/describe2.json`.
            params: Query parameters, without credentials. A query that is too long for a URL is
                sent as a form.
            headers: Further headers.
            needs_result: Whether to repeat the call if its answer has no `result`.
            remember: Whether to cache the answer in the client, if there are no `params`.

        Returns:
            The successful answer.

        Raises:
            ResponseError: Marketo's error, after retries if it may pass.
            IdentityError: No token was returned: client id or secret is wrong.
        """
        if remember and not params:
            if path not in self._remembered:
                self._remembered[path] = self.get(path, needs_result=needs_result)
            return self._remembered[path]
        options: dict[str, Any] = {"headers": headers, "needs_result": needs_result}
        if is_long(params):
            return self.request("POST", path, params=AS_GET, data=params, **options)
        return self.request("GET", path, params=params, **options)

    def post(
        self,
        path: str,
        json: Any = None,
        *,
        data: Mapping[str, Any] | None = None,
        repeatable: bool = False,
        needs_result: bool = False,
    ) -> Reply:
        """Write to a resource.

        A write is repeated only if it took no effect: Marketo refused it because of a limit
        (606, 607, 615) or an old token, or no connection was possible.

        Args:
            path: Path of the endpoint.
            json: JSON body, for the lead database and bulk APIs.
            data: Form, for the asset API.
            repeatable: Whether the write can safely be repeated like a read.
            needs_result: Whether an answer without `result` is a temporary failure.

        Returns:
            The successful answer. Each record of a list has its own `status`.

        Raises:
            OutcomeUnknownError: The write may or may not have taken effect; check before repeating.
            ResponseError: Marketo's error; the write took no effect.
            IdentityError: No token was returned: client id or secret is wrong.
        """
        return self.request(
            "POST", path, repeatable=repeatable, needs_result=needs_result, json=json, data=data
        )

    def limit_calls_today(self, most: int) -> None:
        """Stop making calls once all integrations together have made this many today.

        Args:
            most: Maximum calls a day of all integrations.

        Raises:
            ResponseError: The usage statistics cannot be read.

        Source: usage.md
        """
        with self._counting:
            self._most_calls = most
            self.throttle.budget = None
            self._is_counting = True
            try:
                today = self.get("/rest/v1/stats/usage.json").result
            finally:
                self._is_counting = False
                self._count_calls_at = self.clock.quota_reset()
            used = int(today[0].get("total", 0)) if today else 0
            self.throttle.budget = max(0, most - used) + self.throttle.calls

    def _count_new_day(self) -> None:
        """Read the usage again after the reset of the daily limits."""
        if self._most_calls is None:
            return
        with self._counting:
            at = self._count_calls_at
            # The call that reads the usage may itself wait for the reset or for a new token.
            if at and not self._is_counting and self.clock.now() >= at:
                self.limit_calls_today(self._most_calls)

    def request(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool | None = None,
        needs_result: bool = False,
        **kwargs: Any,
    ) -> Reply:
        """Make a call and read its envelope; see `get` and `post`.

        Args:
            method: HTTP method.
            path: Path of the endpoint.
            repeatable: Whether the call can safely be repeated; by default only a read can.
            needs_result: As for `get`.
            kwargs: Arguments of `requests.Session.request`: `params`, `json`, `data`, `headers`.
        """
        is_write = not _is_read(method, kwargs)
        read = partial(read_envelope, is_write=is_write, needs_result=needs_result)
        return self.call(method, path, read, repeatable=repeatable, **kwargs)

    def call(
        self,
        method: str,
        path: str,
        read: Callable[[requests.Response], T],
        *,
        repeatable: bool | None = None,
        **kwargs: Any,
    ) -> T:
        """Make a call whose answer has no envelope, as in the user service.

        Args:
            method: HTTP method.
            path: Path of the endpoint.
            read: Function that returns the result of an answer or raises its error.
            repeatable: As for `request`.
            kwargs: As for `request`.
        """
        if repeatable is None:
            repeatable = _is_read(method, kwargs)

        def once() -> T:
            try:
                return self._call(method, path, read, **kwargs)
            except QuotaAwaitedError:
                raise
            except RetryableError as error:
                if repeatable or not error.was_sent:
                    raise
                raise _outcome_unknown(path, error) from None

        result = self._retry_policy.call(once)
        self.has_read = self.has_read or not path.startswith(WITHOUT_PERMISSION)
        return result

    def _call(
        self, method: str, path: str, read: Callable[[requests.Response], T], **kwargs: Any
    ) -> T:
        self._count_new_day()
        timeout = SLOW_READ_TIMEOUT if path.startswith(SLOW_PATHS) else READ_TIMEOUT
        with self.errors_of(path):
            response = self.session.request(
                method, self.base_url + path, timeout=(CONNECT_TIMEOUT, timeout), **kwargs
            )
            try:
                return read(response)
            except TokenRejectedError:
                self.auth.forget_token_of(response.request)
                raise

    @contextmanager
    def stream(self, path: str, *, offset: int = 0) -> Iterator[requests.Response]:
        """Open a file of the bulk API as a stream, without retries.

        Args:
            path: Path of the file.
            offset: First byte to read; if it is not 0, the request has a `Range` header.

        Yields:
            The response with any status, its body unread.

        Raises:
            UnavailableError: The connection failed, before or while the body was read.
            CredentialsError: Client id or secret is wrong.
        """
        self._count_new_day()
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        with ExitStack() as opened:
            opened.enter_context(self.throttle.in_flight())
            opened.enter_context(self.errors_of(path))
            for pause in (*TOKEN_PAUSES, None):
                response = opened.enter_context(
                    self.session.get(
                        self.base_url + path,
                        headers=headers,
                        stream=True,
                        timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                    )
                )
                if pause is None or not token_refused(response):
                    break
                self.auth.forget_token_of(response.request)
                response.close()
                self.throttle.sleep(max(pause, self.auth.lingering()))
            yield response

    @contextmanager
    def errors_of(self, path: str) -> Iterator[None]:
        """Convert exceptions of requests, which quote the URL, and handle exceeded limits.

        Args:
            path: Path of the call.

        Raises:
            UnavailableError: The connection failed.
        """
        try:
            yield
        except requests.RequestException as error:
            raise connection_error(path, error) from None
        except RateLimitError:
            self.throttle.pause(PERIOD)
            raise
        except DailyCallsSpentError as error:
            if not self.waits_for_quota:
                reset = self.clock.quota_reset_text()
                error.hint = f"{error.hint} The limit resets at {reset}.".strip()
                raise
            until = self.clock.worth_asking_at()
            logger.warning("%s Waiting until %s UTC.", error, until.format("YYYY-MM-DD HH:mm"))
            self.throttle.pause((until - self.clock.now()).total_seconds())
            self.throttle.budget = None
            self._count_calls_at = self.clock.now()
            raise QuotaAwaitedError(error.reason, code=error.code).not_sent() from None


def _is_read(method: str, kwargs: Mapping[str, Any]) -> bool:
    """Return whether a call is a read, which includes a form with `_method=GET`."""
    return method == "GET" or (kwargs.get("params") or {}).get("_method") == "GET"


def is_long(params: Mapping[str, Any] | None) -> bool:
    """Return whether a query is too long for a URL and is sent as a form.

    Args:
        params: Query parameters.

    Source: rest-api.md
    """
    return len(urlencode(params or {})) > LONGEST_QUERY


def _outcome_unknown(path: str, error: RetryableError) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{path}: {error.reason}",
        code=error.code,
        request_id=error.request_id,
        hint="The write may or may not have taken effect; check before you repeat it.",
    )
