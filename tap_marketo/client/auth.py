"""The access token's life: fetched, kept in memory, renewed in time, renewed once when refused."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import AuthBase

from tap_marketo.client.errors import CredentialsError, MarketoError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED = frozenset({"600", "601", "602"})
RENEWAL_MARGIN = 60.0
# Asked early, Marketo hands out the same token with what is left of its life, so that a fixed
# margin would ask again at every call of the last minute.
RENEWAL_SHARE = 0.1


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
            client_id: Of the custom service.
            client_secret: Of the custom service.
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
        self._renew_at = 0.0
        self.user = ""

    def __repr__(self) -> str:
        """Never the credentials, never the token."""
        return f"{type(self).__name__}({self._url!r})"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request, and watch for an answer that refuses the token."""
        request.headers["Authorization"] = f"Bearer {self.token()}"
        hooks = request.hooks["response"]
        if self._renew_when_refused not in hooks:  # the SDK signs a request twice
            hooks.append(self._renew_when_refused)
        return request

    def token(self) -> str:
        """The access token, fetched or renewed when needed.

        Returns:
            A token that is good for a while yet.

        Raises:
            CredentialsError: Client id or secret is wrong.
            UnavailableError: The identity endpoint cannot be reached.
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
            if self._token == token:
                self._renew_at = 0.0

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
            kind = type(error).__name__
            raise UnavailableError(
                f"The identity endpoint {self._url} cannot be reached ({kind})",
                hint="Check base_url and the network.",
            ).refused() from None
        if response.status_code == requests.codes.unauthorized:
            raise CredentialsError(
                "Marketo refused client_id and client_secret (HTTP 401 of the identity endpoint)."
                " Compare them with Admin > LaunchPoint > View Details of the custom service."
            )
        busy = response.status_code == requests.codes.too_many_requests
        if busy or response.status_code >= requests.codes.server_error:
            raise UnavailableError(
                "The identity endpoint failed", code=str(response.status_code)
            ).refused()
        self._keep(_json_object(response))

    def _keep(self, body: dict[str, Any]) -> None:
        token = body.get("access_token")
        if not isinstance(token, str) or not token:
            if self._token:
                # It gave one before, so base_url is right and something on the way is not.
                raise UnavailableError(
                    "The identity endpoint answered without an access token"
                ).refused()
            # An error body can arrive with status 200; its text is not quoted, it may echo the URL.
            raise MarketoError(
                "The identity endpoint answered without an access token"
                f" (error {body.get('error', 'not named')!s}). Check base_url:"
                " it must be the endpoint that Admin > Web Services shows."
            )
        life = float(body.get("expires_in") or 0)
        self._token = token
        self.user = str(body.get("scope") or "")
        self._renew_at = self._monotonic() + life - min(RENEWAL_MARGIN, life * RENEWAL_SHARE)

    def _renew_when_refused(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        if not token_refused(response):
            return response
        request = response.request.copy()
        self.forget(request.headers["Authorization"].removeprefix("Bearer "))
        response.close()
        request.headers["Authorization"] = f"Bearer {self.token()}"
        again: requests.Response = response.connection.send(request, **kwargs)
        again.history.append(response)
        again.request = request
        return again


def token_refused(response: requests.Response) -> bool:
    """Tell whether an answer is the envelope that refuses a token (601, 602).

    Args:
        response: Any answer; the body of anything but JSON stays unread.
    """
    if "json" not in response.headers.get("Content-Type", ""):
        return False
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
