"""Reads answers: returns the result or raises a typed error."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import TYPE_CHECKING, Any, TypeGuard

from tap_marketo.client.errors import ResponseError, RetryableError, UnavailableError, error_for

if TYPE_CHECKING:
    import requests

NO_DATA = "702"


@dataclass(frozen=True)
class Reply:
    """A successful answer.

    Attributes:
        result: Items of `result`; empty if it is missing, a single item if it is an object.
        next_page_token: Token of the next page; empty if there is none.
        more_result: Value of `moreResult`; None if it is missing.
        warnings: Texts of `warnings`, for example that nothing was found.
        request_id: Marketo's id of the request, for Adobe's support.

    Source: rest-api.md
    """

    result: list[dict[str, Any]] = field(default_factory=list)
    next_page_token: str = ""
    more_result: bool | None = None
    warnings: tuple[str, ...] = ()
    request_id: str | None = None


def read_envelope(
    response: requests.Response, *, is_write: bool = False, needs_result: bool = False
) -> Reply:
    """Read the JSON envelope of a REST answer.

    Args:
        response: Answer to read.
        is_write: Whether "not found" (702) is an error instead of an empty result.
        needs_result: Whether an answer without `result` is a temporary failure.

    Returns:
        The result of the call.

    Raises:
        ResponseError: The answer is an error, even with HTTP status 200.
    """
    body = _json(response)
    if not is_envelope(body):
        raise _http_error(response)
    return read_body(body, is_write=is_write, needs_result=needs_result)


def read_array(response: requests.Response) -> Reply:
    """Read an answer of the user service: an array or object without an envelope.

    Args:
        response: Answer to read.

    Returns:
        The items of the array.

    Raises:
        ResponseError: The answer is an error.

    Source: user-management.md
    """
    body = _json(response)
    if response.ok and isinstance(body, list):
        return Reply(result=[item for item in body if isinstance(item, dict)])
    if is_envelope(body) and body.get("success") is not True:
        return read_body(body)
    if response.ok and isinstance(body, dict) and body:
        return Reply(result=[body])
    raise _http_error(response)


def is_envelope(body: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is Marketo's envelope."""
    return isinstance(body, dict) and ("success" in body or "errors" in body)


def read_body(body: dict[str, Any], *, is_write: bool = False, needs_result: bool = False) -> Reply:
    """Read a parsed envelope.

    Args:
        body: Parsed envelope.
        is_write: As for `read_envelope`.
        needs_result: As for `read_envelope`.

    Returns:
        The result of the call.

    Raises:
        ResponseError: The envelope has an error.
    """
    request_id = body.get("requestId")
    if body.get("success") is not True:
        return _failure(body.get("errors"), request_id, is_write=is_write)
    result = body.get("result")
    if isinstance(result, dict):
        result = [result]
    if needs_result and not result:
        raise UnavailableError("Marketo answered without a result", request_id=request_id)
    return Reply(
        result=_objects(result, request_id),
        next_page_token=body.get("nextPageToken") or "",
        more_result=body.get("moreResult"),
        warnings=tuple(_text(warning) for warning in body.get("warnings") or ()),
        request_id=request_id,
    )


def _objects(result: object, request_id: str | None) -> list[dict[str, Any]]:
    if not result:
        return []
    if not isinstance(result, list):
        raise ResponseError(
            "Marketo answered with a result that is neither a list nor an object",
            request_id=request_id,
        )
    return [item for item in result if isinstance(item, dict)]


def _failure(errors: object, request_id: str | None, *, is_write: bool) -> Reply:
    first = errors[0] if isinstance(errors, list) and errors else {}
    code = str(first.get("code", "")) if isinstance(first, dict) else ""
    if code == NO_DATA and not is_write:
        return Reply(request_id=request_id)
    message = first.get("message") if isinstance(first, dict) else first
    raise error_for(code, str(message or "no reason given"), request_id)


def _http_error(response: requests.Response) -> ResponseError:
    status = response.status_code
    if status < 400:  # noqa: PLR2004
        return UnavailableError("The answer is not from Marketo's API (no JSON envelope)")
    error = error_for(str(status), f"HTTP status {status}, {responses.get(status, 'unknown')}")
    if status >= 500 and not isinstance(error, RetryableError):  # noqa: PLR2004
        error = UnavailableError(error.reason, code=str(status))
    if isinstance(error, RetryableError):
        error.retry_after = _seconds(response.headers.get("Retry-After"))
    return error


def _json(response: requests.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _seconds(header: str | None) -> float:
    """Return the seconds of `Retry-After`, which is a number or a date (RFC 9110)."""
    text = (header or "").strip()
    if text.isdigit():
        return float(text)
    try:
        time = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if time.tzinfo is None:
        time = time.replace(tzinfo=timezone.utc)
    return max(0.0, (time - datetime.now(timezone.utc)).total_seconds())


def _text(warning: object) -> str:
    # Warnings are objects in the lead database, strings in the asset API.
    if isinstance(warning, dict):
        return f"{warning.get('code', '')} {warning.get('message', '')}".strip()
    return str(warning)
