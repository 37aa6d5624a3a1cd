"""How a run went: what was skipped, failed or paused, and the exit code that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo.client.errors import (
    SKIPPABLE,
    AccessDeniedError,
    DailyCallsSpentError,
    IdentityError,
    NotFoundError,
    ResponseError,
    TapError,
)
from tap_marketo.events import emit

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

# Errors that affect every stream: no token, or no API calls left today.
CONCERNS_ALL = (IdentityError, DailyCallsSpentError)
GRANT = "Admin > Users & Roles > Roles > Access API"
ALLOW = "Admin > IP Restrictions > API"


class ChildFailedError(TapError):
    """A child stream failed; the bookmark of its parent does not move."""

    def __init__(self, parent: str) -> None:
        """Create the error for a parent stream.

        Args:
            parent: Name of the stream whose records were all written.
        """
        super().__init__(
            f"A child stream of {parent} failed; the bookmark of {parent} is unchanged."
        )


class Outcome:
    """Records how each stream ended.

    Attributes:
        skipped: Error for each stream that was not read.
        failed: Error for each stream that failed.
        paused: Error of the limit that ended the run early.
        gone: Selected streams and columns that no longer exist in the instance.
        is_blocked: Whether Marketo denied every call.
        has_progress: Whether the run read a list or wrote a window.
    """

    def __init__(
        self,
        logger: logging.Logger,
        has_read: Callable[[], bool],
        *,
        has_catalog: bool,
        require_all: bool,
    ) -> None:
        """Start with no stream skipped or failed.

        Args:
            logger: Logger of the tap.
            has_read: Returns whether any call has been permitted yet.
            has_catalog: Whether the run has a catalog.
            require_all: Whether a missing selected stream or column fails the run.
        """
        self.skipped: dict[str, Exception] = {}
        self.failed: dict[str, Exception] = {}
        self.paused: TapError | None = None
        self.gone: list[str] = []
        self.is_blocked = False
        self.has_progress = False
        self._denied: list[str] = []
        self._has_read = has_read
        self._logger = logger
        self._has_catalog = has_catalog
        self._require_all = require_all

    def skip_stream(self, stream: str, permissions: Iterable[str], error: Exception) -> None:
        """Skip a stream that needs a missing permission or feature.

        Args:
            stream: Name of the stream.
            permissions: Permissions that the stream needs; logged if access was denied.
            error: Reason for the skip.
        """
        if stream in self.skipped:
            return
        self.skipped[stream] = error
        emit("stream_skipped", stream=stream, why=described(error))
        if isinstance(error, AccessDeniedError):
            deny(error, permissions, stream)
            self._denied.append(f"Skipped stream {stream}: {error}")
        else:
            self._logger.warning("Skipped stream %s: %s", stream, described(error))
        if self._has_read():
            self.report_denied()

    def denied(self, line: str) -> None:
        """Keep a warning about a denied call until `report_denied`.

        Args:
            line: Text of the warning.
        """
        self._denied.append(line)

    def report_denied(self) -> None:
        """Log the denied calls, as a single warning if every call was denied."""
        if not self._has_read() and (self.is_blocked or len(self._denied) > 1):
            if not self.is_blocked:
                self._logger.warning(
                    "Marketo denied every call (603): this machine's IP address is not on the"
                    " allow-list (%s), or the role of the API user has no permissions (%s).",
                    ALLOW,
                    GRANT,
                )
            self.is_blocked = True
        else:
            for line in self._denied:
                self._logger.warning("%s", line)
        self._denied.clear()

    def not_offered(self, stream: str, permissions: Iterable[str], error: Exception) -> None:
        """Skip or fail a stream that could not be described.

        It is skipped if a permission or a feature is missing or if the run has no catalog.

        Args:
            stream: Name of the stream.
            permissions: Permissions that the stream needs.
            error: Error of the describe call.
        """
        if isinstance(error, SKIPPABLE) or not self._has_catalog:
            self.skip_stream(stream, permissions, error)
        else:
            self.stream_failed(stream, error)

    def stream_failed(self, stream: str, error: Exception, *, sharing: int = 0) -> None:
        """Record a failed stream: the other streams continue, and the run ends with an error.

        Args:
            stream: Name of the stream.
            error: Cause of the failure.
            sharing: Number of other streams that share its exports and fail with it.

        Raises:
            TapError: The error itself, if it affects every stream.
        """
        if isinstance(error, CONCERNS_ALL):
            raise error
        if isinstance(error, ChildFailedError):
            self._logger.warning("%s", error)
            return
        plural = "s" if sharing > 1 else ""
        name = f"{stream} (and {sharing} stream{plural} that share its exports)"
        self.failed[name if sharing else stream] = error
        is_ours = isinstance(error, TapError)
        # Messages of other exceptions may quote records; the traceback goes to the debug log.
        self._logger.error("Stream %s failed: %s", stream, described(error))
        if not is_ours:
            self._logger.debug("Traceback of stream %s:", stream, exc_info=error)
        emit("stream_failed", stream=stream, why=described(error))

    def quota_exhausted(self, error: TapError) -> None:
        """Record that a daily limit is reached: the other streams continue, then the run ends.

        Args:
            error: Error to report at the end.
        """
        if self.paused is None:
            self._logger.info("A daily limit is reached: the run ends with what is exported.")
        emit("paused", why=str(error))
        self.paused = self.paused or error

    def gone_from_instance(self, name: str) -> None:
        """Record that a stream or column of the catalog no longer exists or was renamed.

        Args:
            name: Name in the catalog.
        """
        self.gone.append(name)

    def end(self, wanted: set[str], *, named: AbstractSet[str] = frozenset(), stops: bool) -> int:
        """Log the result of the run.

        Args:
            wanted: Selected streams.
            named: Streams that were selected by name, not by a wildcard.
            stops: Whether the run ends without an error when a daily limit is reached.

        Returns:
            The exit code.
        """
        self.report_denied()
        missing = (wanted | named) & set(self.skipped)
        # Streams that no longer exist fail the run only with `require_all_streams`.
        unreadable = {
            name for name in missing & named if not isinstance(self.skipped[name], NotFoundError)
        }
        is_incomplete = bool(missing) and (
            self._require_all or bool(unreadable) or missing == wanted
        )
        if self.failed:
            self._logger.error(
                "Failed streams: %s. No data is lost: the next run resumes from their last"
                " bookmarks. See the errors above; `tap-marketo doctor` finds most causes.",
                ", ".join(self.failed),
            )
        if is_incomplete:
            self._logger.error(
                "Selected streams that could not be read: %s. See the warnings above; grant the"
                " permissions or deselect the streams. `tap-marketo doctor` checks them.",
                ", ".join(sorted(missing)),
            )
        if self.gone and self._require_all:
            self._logger.error(
                "Selected, but no longer in Marketo: %s. Refresh the catalog"
                " (meltano run --refresh-catalog, or tap-marketo --discover).",
                ", ".join(self.gone),
            )
        if self.failed or is_incomplete or (self.gone and self._require_all):
            return 1
        if self.paused is None:
            return 0
        if stops and self.has_progress:
            self._logger.warning("Ended early: %s", self.paused)
            return 0
        nothing = "" if self.has_progress else " This run wrote nothing."
        self._logger.error("Ended early: %s%s", self.paused, nothing)
        return 1


def described(error: Exception) -> str:
    """Return a description that is safe to log.

    Args:
        error: Any exception; messages of foreign ones are omitted, they may quote records.
    """
    if isinstance(error, TapError):
        return str(error)
    return (
        f"unexpected {type(error).__name__}. Run again with TAP_MARKETO_LOGLEVEL=DEBUG to log the"
        " traceback, and report it."
    )


def deny(error: AccessDeniedError, permissions: Iterable[str], subject: str) -> None:
    """Add the missing permissions to an error as its hint.

    Args:
        error: Error to change.
        permissions: Names of the permissions.
        subject: Stream or data that needs them.
    """
    names = tuple(permissions)
    if names and isinstance(error, ResponseError):
        *others, last = names
        listed = f"{', '.join(others)} and {last}" if others else last
        plural = "s" if others else ""
        error.hint = (
            f"The API user needs the permission{plural} {listed} to read {subject} ({GRANT}), or"
            f" this machine's IP address is not on the allow-list ({ALLOW}). Marketo returns the"
            " same code when a proxy removes the token."
        )
