"""The access token's life: fetched, kept in memory, renewed in time or when it is refused."""

from __future__ import annotations

import threading
import time
from http.client import responses
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import AuthBase

from tap_marketo.client.connection import connection_error
from tap_marketo.client.errors import CredentialsError, IdentityError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED = frozenset({"600", "601", "602"})
RENEWAL_MARGIN = 60.0
# Asked early, Marketo hands out the same token with what is left of its life, so that a fixed
# margin would ask again at every call of the last minute.
RENEWAL_SHARE = 0.1
# How long a refused token that is given out again may hold up a call.
LONGEST_LINGERING = 60.0
# OAuth's words for wrong credentials; anything else may pass.
INVALID = frozenset({"invalid_client", "unauthorized_client", "unauthorized", "invalid_grant"})
_COMPARE = "Compare them with Admin > LaunchPoint > View Details of the custom service."


class TokenAuth(AuthBase):
    """Sends the token in the `Authorization` header of every request.

    Attributes:
        user: The API user that the token belongs to; empty while there is none.

    Source: authentication.md
    """

    def __init__(
        self,
        identity_url: str,
        client_id: str,
        client_secret: str,
        *,
        session: requests.Session,
        timeout: tuple[float, float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the credentials; nothing is called yet.

        Args:
            identity_url: The instance's identity URL, without a trailing slash.
            client_id: Client id of the custom service.
            client_secret: Client secret of the custom service.
            session: Session for identity calls, which count against no quota.
            timeout: Seconds to connect and to wait for the answer.
            monotonic: Clock, in seconds.
        """
        self._url = f"{identity_url}/oauth/token"
        self._client_id = client_id
        self._client_secret = client_secret
        self._session = session
        self._timeout = timeout
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token = ""
        self._refused = ""
        self._given_again = False
        self._renew_at = 0.0
        self._dies_at = 0.0
        self.user = ""

    def __repr__(self) -> str:
        """Never the credentials, never the token."""
        return f"{type(self).__name__}({self._url!r})"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        request.headers["Authorization"] = f"Bearer {self.token()}"
        return request

    def token(self) -> str:
        """The access token, fetched or renewed when needed.

        Returns:
            A token that is good for a while yet.

        Raises:
            CredentialsError: Client id or secret is wrong.
            IdentityError: The identity endpoint refuses, or something else answers.
            UnavailableError: The identity endpoint cannot be reached, or fails for the moment.
        """
        with self._lock:
            if self._monotonic() >= self._renew_at:
                self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """Drop a token that the API refused, unless another thread has replaced it already.

        Args:
            token: The refused one.
        """
        with self._lock:
            self._refused = token
            if self._token == token:
                self._renew_at = 0.0

    def forget_token_of(self, request: requests.PreparedRequest) -> None:
        """Drop the token that a refused request was signed with.

        Args:
            request: As it was sent.
        """
        self.forget(str(request.headers.get("Authorization", "")).removeprefix("Bearer "))

    def lingering(self) -> float:
        """Seconds for which a refused token is given out again: until its life ends."""
        with self._lock:
            if not self._given_again:
                return 0.0
            left = self._dies_at - self._monotonic()
            # Far from its end, waiting for the end would not help.
            return left + 1 if 0 < left <= LONGEST_LINGERING else 0.0

    def _fetch(self) -> None:
        # The URL holds the secret, so nothing of a request or its exception may be quoted.
        try:
            response = self._session.post(
                self._url,
                params={
                    "grant_type": "client_credentials",
                    "client_id": self._client_id,
                    "client_secret": self._client_secret,
                },
                timeout=self._timeout,
            )
        except requests.RequestException as error:
            # A request for a token changes nothing, whether it arrived or not.
            raise connection_error(f"The identity endpoint {self._url}", error).not_sent() from None
        status, body = response.status_code, _json_object(response)
        token = body.get("access_token")
        if isinstance(token, str) and token and status < requests.codes.bad_request:
            self._keep(token, body)
            return
        raise self._failure(status, body)

    def _failure(self, status: int, body: dict[str, Any]) -> Exception:
        # The body's own text is not quoted, it may echo the URL.
        error = str(body.get("error") or "")[:40]
        if status == requests.codes.unauthorized or error in INVALID:
            named = f", {error}" if error in INVALID else ""
            return CredentialsError(
                f"Marketo refused client_id and client_secret (HTTP {status} of the identity"
                f" endpoint{named}). {_COMPARE}"
            )
        if status == requests.codes.forbidden:
            return IdentityError(
                "The identity endpoint refused the call (HTTP 403). Is this machine's address on"
                " the allow-list (Admin > IP Restrictions > API), and does a proxy let the call"
                " through?"
            )
        busy = status in {requests.codes.too_many_requests, requests.codes.request_timeout}
        if busy or status >= requests.codes.server_error:
            return UnavailableError("The identity endpoint failed", code=str(status)).not_sent()
        if error or self._token:
            # It speaks OAuth, or gave a token before: base_url is right, and this may pass.
            named = f" (error {error})" if error else ""
            return UnavailableError(
                f"The identity endpoint answered without an access token{named}"
            ).not_sent()
        return IdentityError(
            "The identity endpoint answered without an access token"
            f" (HTTP {status}, {responses.get(status, 'unknown')}). Check the setting base_url: it"
            " must be the endpoint that Admin > Web Services shows."
        )

    def _keep(self, token: str, body: dict[str, Any]) -> None:
        life, now = _seconds(body.get("expires_in")), self._monotonic()
        self._token, self._given_again = token, token == self._refused
        self.user = str(body.get("scope") or "")
        self._dies_at = now + life
        self._renew_at = self._dies_at - min(RENEWAL_MARGIN, life * RENEWAL_SHARE)


def token_refused(response: requests.Response) -> bool:
    """Whether an answer refuses the token: HTTP 401, or an envelope with 600, 601 or 602.

    Args:
        response: Any answer; the body of anything but JSON stays unread.
    """
    if "json" not in response.headers.get("Content-Type", ""):
        return bool(response.status_code == requests.codes.unauthorized)
    errors = _json_object(response).get("errors")
    return isinstance(errors, list) and any(
        isinstance(error, dict) and str(error.get("code")) in REFUSED for error in errors
    )


def _json_object(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(value: object) -> float:
    try:
        return max(0.0, float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0
