"""One run of the tap: its jobs with their phases, pauses, errors and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from tap_marketo.report.drawing import days

if TYPE_CHECKING:
    from datetime import datetime


class Status(str, Enum):
    """How a run ended."""

    WELL = "well"
    EARLY = "early"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True)
class Span:
    """One phase of an export job; both ends in UTC."""

    phase: str
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return (self.end - self.start).total_seconds()


@dataclass
class Job:
    """An export job.

    Attributes:
        window: Exported window, as `start/end`; empty if there is none.
        part: Part of the window, if several jobs export it.
        size: Size of the file in bytes.
        outcome: `written`, or why it was not written.
    """

    export_id: str
    stream: str
    window: str
    part: str = ""
    spans: list[Span] = field(default_factory=list)
    records: int | None = None
    size: int | None = None
    outcome: str = "not written"

    @property
    def days(self) -> str:
        """The days of its window, readable."""
        return days(self.window)

    def seconds(self, *phases: str) -> float:
        """Total time in these phases, in seconds."""
        return sum(span.seconds for span in self.spans if span.phase in phases)


@dataclass(frozen=True)
class Trouble:
    """A wait, a repeated call, or an error.

    Attributes:
        seconds: Seconds that the tap waited because of it.
    """

    at: datetime
    kind: str
    about: str
    why: str
    seconds: float


@dataclass
class Run:
    """One run of the tap.

    Attributes:
        end: End of the run, or its last event if the log has no end.
        outcome: How it ended, readable.
        reasons: Why it failed or ended early, most important first.
        planned: Number of planned windows; 0 if unknown.
        calls: API calls so far, by time.
        allocation: Used bytes of the daily export allocation, by time.
        limit: Bytes of the allocation that the tap may use; 0 if unknown.
        counts: Written records, by stream.
    """

    instance: str
    version: str
    start: datetime
    end: datetime
    outcome: str = "still running, or killed: the log has no end"
    status: Status = Status.OPEN
    reasons: list[str] = field(default_factory=list)
    planned: int = 0
    jobs: list[Job] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    calls: list[tuple[datetime, int]] = field(default_factory=list)
    allocation: list[tuple[datetime, int]] = field(default_factory=list)
    limit: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether it ended with exit code 0 and everything written."""
        return self.status is Status.WELL

    @property
    def written(self) -> list[Job]:
        """Jobs whose records were all written."""
        return [job for job in self.jobs if job.outcome == "written"]

    @property
    def exported(self) -> int:
        """Bytes of the files that Marketo exported."""
        return sum(job.size or 0 for job in self.jobs)

    @property
    def records(self) -> int:
        """Minimum number of written records."""
        by_job = sum(job.records or 0 for job in self.written)
        return max(sum(self.counts.values()), by_job)

    def largest_streams(self) -> list[tuple[str, int]]:
        """Streams with records and their counts, largest first."""
        counts = [(stream, count) for stream, count in self.counts.items() if count]
        return sorted(counts, key=lambda pair: (-pair[1], pair[0]))
