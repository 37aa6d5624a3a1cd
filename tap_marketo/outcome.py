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

# What one stream meets, all others do: no token, and no more calls today.
CONCERNS_ALL = (IdentityError, DailyCallsSpentError)
GRANT = "Admin > Users & Roles > Roles > Access API"
ALLOW = "Admin > IP Restrictions > API"


class ChildFailedError(TapError):
    """A child stream failed, so that the bookmark of its parent stays."""

    def __init__(self, parent: str) -> None:
        """Name the parent.

        Args:
            parent: Name of the stream whose records were all written.
        """
        super().__init__(f"A child stream of {parent} failed; the bookmark of {parent} stays.")


class Outcome:
    """What became of each stream.

    Attributes:
        skipped: Why optional streams were not read.
        failed: Why streams ended with an error.
        paused: Which quota ended the run early.
        gone: Selected streams and columns that the instance does not have any more.
        is_blocked: Whether Marketo denied everything that it was asked.
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
        """Begin a run.

        Args:
            logger: The tap's.
            has_read: Whether Marketo has let the API user read anything yet.
            has_catalog: Whether somebody selected streams.
            require_all: Whether a selected stream or column that is missing fails the run.
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
        """Go on without a stream that the API user may not read, or the subscription lacks.

        Args:
            stream: Its name.
            permissions: What the role of the API user needs; named only where that is the reason.
            error: What Marketo answered.
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
        """Note something that was denied, to be logged unless everything is.

        Args:
            line: For the log.
        """
        self._denied.append(line)

    def report_denied(self) -> None:
        """Log what was denied: once for all streams while Marketo has let nothing be read."""
        if not self._has_read() and (self.is_blocked or len(self._denied) > 1):
            if not self.is_blocked:
                self._logger.warning(
                    "Marketo denied every call (603): this machine's address is not on the"
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
        """Go on without a stream that could not be described.

        It is skipped where a permission or a feature is missing, and where nobody asked for it
        yet; otherwise it has failed.

        Args:
            stream: Its name.
            permissions: What the role of the API user needs.
            error: What went wrong.
        """
        if isinstance(error, SKIPPABLE) or not self._has_catalog:
            self.skip_stream(stream, permissions, error)
        else:
            self.stream_failed(stream, error)

    def stream_failed(self, stream: str, error: Exception, *, sharing: int = 0) -> None:
        """Go on with the other streams after one failed; the run then ends with an error.

        Args:
            stream: Its name.
            error: Why.
            sharing: How many other streams share its exports, and so fail with it.

        Raises:
            TapError: The same, where the other streams would meet it too.
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
        # The texts of other exceptions may quote records; the trace goes to the debug log.
        self._logger.error("Stream %s failed: %s", stream, described(error))
        if not is_ours:
            self._logger.debug("Where stream %s failed:", stream, exc_info=error)
        emit("stream_failed", stream=stream, why=described(error))

    def quota_exhausted(self, error: TapError) -> None:
        """Note that a quota is spent: the run goes on with other streams and ends with this.

        Args:
            error: What to report at the end.
        """
        if self.paused is None:
            self._logger.info("A daily limit is reached: the run ends with what is exported.")
        emit("paused", why=str(error))
        self.paused = self.paused or error

    def gone_from_instance(self, what: str) -> None:
        """Note that a stream or a column of the catalog is gone or renamed.

        Args:
            what: Named as in the catalog.
        """
        self.gone.append(what)

    def end(self, wanted: set[str], *, named: AbstractSet[str] = frozenset(), stops: bool) -> int:
        """Log the last lines of a run.

        Args:
            wanted: Streams that somebody selected.
            named: Those that were chosen by name, not by a wildcard.
            stops: Whether a spent quota is no error.

        Returns:
            The exit code.
        """
        self.report_denied()
        missing = (wanted | named) & set(self.skipped)
        # What is gone from Marketo is a matter of `require_all_streams`, as other gone streams are.
        unreadable = {
            one for one in missing & named if not isinstance(self.skipped[one], NotFoundError)
        }
        is_incomplete = bool(missing) and (
            self._require_all or bool(unreadable) or missing == wanted
        )
        if self.failed:
            self._logger.error(
                "Failed streams: %s. What was written is safe: each bookmark stays before what was"
                " not, and the next run continues from there. See the errors above;"
                " `tap-marketo doctor` finds most causes.",
                ", ".join(self.failed),
            )
        if is_incomplete:
            self._logger.error(
                "Selected streams that could not be read: %s. See the warnings above, give the"
                " permissions or deselect the streams; `tap-marketo doctor` checks them.",
                ", ".join(sorted(missing)),
            )
        if self.gone and self._require_all:
            self._logger.error(
                "Selected, but not in Marketo any more: %s. Refresh the catalog"
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
    """What a log may say of an error.

    Args:
        error: Any; the texts of foreign exceptions are left out, they may quote records.
    """
    if isinstance(error, TapError):
        return str(error)
    return (
        f"an unexpected {type(error).__name__}. Run again with TAP_MARKETO_LOGLEVEL=DEBUG for the"
        " trace, and report it."
    )


def deny(error: AccessDeniedError, permissions: Iterable[str], what: str) -> None:
    """Say which permissions a denied stream needs.

    Args:
        error: Gets the hint.
        permissions: Their names.
        what: What cannot be read without them.
    """
    names = tuple(permissions)
    if names and isinstance(error, ResponseError):
        *others, last = names
        listed = f"{', '.join(others)} and {last}" if others else last
        plural = "s" if others else ""
        error.hint = (
            f"The API user needs the permission{plural} {listed} to read {what} ({GRANT}), or this"
            f" machine's address is not on the allow-list ({ALLOW}). Marketo gives the same code"
            " when no token arrives."
        )
