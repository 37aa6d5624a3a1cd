"""The plan of one bulk export: its windows in the order in which their records are written.

A series may ask for its records in several parts, each with a filter of its own, as that of program
members does for ten programs at a time. One that Marketo gives no date filter for is undated: it
has no windows, and each of its parts is one export.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from tap_marketo.events import note
from tap_marketo.exports.window import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pendulum

    from tap_marketo.client.errors import FieldNotFoundError, ResponseError
    from tap_marketo.exports.job import ExportJob, ExportRequest, Filters
    from tap_marketo.exports.window import Window

JobRecord = dict[str, Any]


class Phase(enum.Enum):
    """How far one window's export has come."""

    PLANNED = enum.auto()
    CREATED = enum.auto()
    QUEUED = enum.auto()
    EXPORTED = enum.auto()
    DOWNLOADING = enum.auto()
    READY = enum.auto()
    WRITTEN = enum.auto()
    FAILED = enum.auto()


@dataclass(eq=False)
class Export:
    """One window's export, from plan to written records.

    Attributes:
        window: None for an undated export.
        filters: Of its part, beside those of the series.
        recorded: Its job id stands in a STATE message that was sent; only then is it enqueued, so
            that no interruption leaves a job in the queue that nobody knows.
        creations: Jobs made for this window so far.
        since: When its job last moved on, by the monotonic clock.
        file: The verified spool file; None while there is none, or when no record matched.
        error: Why this window cannot be exported, once it has failed.
    """

    series: Series
    window: Window | None
    filters: Filters = ()
    phase: Phase = Phase.PLANNED
    job: ExportJob | None = None
    recorded: bool = False
    creations: int = 0
    since: float = 0.0
    file: BinaryIO | None = None
    error: Exception | None = None

    def __str__(self) -> str:
        """Stream, part, window and job, for the log."""
        words = [self.series.request.name, *map(_spelled, self.filters)]
        if self.window:
            words.append(str(self.window))
        if self.job:
            words.append(f"(export job {self.job.export_id})")
        return " ".join(words)

    @property
    def request(self) -> ExportRequest:
        """What its job asks for."""
        return self.series.request.part(self.filters)

    @property
    def export_id(self) -> str:
        """Id of the job; empty before it is created."""
        return self.job.export_id if self.job else ""

    def note(self, event: str, **facts: object) -> None:
        """Tell that something happened to this export.

        Args:
            event: What; see `tap_marketo.events.note`.
            facts: Beside stream, window and job.
        """
        stream, window = self.series.request.name, str(self.window or "")
        part = {"part": " ".join(map(_spelled, self.filters))} if self.filters else {}
        note(event, stream=stream, window=window, job=self.export_id, **part, **facts)

    def as_record(self) -> JobRecord:
        """What the state keeps of its job."""
        record = {
            "exportId": self.export_id,
            "base": self.series.request.base,
            "request": self.request.fingerprint,
        }
        if self.window:
            return record | self.window.as_filter()
        return record | ({"begunAt": rfc3339(self.series.begun)} if self.series.begun else {})


@dataclass(eq=False)
class Series:
    """All exports that one request needs, in the order in which they are emitted.

    Attributes:
        request: What each job asks for.
        exports: Those still to be written; the first is next.
        parts: The filters of each part.
        done: Written parts of what is not written in all parts.
        given_up: Whether nothing more is done for it in this run; the state keeps its jobs.
        undated: What to ask for where the subscription lacks the date filter, in as many parts.
        begun: When an undated series was first begun, by this run or an earlier one.
        without_field: Makes a request without fields that no longer exist; None when the request
            must stay as it is.
        without_gone: Makes the filters of a part without what no longer exists, given the refusal
            of a job; empty when nothing is left. None when they must stay as they are.
    """

    request: ExportRequest
    exports: list[Export] = field(default_factory=list)
    parts: list[Filters] = field(default_factory=lambda: [()])
    done: list[Export] = field(default_factory=list)
    given_up: bool = False
    undated: ExportRequest | None = None
    begun: pendulum.DateTime | None = None
    without_field: Callable[[ExportRequest, FieldNotFoundError], ExportRequest] | None = None
    without_gone: Callable[[Filters, ResponseError], Filters] | None = None

    @property
    def is_undated(self) -> bool:
        """Whether it asks for no time."""
        return not self.request.window_filter

    def plan(self, windows: Iterable[Window | None]) -> None:
        """Append windows, each in all parts.

        Args:
            windows: In the order of emission; one None for an undated series.
        """
        self.exports += [Export(self, window, part) for window in windows for part in self.parts]

    def split(self, export: Export) -> None:
        """Put two halves in the place of a window that is too large."""
        whole = export.window
        if whole is None:
            raise AssertionError(export)
        at = self.exports.index(export)
        halves = whole.halves()
        if any(one.window and one.window > whole for one in self.exports[:at]):
            halves = halves[::-1]
        self.exports[at : at + 1] = [Export(self, half, export.filters) for half in halves]

    def written(self, export: Export) -> None:
        """Take an export off; it is remembered until its window is written in all parts."""
        self.exports.remove(export)
        mine = [export] if export.job else []
        self.done = [one for one in self.done + mine if self._is_incomplete(one.window)]

    def records(self) -> list[JobRecord]:
        """What the state keeps of the jobs that are not written yet, or not in all parts."""
        done = [export.as_record() | {"written": True} for export in self.done]
        return [export.as_record() for export in self.exports if export.job] + done

    def _is_incomplete(self, window: Window | None) -> bool:
        if window is None:
            return bool(self.exports)
        rest = (export.window for export in self.exports)
        return any(one and one.start <= window.end and window.start <= one.end for one in rest)


def _spelled(pair: tuple[str, int | str | tuple[int, ...]]) -> str:
    name, value = pair
    if isinstance(value, tuple):
        value = f"{value[0]}" if len(value) == 1 else f"{value[0]} to {value[-1]}"
    return f"{name} {value}"
