"""Fetches the access token, keeps it in memory, and renews it."""

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
# Before expiry Marketo returns the same token, so with a fixed margin each call of the last minute
# would fetch it again.
RENEWAL_SHARE = 0.1
# Maximum seconds to wait for the expiry of a refused token that Marketo still returns.
LONGEST_LINGERING = 60.0
# OAuth's errors for wrong credentials; any other error may pass.
INVALID = frozenset({"invalid_client", "unauthorized_client", "unauthorized", "invalid_grant"})
_COMPARE = "Compare them with Admin > LaunchPoint > View Details of the custom service."


class TokenAuth(AuthBase):
    """Sends the token in the `Authorization` header of every request.

    Attributes:
        user: API user of the token; empty without a token.

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
        """Keep the credentials without making a call.

        Args:
            identity_url: Identity URL of the instance, without a trailing slash.
            client_id: Client id of the custom service.
            client_secret: Client secret of the custom service.
            session: Session for identity calls, which do not count towards the daily call limit.
            timeout: Seconds to wait for the connection and for the answer.
            monotonic: Clock in seconds.
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
        self._is_refused_token = False
        self._renew_at = 0.0
        self._expires_at = 0.0
        self.user = ""

    def __repr__(self) -> str:
        """Return the URL without credentials or token."""
        return f"{type(self).__name__}({self._url!r})"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        request.headers["Authorization"] = f"Bearer {self.token()}"
        return request

    def token(self) -> str:
        """Return the access token, after fetching or renewing it if necessary.

        Returns:
            A token that does not expire soon.

        Raises:
            CredentialsError: Client id or secret is wrong.
            IdentityError: The identity endpoint refused the call, or the address is wrong.
            UnavailableError: The identity endpoint cannot be reached or failed temporarily.
        """
        with self._lock:
            if self._monotonic() >= self._renew_at:
                self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """Drop a token that the API refused, unless another thread has already replaced it.

        Args:
            token: Refused token.
        """
        with self._lock:
            self._refused = token
            if self._token == token:
                self._renew_at = 0.0

    def forget_token_of(self, request: requests.PreparedRequest) -> None:
        """Drop the token of a refused request.

        Args:
            request: Request that was sent.
        """
        self.forget(str(request.headers.get("Authorization", "")).removeprefix("Bearer "))

    def lingering(self) -> float:
        """Return the seconds until a refused token expires that Marketo still returns."""
        with self._lock:
            if not self._is_refused_token:
                return 0.0
            left = self._expires_at - self._monotonic()
            # If the expiry is far off, waiting for it would not help.
            return left + 1 if 0 < left <= LONGEST_LINGERING else 0.0

    def _fetch(self) -> None:
        # The URL contains the secret, so neither the request nor its exception may be quoted.
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
            # A request for a token is always safe to repeat.
            raise connection_error(f"The identity endpoint {self._url}", error).not_sent() from None
        status, body = response.status_code, _json_object(response)
        token = body.get("access_token")
        if isinstance(token, str) and token and status < requests.codes.bad_request:
            self._keep(token, body)
            return
        raise self._failure(status, body)

    def _failure(self, status: int, body: dict[str, Any]) -> Exception:
        # The body is not quoted, because it may repeat the URL.
        error = str(body.get("error") or "")[:40]
        if status == requests.codes.unauthorized or error in INVALID:
            suffix = f", {error}" if error in INVALID else ""
            return CredentialsError(
                f"Marketo refused client_id and client_secret (HTTP {status} of the identity"
                f" endpoint{suffix}). {_COMPARE}"
            )
        if status == requests.codes.forbidden:
            return IdentityError(
                "The identity endpoint refused the call (HTTP 403). Check that this machine's IP"
                " address is on the allow-list (Admin > IP Restrictions > API) and that no proxy"
                " blocks the call."
            )
        busy = status in {requests.codes.too_many_requests, requests.codes.request_timeout}
        if busy or status >= requests.codes.server_error:
            return UnavailableError("The identity endpoint failed", code=str(status)).not_sent()
        if error or self._token:
            # The endpoint answered as OAuth or returned a token before: base_url is right.
            suffix = f" (error {error})" if error else ""
            return UnavailableError(
                f"The identity endpoint answered without an access token{suffix}"
            ).not_sent()
        return IdentityError(
            "The identity endpoint answered without an access token"
            f" (HTTP {status}, {responses.get(status, 'unknown')}). Check the setting base_url: it"
            " must be the REST endpoint shown in Admin > Web Services."
        )

    def _keep(self, token: str, body: dict[str, Any]) -> None:
        life, now = _seconds(body.get("expires_in")), self._monotonic()
        self._token, self._is_refused_token = token, token == self._refused
        self.user = str(body.get("scope") or "")
        self._expires_at = now + life
        self._renew_at = self._expires_at - min(RENEWAL_MARGIN, life * RENEWAL_SHARE)


def token_refused(response: requests.Response) -> bool:
    """Return whether an answer refuses the token: HTTP 401, or an envelope with 600, 601 or 602.

    Args:
        response: Any answer; its body is read only if it is JSON.
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
