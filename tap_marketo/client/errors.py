"""Exceptions of the tap, and the table of Marketo's error codes.

TapError                              an error that is logged without a traceback
└── MarketoError                      a call failed or was refused
    ├── IdentityError                 the identity endpoint returned no token
    │   └── CredentialsError          it refused client id and secret
    └── ResponseError                 the API answered with an error, or not at all
        ├── RetryableError            a failure that may pass
        │   ├── UnavailableError      5xx, 604, 608, 611, 614, 713, timeouts, no JSON, …
        │   ├── RateLimitError        606: calls per 20 seconds
        │   └── ConcurrencyError      615: calls in flight
        ├── OutcomeUnknownError       a write that may have taken effect: not repeated
        ├── TokenRejectedError        600, 601, 602, HTTP 401, after the token was renewed
        ├── AccessDeniedError         603, HTTP 403
        ├── FeatureUnavailableError   616, 703, 1018, 1026
        ├── DailyCallsSpentError      607: calls per day
        ├── ExportQueueFullError      1029 "Too many jobs in queue"
        ├── ExportQuotaSpentError     1029 "Export daily quota exceeded"
        ├── JobAlreadyQueuedError     1029 "Job already queued"
        ├── FilterUnavailableError    1035
        ├── FieldNotFoundError        1006
        └── NotFoundError             610, 702 (of a write), 1013, HTTP 404
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self

MESSAGE_LIMIT = 300


class TapError(Exception):
    """An error whose message is logged without a traceback."""


class MarketoError(TapError):
    """A call to Marketo failed or was refused."""


class IdentityError(MarketoError):
    """The identity endpoint returned no token, and repeating the call would not help.

    Source: authentication.md
    """


class CredentialsError(IdentityError):
    """Marketo refused client id and secret (`invalid_client`, or HTTP 401 for the token).

    Source: authentication.md
    """


class ResponseError(MarketoError):
    """The API answered with an error, or not at all.

    Attributes:
        code: Marketo's error code or the HTTP status; empty if there was no answer.
        reason: Marketo's message, or a description.
        request_id: Marketo's id of the request, for Adobe's support.
        hint: What to do about the error.
        stream: Stream that was being read, if known.
        export_id: Id of the export job, if any.

    Source: error-codes.md
    """

    def __init__(
        self,
        reason: str,
        *,
        code: str = "",
        request_id: str | None = None,
        hint: str = "",
    ) -> None:
        """Create an error; the hint defaults to that of the code."""
        super().__init__(reason)
        self.code = code
        self.reason = reason[:MESSAGE_LIMIT]
        self.request_id = request_id
        self.hint = hint or HINTS.get(code, "")
        self.stream: str | None = None
        self.export_id: str | None = None

    def with_context(self, *, stream: str | None = None, export_id: str | None = None) -> Self:
        """Add the stream and the export job, unless they are set already.

        Args:
            stream: Name of the stream.
            export_id: Id of the export job.

        Returns:
            This error.
        """
        self.stream = self.stream or stream
        self.export_id = self.export_id or export_id
        return self

    def __str__(self) -> str:
        """Return what happened, where, and what to do."""
        return f"{self.summary.rstrip('.')}. {self.hint}" if self.hint else self.summary

    @property
    def summary(self) -> str:
        """What happened and where, without the hint."""
        where = [
            f"stream {self.stream}" if self.stream else "",
            f"export job {self.export_id}" if self.export_id else "",
            f"request {self.request_id}" if self.request_id else "",
        ]
        place = ", ".join(part for part in where if part)
        text = f"Marketo error {self.code}: {self.reason}" if self.code else self.reason
        return f"{text} ({place})" if place else text


class RetryableError(ResponseError):
    """A failure that may pass: the call is worth repeating.

    Attributes:
        retry_after: Minimum seconds to wait before the next attempt.
        was_sent: Whether the call may have taken effect; a write is repeated only if it did not.
        tries_at_start: Maximum attempts while the instance has not answered any call; None for the
            usual maximum.
    """

    retry_after: float = 0.0
    was_sent: bool = True
    tries_at_start: int | None = None

    def not_sent(self) -> Self:
        """Mark the call as without effect: Marketo refused it, or it was never sent.

        Returns:
            This error.
        """
        self.was_sent = False
        return self


class UnavailableError(RetryableError):
    """Marketo or the connection to it failed temporarily."""


class RateLimitError(RetryableError):
    """The rate limit is exceeded: too many calls within 20 seconds (606)."""

    retry_after = 20.0
    was_sent = False


class ConcurrencyError(RetryableError):
    """The concurrency limit is exceeded: too many calls at once (615)."""

    was_sent = False


class OutcomeUnknownError(ResponseError):
    """A write failed and may or may not have taken effect; it was not repeated."""


class TokenRejectedError(ResponseError):
    """Marketo refused a token that had just been renewed (600, 601, 602, HTTP 401)."""


class AccessDeniedError(ResponseError):
    """The API user lacks a permission, or this machine's IP address is not allowed (603)."""


class FeatureUnavailableError(ResponseError):
    """The subscription lacks the feature, or a CRM sync replaces it (616, 703, 1018, 1026)."""


class DailyCallsSpentError(ResponseError):
    """The daily call limit is reached (607)."""


class ExportQueueFullError(ResponseError):
    """Marketo's export queue already has ten jobs (1029)."""


class ExportQuotaSpentError(ResponseError):
    """The daily export allocation is used up (1029)."""


class JobAlreadyQueuedError(ResponseError):
    """The export job is already enqueued (1029)."""


class FilterUnavailableError(ResponseError):
    """The subscription lacks this kind of filter (1035)."""


class FieldNotFoundError(ResponseError):
    """A requested field does not exist (1006)."""


class NotFoundError(ResponseError):
    """The object or the export job does not exist (610, 702, 1013, HTTP 404)."""


class _Skippable(NamedTuple):
    denied: type[AccessDeniedError] = AccessDeniedError
    unavailable: type[FeatureUnavailableError] = FeatureUnavailableError
    missing: type[NotFoundError] = NotFoundError


SKIPPABLE = _Skippable()
"""Errors that skip an optional stream."""


@dataclass(frozen=True)
class _Code:
    error: type[ResponseError]
    hint: str = ""


_DENIED_HINT = (
    "Give the role of the API user the permission named in the documentation of the stream"
    " (Admin > Users & Roles > Roles > Access API), or add this machine's IP address to the"
    " allow-list (Admin > IP Restrictions > API). Marketo returns the same code if a proxy removes"
    " the Authorization header."
)
_RENEWED_HINT = (
    "The tap renewed the token and repeated the call. If this persists, another program may be"
    " revoking the tokens of this custom service, or a proxy may change the Authorization header."
)
_CRM_HINT = (
    "With native Salesforce or Dynamics sync, Marketo disables this object in the REST API."
    " Deselect the stream, and read the object from the CRM."
)
_SPENT_HINT = (
    "All integrations of the instance share the daily call limit; see Admin > Web Services."
)
_FEATURE_HINT = "The subscription lacks this feature. Deselect the stream, or ask Adobe."

# The codes of error-codes.md that can occur in the tap.
CODES: dict[str, _Code] = {
    "401": _Code(TokenRejectedError, _RENEWED_HINT),
    "403": _Code(AccessDeniedError, _DENIED_HINT),
    "404": _Code(NotFoundError),
    "429": _Code(UnavailableError),
    "500": _Code(UnavailableError),
    "502": _Code(UnavailableError),
    "503": _Code(UnavailableError),
    "504": _Code(UnavailableError),
    "600": _Code(TokenRejectedError, _RENEWED_HINT),
    "601": _Code(TokenRejectedError, _RENEWED_HINT),
    "602": _Code(TokenRejectedError, _RENEWED_HINT),
    "603": _Code(AccessDeniedError, _DENIED_HINT),
    "604": _Code(UnavailableError),
    "606": _Code(RateLimitError, "Lower max_calls_per_20_seconds if this repeats."),
    "607": _Code(DailyCallsSpentError, _SPENT_HINT),
    "608": _Code(UnavailableError),
    "610": _Code(NotFoundError),
    "611": _Code(UnavailableError),
    "614": _Code(UnavailableError, "Check the Munchkin id in base_url if this repeats."),
    "615": _Code(ConcurrencyError, "Lower max_concurrent_calls if this repeats."),
    "616": _Code(FeatureUnavailableError, _FEATURE_HINT),
    # In the answer to a read, it means that nothing was found, which is not an error.
    "702": _Code(NotFoundError),
    "703": _Code(FeatureUnavailableError, _FEATURE_HINT),
    "713": _Code(UnavailableError),
    "1006": _Code(FieldNotFoundError, "Refresh the catalog (run discovery again)."),
    "1013": _Code(NotFoundError),
    "1018": _Code(FeatureUnavailableError, _CRM_HINT),
    "1026": _Code(FeatureUnavailableError, _FEATURE_HINT),
    "1035": _Code(
        FilterUnavailableError, "Ask Marketo Support to enable this filter for bulk extracts."
    ),
}
HINTS = {code: entry.hint for code, entry in CODES.items()}

# Only the text, which varies, distinguishes the three meanings of 1029.
_BULK_LIMITS: tuple[tuple[re.Pattern[str], type[ResponseError], str], ...] = (
    (re.compile(r"already\s+(been\s+)?(en)?queued", re.IGNORECASE), JobAlreadyQueuedError, ""),
    (
        re.compile(r"quota|allocation|daily", re.IGNORECASE),
        ExportQuotaSpentError,
        (
            "All integrations of the instance share the daily export allocation;"
            " see Admin > Bulk Extract."
        ),
    ),
)


def error_for(code: str, reason: str, request_id: str | None = None) -> ResponseError:
    """Create the exception for an error code of Marketo.

    Args:
        code: Error code or HTTP status, as text.
        reason: Marketo's message.
        request_id: `requestId` of the envelope.

    Returns:
        The exception, not raised; a plain `ResponseError` for other codes.
    """
    if code == "1029":
        for pattern, error, hint in _BULK_LIMITS:
            if pattern.search(reason):
                return error(reason, code=code, request_id=request_id, hint=hint)
        return ExportQueueFullError(reason, code=code, request_id=request_id)
    return CODES.get(code, _Code(ResponseError)).error(reason, code=code, request_id=request_id)
