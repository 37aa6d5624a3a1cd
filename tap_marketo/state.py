"""The tap's state: bookmarks, saved export jobs, and learned export sizes.

```json
{"bookmarks": {"leads": {"replication_key": "updatedAt", "replication_key_value": "…",
                         "gaps": [{"startAt": "…", "endAt": "…"}],
                         "written": [{"startAt": "…", "endAt": "…", "keys": […]}],
                         "programs": […]}},
 "export_jobs": [{"version": 2, "exportId": "…", …}],
 "export_sizes": {"<fingerprint of a request>": {"<length>": [bytes, seconds]}}}
```
`tap_marketo.migration` converts the states of other taps.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
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
    """Bookmark of a bulk stream.

    Attributes:
        until: Last exported second, except for the gaps; None if nothing is exported.
        gaps: Ranges before `until` that are still missing.
        written: Written pieces that `until` and `gaps` do not cover.
        programs: Programs that the bookmark covers; None if unknown.
    """

    until: datetime | None = None
    gaps: list[Window] = field(default_factory=list)
    written: list[Done] = field(default_factory=list)
    programs: set[Key] | None = None

    @classmethod
    def from_state(cls, state: dict[str, Any], stream: str) -> Bookmark:
        """Read the bookmark of a stream.

        Args:
            state: State of the stream.
            stream: Name of the stream, for the error.

        Raises:
            MarketoError: The bookmark cannot be read.
        """
        value = state.get(VALUE)
        try:
            return cls(
                None if value is None else parse_timestamp(str(value)),
                [Window.from_filter(gap) for gap in state.get(GAPS) or ()],
                [Done.from_state(piece) for piece in state.get(WRITTEN) or ()],
                None if state.get(PROGRAMS) is None else set(state[PROGRAMS]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise MarketoError(
                f"The state has an invalid bookmark for stream {stream}. Correct"
                f" {VALUE}, or remove the stream from the state to read it from the start date."
            ) from None

    def start(self, start_date: datetime | None, default: datetime, lookback: int = 0) -> datetime:
        """Return the time from which to read: only an explicit start date can skip data.

        Args:
            start_date: Value of the setting, if set.
            default: Start of a stream without a bookmark, if no start date is set.
            lookback: Seconds by which windows start earlier.
        """
        if start_date:
            return start_date
        missing = [gap.start for gap in self.gaps]
        if self.until:
            missing.append(self.until + SECOND)
        return min([default, *(start - timedelta(seconds=lookback) for start in missing)])

    def coverage(self, start: datetime) -> Coverage:
        """Return the exported ranges since a start.

        Args:
            start: Earliest time to read.
        """
        if self.until is None:
            return Coverage(start - SECOND)
        kept = [Window(max(gap.start, start), gap.end) for gap in self.gaps if gap.end >= start]
        return Coverage(max(self.until, start - SECOND), kept)


def write_bookmark(state: dict[str, Any], series: Series, replication_key: str | None) -> None:
    """Write the progress of a series to the state of its stream.

    Args:
        state: State of the stream; changed in place.
        series: Series with its written pieces.
        replication_key: Column of the bookmark.
    """
    if series.has_bookmark and not series.is_undated:
        state["replication_key"] = replication_key
        state[VALUE] = rfc3339(series.coverage.until)
    _keep(state, GAPS, series.coverage.gaps_as_state())
    written = [piece.to_state() for piece in series.done] if series.keeps_done else []
    _keep(state, WRITTEN, written)
    if series.known is not None:
        state[PROGRAMS] = sorted(series.known, key=int)


def _keep(state: dict[str, Any], name: str, value: list[Any]) -> None:
    if value:
        state[name] = value
    else:
        state.pop(name, None)


def saved_jobs(state: dict[str, Any]) -> list[SavedJob]:
    """Return the export jobs of earlier runs.

    Args:
        state: Whole state.
    """
    return read_jobs(state.get(JOBS, []))


def learned_sizes(state: dict[str, Any]) -> dict[str, Any]:
    """Return the export sizes that earlier runs learned.

    Args:
        state: Whole state.
    """
    sizes = state.get(SIZES)
    return sizes if isinstance(sizes, dict) else {}


def write_exports(state: dict[str, Any], jobs: list[SavedJob], allocation: Allocation) -> None:
    """Write export jobs and learned sizes to the state.

    Args:
        state: Whole state; changed in place.
        jobs: Jobs that are running or not written yet.
        allocation: Allocation with the learned sizes.
    """
    _keep(state, JOBS, write_jobs(jobs))
    if sizes := allocation.to_state():
        state[SIZES] = sizes


def late_keys(
    created: dict[Key, datetime | None], bookmark: Bookmark
) -> dict[Key, datetime | None]:
    """Return the keys that may have data before the bookmark which it does not cover.

    Args:
        created: Creation time of each key, if known.
        bookmark: Bookmark of the stream.
    """
    until, known = bookmark.until, bookmark.programs
    if until is None or known is None:
        return {}
    return {
        key: since
        for key, since in created.items()
        if key not in known and (since is None or since <= until)
    }
