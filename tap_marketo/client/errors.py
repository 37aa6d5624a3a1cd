"""What can go wrong at Marketo: one tree of exceptions and one table of its error codes.

TapError                              anything that ends in one sentence instead of a stack trace
└── MarketoError                      Marketo refused or failed
    ├── IdentityError                 the identity endpoint gives no token
    │   └── CredentialsError          it refused client id and secret
    └── ResponseError                 the API answered with an error, or not at all
        ├── RetryableError            worth repeating after a pause
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
    """Anything that is reported in one sentence, written for the person who reads the log."""


class MarketoError(TapError):
    """Anything that Marketo refused or failed to do."""


class IdentityError(MarketoError):
    """The identity endpoint gives no token, and would not if asked again.

    Source: authentication.md
    """


class CredentialsError(IdentityError):
    """Client id and secret were refused (`invalid_client`, or HTTP 401 of the identity endpoint).

    Source: authentication.md
    """


class ResponseError(MarketoError):
    """An error answer of the API.

    Attributes:
        code: Marketo's error code or the HTTP status, as text; empty when there was no answer.
        reason: Marketo's own words.
        request_id: What Adobe's support asks for.
        stream: The stream that was being read, where known.
        export_id: The export job concerned, where there is one.

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
        """Keep what Marketo said, and what to do about it."""
        super().__init__(reason)
        self.code = code
        self.reason = reason[:MESSAGE_LIMIT]
        self.request_id = request_id
        self.hint = hint or HINTS.get(code, "")
        self.stream: str | None = None
        self.export_id: str | None = None

    def with_context(self, *, stream: str | None = None, export_id: str | None = None) -> Self:
        """Add the stream and the export job; what an inner caller added stays.

        Args:
            stream: Its name.
            export_id: Id of the job.

        Returns:
            The same error.
        """
        self.stream = self.stream or stream
        self.export_id = self.export_id or export_id
        return self

    def __str__(self) -> str:
        """What happened, where, and what to do next."""
        return f"{self.summary.rstrip('.')}. {self.hint}" if self.hint else self.summary

    @property
    def summary(self) -> str:
        """What happened and where, without what to do about it."""
        where = [
            f"stream {self.stream}" if self.stream else "",
            f"export job {self.export_id}" if self.export_id else "",
            f"request {self.request_id}" if self.request_id else "",
        ]
        place = ", ".join(part for part in where if part)
        text = f"Marketo error {self.code}: {self.reason}" if self.code else self.reason
        return f"{text} ({place})" if place else text


class RetryableError(ResponseError):
    """Worth repeating.

    Attributes:
        retry_after: The least number of seconds to wait first.
        was_sent: Whether the call may have taken effect; a write is repeated only if it was not.
        tries_at_start: How often to try while the instance has not answered anything yet; None for
            as often as later.
    """

    retry_after: float = 0.0
    was_sent: bool = True
    tries_at_start: int | None = None

    def not_sent(self) -> Self:
        """Note that the call took no effect: Marketo refused it, or it never left.

        Returns:
            The same error.
        """
        self.was_sent = False
        return self


class UnavailableError(RetryableError):
    """Marketo or the way to it failed for the moment."""


class RateLimitError(RetryableError):
    """More calls within 20 seconds than the instance allows (606)."""

    retry_after = 20.0
    was_sent = False


class ConcurrencyError(RetryableError):
    """More calls in flight than the instance allows (615)."""

    was_sent = False


class OutcomeUnknownError(ResponseError):
    """A write failed in a way that leaves open whether it took effect; it was not repeated."""


class TokenRejectedError(ResponseError):
    """A token was refused although it had just been renewed (601, 602)."""


class AccessDeniedError(ResponseError):
    """The API user lacks a permission, or the caller's address is not allowed (603)."""


class FeatureUnavailableError(ResponseError):
    """The subscription lacks the feature, or a CRM sync replaces it (616, 703, 1018, 1026)."""


class DailyCallsSpentError(ResponseError):
    """The day's API calls are used up (607)."""


class ExportQueueFullError(ResponseError):
    """Ten export jobs are waiting or running already (1029)."""


class ExportQuotaSpentError(ResponseError):
    """The day's export allocation is used up (1029)."""


class JobAlreadyQueuedError(ResponseError):
    """The export job was enqueued before: nothing is left to do (1029)."""


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
"""Errors that skip an optional stream: no permission, no such feature, no such object."""


@dataclass(frozen=True)
class _Code:
    error: type[ResponseError]
    hint: str = ""


_DENIED_HINT = (
    "Give the role of the API user the permission named in the documentation of the stream"
    " (Admin > Users & Roles > Roles > Access API), or add this machine's address to the"
    " allow-list (Admin > IP Restrictions > API). Marketo gives the same code when no token"
    " arrives: does a proxy remove the Authorization header?"
)
_RENEWED_HINT = (
    "The tap renewed the token and repeated the call. If it lasts: another program may revoke the"
    " tokens of this custom service, or a proxy may change the Authorization header."
)
_CRM_HINT = (
    "With native Salesforce or Dynamics sync, Marketo disables this object over REST: read it from"
    " the CRM, and deselect the stream."
)
_SPENT_HINT = (
    "The call quota is shared by every integration of the instance; see Admin > Web Services."
)
_FEATURE_HINT = "The subscription lacks this feature: deselect the stream, or ask Adobe."

# The table of error-codes.md, as far as a reader meets it.
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
    # Of a read it means that nothing was found, which is no error.
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

# 1029 means three things, told apart by its text alone, which real instances vary.
_BULK_LIMITS: tuple[tuple[re.Pattern[str], type[ResponseError], str], ...] = (
    (re.compile(r"already\s+(been\s+)?(en)?queued", re.IGNORECASE), JobAlreadyQueuedError, ""),
    (
        re.compile(r"quota|allocation|daily", re.IGNORECASE),
        ExportQuotaSpentError,
        (
            "The export allocation is shared by every integration of the instance;"
            " see Admin > Bulk Extract."
        ),
    ),
)


def error_for(code: str, reason: str, request_id: str | None = None) -> ResponseError:
    """Turn one of Marketo's error codes into its exception.

    Args:
        code: Error code or HTTP status, as text.
        reason: Marketo's message.
        request_id: The envelope's `requestId`.

    Returns:
        The exception, not raised; a plain `ResponseError` for codes that a reader never meets.
    """
    if code == "1029":
        for pattern, error, hint in _BULK_LIMITS:
            if pattern.search(reason):
                return error(reason, code=code, request_id=request_id, hint=hint)
        return ExportQueueFullError(reason, code=code, request_id=request_id)
    return CODES.get(code, _Code(ResponseError)).error(reason, code=code, request_id=request_id)
