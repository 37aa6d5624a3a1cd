"""One Marketo instance over HTTP: signed, throttled, repeated when it makes sense."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from tap_marketo.client.address import instance_url
from tap_marketo.client.auth import TokenAuth
from tap_marketo.client.clock import InstanceClock
from tap_marketo.client.envelope import Reply, read_envelope
from tap_marketo.client.errors import (
    DailyCallsSpentError,
    OutcomeUnknownError,
    RateLimitError,
    RetryableError,
    UnavailableError,
)
from tap_marketo.client.redaction import redact_http_logs
from tap_marketo.client.retry import MAX_TRIES, retrying
from tap_marketo.client.throttle import PERIOD, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pendulum
    from typing_extensions import Self

logger = logging.getLogger("tap-marketo")

CONNECT_TIMEOUT = 30.0
# Marketo gives up on most calls after 30 or 60 s, on assets and paging tokens after 300 s.
READ_TIMEOUT = 75.0
SLOW_READ_TIMEOUT = 310.0
# What a caller reads of an answer.
T = TypeVar("T")

# The lead database takes a longer one as a form; see rest-api.md and error-codes.md.
LONGEST_QUERY = 7000
AS_GET = {"_method": "GET"}
SLOW_PATHS = ("/rest/asset/", "/rest/v1/activities/pagingtoken.json")


class _QuotaAwaitedError(UnavailableError):
    """The day's calls were spent; the next call waits until they may have been renewed."""


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
            client_id: Of the custom service.
            client_secret: Of the custom service.
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
        self.max_tries = max_tries
        self.base_url = instance_url(base_url)
        self.clock = InstanceClock()
        self.throttle = Throttle(max_calls_per_20_seconds, max_concurrent_calls)
        self.session = requests.Session()
        self.session.headers["User-Agent"] = user_agent
        adapter = _ThrottledAdapter(self.throttle, self.clock)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)
        self._identity_session = requests.Session()
        self.auth = TokenAuth(
            f"{self.base_url}/identity",
            client_id,
            client_secret,
            session=self._identity_session,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        )
        self.session.auth = self.auth

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

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Reply:
        """Read a resource.

        Args:
            path: From the root of the instance, for example `/rest/v1/leads/describe2.json`.
            params: Query parameters; never credentials. The lead database gets more than fits
                into a URL as a form.

        Returns:
            The successful answer.

        Raises:
            ResponseError: Marketo's error, after repeating what is worth repeating.
            CredentialsError: Client id or secret is wrong.
        """
        if path.startswith("/rest/v1/") and len(urlencode(params or {})) > LONGEST_QUERY:
            return self.request("POST", path, params=AS_GET, data=params)
        return self.request("GET", path, params=params)

    def post(
        self,
        path: str,
        json: Any = None,
        *,
        data: Mapping[str, Any] | None = None,
        repeatable: bool = False,
    ) -> Reply:
        """Write.

        A write is repeated only when it surely took no effect: Marketo refused it for a limit
        (606, 607, 615) or for an old token, or no connection came about.

        Args:
            path: From the root of the instance.
            json: A JSON body, as the lead database and bulk take it.
            data: A form, as assets take it.
            repeatable: Doing it twice does no harm, so repeat it as a read is repeated.

        Returns:
            The successful answer. Of a list of records, each has a `status` of its own.

        Raises:
            OutcomeUnknownError: The write may have taken effect or not: look before repeating it.
            ResponseError: Marketo's error; the write took no effect.
            CredentialsError: Client id or secret is wrong.
        """
        return self.request("POST", path, repeatable=repeatable, json=json, data=data)

    def limit_calls_today(self, most: int) -> None:
        """Make no call once the instance has used so many today, by whomever.

        Args:
            most: Calls a day, of all integrations together.

        Raises:
            ResponseError: The usage statistics cannot be read.

        Source: usage.md
        """
        self._most_calls = most
        self.throttle.budget = None
        self._count_calls_at = self.clock.quota_reset()
        today = self.get("/rest/v1/stats/usage.json").result
        used = int(today[0].get("total", 0)) if today else 0
        self.throttle.budget = max(0, most - used) + self.throttle.calls
        # That call may have waited for another day.
        self._count_calls_at = self.clock.quota_reset()

    def _count_new_day(self) -> None:
        """Ask anew what is used, when another day has begun or a spent quota was waited for."""
        at = self._count_calls_at
        if self._most_calls is not None and at and self.clock.now() >= at:
            self.limit_calls_today(self._most_calls)

    def request(
        self, method: str, path: str, *, repeatable: bool | None = None, **kwargs: Any
    ) -> Reply:
        """Make one call and read its envelope; see `get` and `post`.

        Args:
            method: Of HTTP.
            path: From the root of the instance.
            repeatable: Whether repeating it does no harm; by default that of a read does none.
            kwargs: For `requests.Session.request`: `params`, `json`, `data`.
        """
        is_write = not _is_read(method, kwargs)
        read = partial(read_envelope, is_write=is_write)
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
            method: Of HTTP.
            path: From the root of the instance.
            read: Makes the result of the answer, or raises its error.
            repeatable: As for `request`.
            kwargs: As for `request`.
        """
        if repeatable is None:
            repeatable = _is_read(method, kwargs)

        def once() -> T:
            while True:
                try:
                    return self._call(method, path, read, **kwargs)
                except _QuotaAwaitedError:  # no failure: patience is not used up by it
                    continue
                except RetryableError as error:
                    if repeatable or error.was_refused:
                        raise
                    raise _outcome_unknown(path, error) from None

        return retrying(once, self.max_tries)()

    def _call(
        self, method: str, path: str, read: Callable[[requests.Response], T], **kwargs: Any
    ) -> T:
        self._count_new_day()
        timeout = SLOW_READ_TIMEOUT if path.startswith(SLOW_PATHS) else READ_TIMEOUT
        with self.errors_of(path):
            response = self.session.request(
                method, self.base_url + path, timeout=(CONNECT_TIMEOUT, timeout), **kwargs
            )
            return read(response)

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
        with (
            self.throttle.in_flight(),
            self.errors_of(path),
            self.session.get(
                self.base_url + path,
                headers=headers,
                stream=True,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            ) as response,
        ):
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
            kind = type(error).__name__
            failure = UnavailableError(f"{path}: the connection failed ({kind})")
            raise (failure.refused() if _was_never_sent(error) else failure) from None
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
            raise _QuotaAwaitedError(error.reason, code=error.code).refused() from None


def _is_read(method: str, kwargs: Mapping[str, Any]) -> bool:
    """Whether a call changes nothing; long queries are sent as a form, with `_method=GET`."""
    return method == "GET" or (kwargs.get("params") or {}).get("_method") == "GET"


def _was_never_sent(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _outcome_unknown(path: str, error: RetryableError) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{path}: {error.reason}",
        code=error.code,
        request_id=error.request_id,
        hint="The write may have taken effect or not: look before you repeat it.",
    )
