"""One Marketo instance over HTTP: signed, throttled, repeated when it makes sense."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from tap_marketo.client.auth import TokenAuth
from tap_marketo.client.clock import InstanceClock
from tap_marketo.client.envelope import Reply, read_envelope
from tap_marketo.client.errors import DailyCallsSpentError, RateLimitError, UnavailableError
from tap_marketo.client.redaction import redact_http_logs
from tap_marketo.client.retry import retrying
from tap_marketo.client.throttle import PERIOD, Throttle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

logger = logging.getLogger("tap-marketo")

CONNECT_TIMEOUT = 30.0
# Marketo gives up on most calls after 30 or 60 s, on assets and paging tokens after 300 s.
READ_TIMEOUT = 75.0
SLOW_READ_TIMEOUT = 310.0
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
        self._throttle.wait_turn()
        if stream:
            response = super().send(request, True, *args, **kwargs)  # noqa: FBT003
        else:
            with self._throttle.in_flight():
                response = super().send(request, False, *args, **kwargs)  # noqa: FBT003
                _ = response.content  # the call is in flight until its body has arrived
        self._clock.observe(response.headers.get("Date"))
        return response


class MarketoClient:
    """Calls of the REST and bulk APIs of one instance; safe to share between threads.

    Attributes:
        clock: Follows the instance's time.
        throttle: Keeps to the limits, and counts the calls made.

    Source: rest-api.md
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        max_calls_per_20_seconds: int = 50,
        max_concurrent_calls: int = 5,
        waits_for_quota: bool = False,
        user_agent: str = "tap-marketo",
    ) -> None:
        """Prepare a session; nothing is called yet.

        Args:
            base_url: `https://{munchkin id}.mktorest.com`, without a path.
            client_id: Of the custom service.
            client_secret: Of the custom service.
            max_calls_per_20_seconds: Own share of the instance's 100.
            max_concurrent_calls: Own share of the instance's 10.
            waits_for_quota: When the day's calls are used up, sleep until they are renewed.
            user_agent: How the tap names itself.
        """
        redact_http_logs()
        self.waits_for_quota = waits_for_quota
        self._most_calls: int | None = None
        self.base_url = base_url.rstrip("/")
        self.clock = InstanceClock()
        self.throttle = Throttle(max_calls_per_20_seconds, max_concurrent_calls)
        self.session = requests.Session()
        self.session.headers["User-Agent"] = user_agent
        adapter = _ThrottledAdapter(self.throttle, self.clock)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)
        self.auth = TokenAuth(
            f"{self.base_url}/identity",
            client_id,
            client_secret,
            session=requests.Session(),
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        )
        self.session.auth = self.auth

    def __repr__(self) -> str:
        """Names the instance, never the credentials."""
        return f"{type(self).__name__}({self.base_url!r})"

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Reply:
        """Read a resource.

        Args:
            path: From the root of the instance, for example `/rest/v1/leads/describe2.json`.
            params: Query parameters; never credentials.

        Returns:
            The successful answer.

        Raises:
            ResponseError: Marketo's error, after repeating what is worth repeating.
            CredentialsError: Client id or secret is wrong.
        """
        return self.request("GET", path, params=params)

    def post(self, path: str, json: Any = None) -> Reply:
        """Send a JSON body.

        Args:
            path: From the root of the instance.
            json: The body; none for calls such as enqueue.

        Returns:
            The successful answer.

        Raises:
            ResponseError: Marketo's error, after repeating what is worth repeating.
            CredentialsError: Client id or secret is wrong.
        """
        return self.request("POST", path, json=json)

    def limit_calls_today(self, most: int) -> None:
        """Make no call once the instance has used so many today, by whomever.

        Args:
            most: Calls a day, of all integrations together.

        Raises:
            ResponseError: The usage statistics cannot be read.

        Source: usage.md
        """
        today = self.get("/rest/v1/stats/usage.json").result
        used = int(today[0].get("total", 0)) if today else 0
        self.throttle.budget = max(0, most - used) + self.throttle.calls
        self._most_calls = most

    @retrying
    def request(self, method: str, path: str, **kwargs: Any) -> Reply:
        """Make one call and read its envelope; see `get` and `post`."""
        timeout = SLOW_READ_TIMEOUT if path.startswith(SLOW_PATHS) else READ_TIMEOUT
        with self.errors_of(path):
            response = self.session.request(
                method, self.base_url + path, timeout=(CONNECT_TIMEOUT, timeout), **kwargs
            )
            return read_envelope(response)

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
            raise UnavailableError(f"{path}: the connection failed ({kind})") from None
        except RateLimitError:
            self.throttle.pause(PERIOD)
            raise
        except DailyCallsSpentError as error:
            reset = self.clock.quota_reset_text()
            if not self.waits_for_quota:
                error.hint = f"{error.hint} The quota begins anew at {reset}.".strip()
                raise
            logger.warning("%s Waiting until %s.", error, reset)
            self.throttle.pause(self.clock.seconds_to_reset())
            if self._most_calls is not None:
                self.throttle.budget = self.throttle.calls + self._most_calls
            raise UnavailableError(error.reason, code=error.code) from None
