"""One run of the tap as the report sees it: its jobs with their phases, pauses, errors, counts."""

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
        """How long it took."""
        return (self.end - self.start).total_seconds()


@dataclass
class Job:
    """An export job.

    Attributes:
        window: From when to when it exports, as `start/end`; empty when it has none.
        part: Which of several exports of the same window it is.
        size: Bytes of its file.
        outcome: `written`, or what became of it instead.
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
        """The days of its window, for people."""
        return days(self.window)

    def seconds(self, *phases: str) -> float:
        """How long it was in these phases together."""
        return sum(span.seconds for span in self.spans if span.phase in phases)


@dataclass(frozen=True)
class Trouble:
    """A wait, a repeated call, or an error.

    Attributes:
        seconds: How long the tap waited because of it.
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
        end: When it ended, or what happened last when nothing tells of an end.
        outcome: How it ended, for people.
        reasons: Why it failed or ended early, most important first.
        planned: Windows that it was to export; 0 when unknown.
        calls: API calls so far, by time.
        allocation: Bytes of the day's export allocation that are used, by time.
        limit: Bytes of the allocation that the tap may use; 0 when unknown.
        counts: Records written, by stream.
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
        """The jobs whose records were all written."""
        return [job for job in self.jobs if job.outcome == "written"]

    @property
    def exported(self) -> int:
        """Bytes of the files that Marketo exported."""
        return sum(job.size or 0 for job in self.jobs)

    @property
    def records(self) -> int:
        """Records written, at least."""
        by_job = sum(job.records or 0 for job in self.written)
        return max(sum(self.counts.values()), by_job)

    def largest_streams(self) -> list[tuple[str, int]]:
        """Streams that had records, with how many, most first."""
        counts = [(stream, count) for stream, count in self.counts.items() if count]
        return sorted(counts, key=lambda pair: (-pair[1], pair[0]))
