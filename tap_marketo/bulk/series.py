"""The plan of one bulk export: its windows in the order in which their records are written."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from tap_marketo.bulk.window import SECOND, Window, moment
from tap_marketo.events import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_marketo.bulk.job import ExportJob, ExportRequest
    from tap_marketo.client.errors import FieldNotFoundError

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


@dataclass(eq=False)
class Export:
    """One window's export, from plan to written records.

    Attributes:
        recorded: Its job id stands in a STATE message that was sent; only then is it enqueued, so
            that no interruption leaves a job in the queue that nobody knows.
        creations: Jobs made for this window so far.
        looks: Status polls that saw the job in one and the same state.
        file: The verified spool file; None while there is none, or when no record matched.
        error: Why this window cannot be exported.
    """

    series: Series
    window: Window
    phase: Phase = Phase.PLANNED
    job: ExportJob | None = None
    recorded: bool = False
    creations: int = 0
    looks: int = 0
    since: float = 0.0
    file: BinaryIO | None = None
    error: Exception | None = None

    def __str__(self) -> str:
        """Stream, window and job, for the log."""
        name = f"{self.series.request.name} {self.window}"
        return f"{name} (export job {self.job.export_id})" if self.job else name

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
        stream, window = self.series.request.name, str(self.window)
        note(event, stream=stream, window=window, job=self.export_id, **facts)


@dataclass(eq=False)
class Series:
    """All windows that one request needs, in the order in which they are emitted.

    Attributes:
        request: What each job asks for.
        exports: The windows still to be written; the first is next.
        without_field: Makes a request without fields that no longer exist; None when the request
            must stay as it is.
    """

    request: ExportRequest
    exports: list[Export] = field(default_factory=list)
    without_field: Callable[[ExportRequest, FieldNotFoundError], ExportRequest] | None = None

    def plan(self, windows: Iterable[Window]) -> None:
        """Append windows.

        Args:
            windows: In the order of emission.
        """
        self.exports.extend(Export(self, window) for window in windows)

    def split(self, export: Export) -> None:
        """Put two halves in the place of a window that is too large."""
        at = self.exports.index(export)
        halves = export.window.halves()
        if at and self.exports[at - 1].window > export.window:
            halves = halves[::-1]
        self.exports[at : at + 1] = [Export(self, half) for half in halves]

    def records(self) -> list[JobRecord]:
        """What the state keeps of the jobs that are not written yet."""
        return [
            {
                "exportId": export.export_id,
                "base": self.request.base,
                "request": self.request.fingerprint,
                **export.window.as_filter(),
            }
            for export in self.exports
            if export.job
        ]


def adoptable(
    ranges: list[Window], records: list[JobRecord], request: ExportRequest
) -> tuple[list[tuple[Window, str | None]], list[JobRecord]]:
    """Fit jobs that an earlier run left behind into what is missing now.

    Args:
        ranges: What is missing, oldest first.
        records: Jobs of the state.
        request: What is asked for now.

    Returns:
        The ranges, cut where left-behind jobs cover them, with those jobs' ids, oldest first; and
        the records that were used.
    """
    mine = sorted(
        (
            (Window(moment(record["startAt"]), moment(record["endAt"])), record)
            for record in records
            if record["base"] == request.base and record["request"] == request.fingerprint
        ),
        key=lambda pair: pair[0],
    )
    plan: list[tuple[Window, str | None]] = []
    used: list[JobRecord] = []
    for whole in ranges:
        start = whole.start
        for window, record in mine:
            fits = window.start >= start or not (used or plan)
            if record in used or window.end < start or window.end > whole.end or not fits:
                continue
            if window.start > start:
                plan.append((Window(start, window.start - SECOND), None))
            plan.append((window, record["exportId"]))
            used.append(record)
            start = window.end + SECOND
        if start <= whole.end:
            plan.append((Window(start, whole.end), None))
    return plan, used
