"""Our own state: bookmarks with what they cover, saved export jobs, and learned sizes.

```json
{"bookmarks": {"leads": {"replication_key": "updatedAt", "replication_key_value": "…",
                         "gaps": [{"startAt": "…", "endAt": "…"}],
                         "written": [{"startAt": "…", "endAt": "…", "keys": […]}],
                         "programs": […]}},
 "export_jobs": [{"version": 2, "exportId": "…", …}],
 "export_sizes": {"<fingerprint of a request>": {"<length>": [bytes, seconds]}}}
```
Other people's states are the business of `tap_marketo.migration`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_marketo.client.errors import MarketoError
from tap_marketo.exports.machine.series import Done
from tap_marketo.exports.saved import read_jobs, write_jobs
from tap_marketo.exports.window import SECOND, Coverage, Window
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo.exports.allocation import Allocation
    from tap_marketo.exports.machine.series import Series
    from tap_marketo.exports.saved import Key, SavedJob

logger = logging.getLogger("tap-marketo")

JOBS, SIZES = "export_jobs", "export_sizes"
OURS = (JOBS, SIZES)
"""Keys of the state in addition to the bookmarks."""
VALUE, GAPS, WRITTEN, PROGRAMS = "replication_key_value", "gaps", "written", "programs"


@dataclass
class Bookmark:
    """What earlier runs have exported of a bulk stream.

    Attributes:
        until: Last second that is exported, but for the gaps; None when nothing is.
        gaps: Ranges before it that are still missing.
        written: Pieces written although `until` and `gaps` do not say so.
        programs: The programs that it covers; None when it does not say.
    """

    until: datetime | None = None
    gaps: list[Window] = field(default_factory=list)
    written: list[Done] = field(default_factory=list)
    programs: set[Key] | None = None

    @classmethod
    def from_state(cls, state: dict[str, Any], stream: str) -> Bookmark:
        """Read the bookmark of a stream.

        Args:
            state: Of the stream.
            stream: Its name, for the error.

        Raises:
            MarketoError: The bookmark cannot be read.
        """
        value = state.get(VALUE)
        try:
            return cls(
                None if value is None else parse_timestamp(str(value)),
                [Window.from_filter(gap) for gap in state.get(GAPS) or ()],
                [Done.from_state(one) for one in state.get(WRITTEN) or ()],
                None if state.get(PROGRAMS) is None else set(state[PROGRAMS]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise MarketoError(
                f"The state holds no usable bookmark for stream {stream}: correct"
                f" {VALUE}, or remove the stream from the state to begin from its start date."
            ) from None

    def start(self, start_date: datetime | None, default: datetime) -> datetime:
        """Where the stream begins: a start date may skip ahead, the default history never does.

        Args:
            start_date: As set; None leaves it to the run.
            default: Where a stream without a bookmark begins then.
        """
        if start_date:
            return start_date
        known = [default, *(gap.start for gap in self.gaps)]
        return min([*known, self.until + SECOND] if self.until else known)

    def coverage(self, start: datetime) -> Coverage:
        """What is exported since a start.

        Args:
            start: Nothing before this is wanted.
        """
        if self.until is None:
            return Coverage(start - SECOND)
        kept = [Window(max(gap.start, start), gap.end) for gap in self.gaps if gap.end >= start]
        return Coverage(max(self.until, start - SECOND), kept)


def write_bookmark(state: dict[str, Any], series: Series, replication_key: str | None) -> None:
    """Note in the state of a stream what is exported.

    Args:
        state: Of the stream; changed in place.
        series: As far as it is written.
        replication_key: The column that the bookmark is about.
    """
    if series.has_bookmark and not series.is_undated:
        state["replication_key"] = replication_key
        state[VALUE] = rfc3339(series.coverage.until)
    _keep(state, GAPS, series.coverage.gaps_as_state())
    _keep(state, WRITTEN, [one.to_state() for one in series.done] if series.keeps_done else [])
    if series.known is not None:
        state[PROGRAMS] = sorted(series.known, key=int)


def _keep(state: dict[str, Any], name: str, value: list[Any]) -> None:
    if value:
        state[name] = value
    else:
        state.pop(name, None)


def saved_jobs(state: dict[str, Any]) -> list[SavedJob]:
    """The export jobs that earlier runs left behind.

    Args:
        state: The whole one.
    """
    return read_jobs(state.get(JOBS, []))


def learned_sizes(state: dict[str, Any]) -> dict[str, Any]:
    """The sizes of exports that earlier runs learned.

    Args:
        state: The whole one.
    """
    sizes = state.get(SIZES)
    return sizes if isinstance(sizes, dict) else {}


def write_exports(state: dict[str, Any], jobs: list[SavedJob], allocation: Allocation) -> None:
    """Note jobs and learned sizes.

    Args:
        state: The whole one; changed in place.
        jobs: Those under way or not written yet.
        allocation: With the sizes.
    """
    _keep(state, JOBS, write_jobs(jobs))
    if sizes := allocation.to_state():
        state[SIZES] = sizes


def late_keys(
    created: dict[Key, datetime | None], bookmark: Bookmark
) -> dict[Key, datetime | None]:
    """Keys that a bookmark does not cover although it may lie behind them.

    Args:
        created: All keys there are, and since when each can have anything.
        bookmark: Of the stream.
    """
    until, known = bookmark.until, bookmark.programs
    if until is None or known is None:
        return {}
    return {
        key: since
        for key, since in created.items()
        if key not in known and (since is None or since <= until)
    }
