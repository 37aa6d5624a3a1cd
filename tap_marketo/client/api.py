"""One Marketo instance over HTTP: signed, throttled, repeated when it makes sense."""

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
from tap_marketo.client.retry import MAX_TRIES, TOKEN_PAUSES, Patience, QuotaAwaitedError
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
# What a caller reads of an answer.
T = TypeVar("T")

# A longer one is sent as a form, with `_method=GET`; see rest-api.md and error-codes.md.
LONGEST_QUERY = 7000
AS_GET = {"_method": "GET"}
WITHOUT_PERMISSION = "/rest/v1/stats/"
SLOW_PATHS = ("/rest/asset/", "/rest/v1/activities/pagingtoken.json")


class _ThrottledAdapter(HTTPAdapter):
    """Counts and delays every request that leaves, repetitions included."""

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
        if stream:  # whoever streams holds the slot until the body is read
            self._throttle.wait_turn()
            response = super().send(request, True, *args, **kwargs)  # noqa: FBT003
        else:
            # The slot first: a turn that waited for a slot would be taken at another time.
            with self._throttle.in_flight():
                self._throttle.wait_turn()
                response = super().send(request, False, *args, **kwargs)  # noqa: FBT003
                _ = response.content  # the call is in flight until its body has arrived
        self._clock.observe(response.headers.get("Date"))
        return response


class MarketoClient:
    """Calls of the REST and bulk APIs of one instance; safe to share between threads.

    A context manager: leaving it closes the connections.

    ```python
    with MarketoClient("https://123-ABC-456.mktorest.com", client_id, client_secret) as client:
        for program in offset_pages(client, "/rest/asset/v1/programs.json"):
            print(program["name"])
    ```

    Attributes:
        base_url: Scheme and host of the instance.
        clock: Follows the instance's time.
        throttle: Keeps to the limits, and counts the calls made.
        has_read: Whether any call succeeded that needs a permission.

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
        """Prepare a session; nothing is called yet.

        Args:
            base_url: `https://{munchkin id}.mktorest.com`, with or without `/rest` or `/identity`.
            client_id: Client id of the custom service.
            client_secret: Client secret of the custom service.
            max_calls_per_20_seconds: Own share of the instance's 100.
            max_concurrent_calls: Own share of the instance's 10.
            waits_for_quota: When the day's calls are used up, sleep until they are renewed.
            max_tries: How often to make a call that fails for the moment, the first included.
            user_agent: How the caller names itself.

        Raises:
            ValueError: `base_url` is no address of an instance, or not https.
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
        self._patience = Patience(max_tries, self.throttle.sleep, self.auth.lingering)

    @classmethod
    def from_env(cls, prefix: str = "TAP_MARKETO_", **how: Any) -> Self:
        """A client with the credentials of the environment.

        Args:
            prefix: Of the variables `BASE_URL`, `CLIENT_ID` and `CLIENT_SECRET`.
            how: Further arguments of `MarketoClient`.

        Returns:
            The client; nothing is called yet.

        Raises:
            ValueError: Variables are not set, or the address is none of an instance.
        """
        names = [f"{prefix}{name}" for name in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET")]
        missing = [name for name in names if not os.environ.get(name)]
        if missing:
            raise ValueError(f"Set {', '.join(missing)}")
        return cls(*(os.environ[name] for name in names), **how)

    def __repr__(self) -> str:
        """Names the instance, never the credentials."""
        return f"{type(self).__name__}({self.base_url!r})"

    def __enter__(self) -> Self:
        """Nothing is called yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections; the token stays good until it expires."""
        self.session.close()
        self._identity_session.close()

    def sign_in(self) -> None:
        """Fetch a token now, which checks the credentials and sets `clock` by Marketo's.

        Raises:
            IdentityError: There is no token: client id or secret is wrong.
            UnavailableError: The identity endpoint cannot be reached, or fails for the moment.
        """
        self._patience.call(self.auth.token)

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
            path: From the root of the instance, for example `/rest/v1/leads/describe2.json`.
            params: Query parameters; never credentials. A query that is too long for a URL is sent
                as a form.
            headers: Further headers.
            needs_result: An answer without `result` is a passing failure, and the call is repeated.
            remember: Make the call once for the life of the client, as for descriptions.

        Returns:
            The successful answer.

        Raises:
            ResponseError: Marketo's error, after repeating what is worth repeating.
            IdentityError: There is no token: client id or secret is wrong.
        """
        if remember and not params:
            if path not in self._remembered:
                self._remembered[path] = self.get(path, needs_result=needs_result)
            return self._remembered[path]
        how: dict[str, Any] = {"headers": headers, "needs_result": needs_result}
        if is_long(params):
            return self.request("POST", path, params=AS_GET, data=params, **how)
        return self.request("GET", path, params=params, **how)

    def post(
        self,
        path: str,
        json: Any = None,
        *,
        data: Mapping[str, Any] | None = None,
        repeatable: bool = False,
        needs_result: bool = False,
    ) -> Reply:
        """Write.

        A write is repeated only when it surely took no effect: Marketo refused it for a limit
        (606, 607, 615) or for an old token, or no connection came about.

        Args:
            path: From the root of the instance.
            json: A JSON body, as the lead database and bulk take it.
            data: A form, as assets take it.
            repeatable: Doing it twice does no harm, so repeat it as a read is repeated.
            needs_result: An answer without `result` is a passing failure, not a success.

        Returns:
            The successful answer. Of a list of records, each has a `status` of its own.

        Raises:
            OutcomeUnknownError: The write may have taken effect or not: look before repeating it.
            ResponseError: Marketo's error; the write took no effect.
            IdentityError: There is no token: client id or secret is wrong.
        """
        return self.request(
            "POST", path, repeatable=repeatable, needs_result=needs_result, json=json, data=data
        )

    def limit_calls_today(self, most: int) -> None:
        """Make no call once the instance has used so many today, by whomever.

        Args:
            most: Calls a day, of all integrations together.

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
        """Read what is used again, when another day has begun or a spent quota was waited for."""
        if self._most_calls is None:
            return
        with self._counting:
            at = self._count_calls_at
            # The call that counts may itself wait for another day, or for a new token.
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
        """Make one call and read its envelope; see `get` and `post`.

        Args:
            method: HTTP method.
            path: From the root of the instance.
            repeatable: Whether repeating it does no harm; by default that of a read does none.
            needs_result: As for `get`.
            kwargs: For `requests.Session.request`: `params`, `json`, `data`, `headers`.
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
        """Make one call whose answer is no envelope, as those of the user service.

        Args:
            method: HTTP method.
            path: From the root of the instance.
            read: Makes the result of the answer, or raises its error.
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

        result = self._patience.call(once)
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
        """Open a file of the bulk API for reading in pieces; not repeated, the caller resumes.

        Args:
            path: From the root of the instance.
            offset: First byte wanted; more than 0 asks for a `Range`.

        Yields:
            The response, whatever its status, with its body unread.

        Raises:
            UnavailableError: The connection broke, before or while the body was read.
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
        """Turn what a call may raise into our errors; an exception of requests quotes the URL.

        Args:
            path: What was called.

        Raises:
            UnavailableError: The connection broke.
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
                error.hint = f"{error.hint} The quota begins anew at {reset}.".strip()
                raise
            until = self.clock.worth_asking_at()
            logger.warning("%s Waiting until %s UTC.", error, until.format("YYYY-MM-DD HH:mm"))
            self.throttle.pause((until - self.clock.now()).total_seconds())
            self.throttle.budget = None
            self._count_calls_at = self.clock.now()
            raise QuotaAwaitedError(error.reason, code=error.code).not_sent() from None


def _is_read(method: str, kwargs: Mapping[str, Any]) -> bool:
    """Whether a call changes nothing; long queries are sent as a form, with `_method=GET`."""
    return method == "GET" or (kwargs.get("params") or {}).get("_method") == "GET"


def is_long(params: Mapping[str, Any] | None) -> bool:
    """Whether a query is too long for a URL, so that it travels as a form.

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
        hint="The write may have taken effect or not: look before you repeat it.",
    )
