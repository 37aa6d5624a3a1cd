"""Explains connection errors: DNS, refusal, TLS, proxy, timeout."""

from __future__ import annotations

import errno

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from tap_marketo.client.errors import UnavailableError

# Before the first answer the setting may be wrong, so the tap does not try for minutes.
TRIES_AT_START = 3
_ADDRESS = "Check the setting base_url: Admin > Web Services in Marketo shows it."
_NETWORK = f"{_ADDRESS} If it is right, check the network, the proxy and status.adobe.com."


def connection_error(where: str, error: requests.RequestException) -> UnavailableError:
    """Convert an exception of requests, which quotes the URL, into an error without it.

    Args:
        where: Path or endpoint of the call.
        error: Exception of requests.

    Returns:
        The error, not raised.
    """
    reason = _reason(error)
    tries: int | None = TRIES_AT_START
    never_sent = True
    if isinstance(error, requests.exceptions.ProxyError):
        problem = "the proxy is unreachable or refused the connection"
        hint = "Check the environment variables HTTPS_PROXY and NO_PROXY."
    elif isinstance(error, requests.exceptions.SSLError):
        problem, tries = "TLS failed, so the host cannot be trusted", 1
        hint = (
            f"{_ADDRESS} If a proxy inspects TLS, set the environment variable REQUESTS_CA_BUNDLE"
            " to its certificate authority."
        )
    elif isinstance(reason, NameResolutionError):
        problem, hint = "the host name is unknown (DNS)", _ADDRESS
    elif isinstance(error, requests.exceptions.ConnectTimeout):
        problem, hint = "the connection timed out", _NETWORK
    elif isinstance(reason, NewConnectionError):
        is_refused = _number(reason) == errno.ECONNREFUSED
        problem = "the connection was refused" if is_refused else "no connection was possible"
        hint = _NETWORK
    elif isinstance(error, requests.exceptions.InvalidURL):
        problem, hint, tries = "the address is invalid", _ADDRESS, 1
    else:
        is_late = isinstance(error, requests.exceptions.Timeout)
        problem = "no answer in time" if is_late else f"the connection broke ({_kind(error)})"
        hint, tries, never_sent = "", None, False
    failure = UnavailableError(f"{where} cannot be reached: {problem}", hint=hint)
    if not never_sent:
        failure = UnavailableError(f"{where}: the connection failed: {problem}")
    failure.tries_at_start = tries
    return failure.not_sent() if never_sent else failure


def _reason(error: requests.RequestException) -> object:
    return getattr(error.args[0], "reason", None) if error.args else None


def _number(reason: NewConnectionError) -> int | None:
    cause = reason.__cause__ or reason.__context__
    return cause.errno if isinstance(cause, OSError) else None


def _kind(error: requests.RequestException) -> str:
    return type(error).__name__
