"""Why no connection came about: DNS, refusal, TLS, proxy, time; each with what to look at."""

from __future__ import annotations

import errno

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from tap_marketo.client.errors import UnavailableError

# While nothing has answered yet, the setting may be wrong: nobody waits minutes for that.
TRIES_AT_START = 3
_ADDRESS = "Check the setting base_url: Admin > Web Services in Marketo shows it."
_NETWORK = f"{_ADDRESS} If it is right, look at the network, the proxy and status.adobe.com."


def connection_error(where: str, error: requests.RequestException) -> UnavailableError:
    """Turn an exception of requests, which quotes the URL, into ours.

    Args:
        where: What was called, without a query.
        error: As requests raised it.

    Returns:
        What went wrong and what to look at; not raised.
    """
    reason = _reason(error)
    tries: int | None = TRIES_AT_START
    never_sent = True
    if isinstance(error, requests.exceptions.ProxyError):
        what = "the proxy cannot be reached or refused the connection"
        hint = "Check the variables HTTPS_PROXY and NO_PROXY."
    elif isinstance(error, requests.exceptions.SSLError):
        what, tries = "TLS failed, so the host cannot be trusted", 1
        hint = (
            f"{_ADDRESS} If a proxy inspects TLS, name its certificate authority in the variable"
            " REQUESTS_CA_BUNDLE."
        )
    elif isinstance(reason, NameResolutionError):
        what, hint = "the host name is unknown (DNS)", _ADDRESS
    elif isinstance(error, requests.exceptions.ConnectTimeout):
        what, hint = "no connection came about in time", _NETWORK
    elif isinstance(reason, NewConnectionError):
        is_refused = _number(reason) == errno.ECONNREFUSED
        what = "the connection was refused" if is_refused else "no connection came about"
        hint = _NETWORK
    elif isinstance(error, requests.exceptions.InvalidURL):
        what, hint, tries = "the address cannot be used", _ADDRESS, 1
    else:
        is_late = isinstance(error, requests.exceptions.Timeout)
        what = "no answer came in time" if is_late else f"the connection broke ({_kind(error)})"
        hint, tries, never_sent = "", None, False
    failure = UnavailableError(f"{where} cannot be reached: {what}", hint=hint)
    if not never_sent:
        failure = UnavailableError(f"{where}: the connection failed: {what}")
    failure.tries_at_start = tries
    return failure.not_sent() if never_sent else failure


def _reason(error: requests.RequestException) -> object:
    return getattr(error.args[0], "reason", None) if error.args else None


def _number(reason: NewConnectionError) -> int | None:
    cause = reason.__cause__ or reason.__context__
    return cause.errno if isinstance(cause, OSError) else None


def _kind(error: requests.RequestException) -> str:
    return type(error).__name__
