"""Export jobs: their requests, states and API calls."""

from __future__ import annotations

import enum
import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_marketo.client.errors import JobAlreadyQueuedError, NotFoundError, ResponseError
from tap_marketo.client.paging import token_pages
from tap_marketo.values.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.window import Window

LEADS = "/bulk/v1/leads/export"
ACTIVITIES = "/bulk/v1/activities/export"
PROGRAM_MEMBERS = "/bulk/v1/program/members/export"

Filters = tuple[tuple[str, "int | str | tuple[int, ...]"], ...]


class JobState(enum.Enum):
    """State of a job; Adobe's different spellings of a state are the same here."""

    CREATED = "Created"
    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    UNKNOWN = "Unknown"

    @classmethod
    def parse(cls, text: str) -> JobState:
        """Parse a state of the API.

        Args:
            text: State in any spelling; an unknown one is `UNKNOWN`.
        """
        name = text.strip().upper().replace("CANCELED", "CANCELLED")
        return cls[name] if name in cls.__members__ else cls.UNKNOWN


@dataclass(frozen=True)
class ExportJob:
    """A job as Marketo describes it; missing values are None.

    Source: bulk-extract.md
    """

    export_id: str
    state: JobState
    records: int | None = None
    file_size: int | None = None
    checksum: str | None = None
    error: str | None = None
    started_at: str | None = None
    finished_at: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the job has reached its final state."""
        return self.state in {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}

    @property
    def finished(self) -> datetime | None:
        """End time of the job; None if it is missing or invalid."""
        try:
            return parse_timestamp(str(self.finished_at)) if self.finished_at else None
        except ValueError:
            return None

    @classmethod
    def from_api(cls, item: Mapping[str, Any]) -> ExportJob:
        """Create a job from an answer of a job endpoint.

        Args:
            item: Item of `result`.
        """
        return cls(
            export_id=str(item["exportId"]),
            state=JobState.parse(str(item.get("status", ""))),
            records=_count(item.get("numberOfRecords")),
            file_size=_count(item.get("fileSize")),
            checksum=item.get("fileChecksum"),
            error=item.get("errorMsg"),
            started_at=item.get("startedAt"),
            finished_at=item.get("finishedAt"),
        )


@dataclass(frozen=True)
class ExportRequest:
    """The request that the export jobs of a series share, except for window and part.

    Attributes:
        name: Name of the stream or group of streams, for the log.
        base: Path of the object type's export endpoints.
        fields: Column names as in the API.
        window_filter: Name of the date filter: `updatedAt` or `createdAt`; empty for an undated
            export.
        filters: Further filters.
        pins_header: Whether to request the API names as header of the file.
    """

    name: str
    base: str
    fields: tuple[str, ...]
    window_filter: str
    filters: Filters = ()
    pins_header: bool = False

    def body(self, window: Window | None) -> dict[str, Any]:
        """Return the body of a create call.

        Args:
            window: Window of at most 31 days; None for an undated export.
        """
        filters: dict[str, Any] = {self.window_filter: window.as_filter()} if window else {}
        for name, value in self.filters:
            filters[name] = list(value) if isinstance(value, tuple) else value
        body: dict[str, Any] = {"format": "CSV", "fields": list(self.fields), "filter": filters}
        if self.pins_header:
            body["columnHeaderNames"] = {name: name for name in self.fields}
        return body

    def part(self, filters: Filters) -> ExportRequest:
        """Return the request with further filters.

        Args:
            filters: Filters to add.
        """
        return replace(self, filters=self.filters + filters) if filters else self

    def undated(self, filters: Filters = ()) -> ExportRequest:
        """Return the request without a date filter.

        Args:
            filters: Filters to add.
        """
        return replace(self, window_filter="", filters=self.filters + filters)

    @cached_property
    def fingerprint(self) -> str:
        """Hash to check whether a job of an earlier run still matches this request."""
        content = json.dumps([self.base, sorted(self.fields), self.window_filter, self.filters])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def _count(value: Any) -> int | None:
    """Parse a number of rows or bytes; None for anything else."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


class ExportEndpoint:
    """The export endpoints of one object type.

    Every method raises `ResponseError` (see `tap_marketo.client.errors`) with the id of the job.

    Source: bulk-extract.md
    """

    def __init__(self, client: MarketoClient, base: str) -> None:
        """Create the endpoints of an object type.

        Args:
            client: Client for the instance.
            base: Path of the object type's export endpoints.
        """
        self.client = client
        self.base = base

    def create(self, request: ExportRequest, window: Window | None) -> ExportJob:
        """Create a job; it does nothing until it is enqueued."""
        try:
            # A job created twice is harmless: only one is enqueued.
            body = request.body(window)
            reply = self.client.post(
                f"{self.base}/create.json", body, repeatable=True, needs_result=True
            )
        except ResponseError as error:
            raise error.with_context(stream=request.name) from None
        return ExportJob.from_api(reply.result[0])

    def enqueue(self, export_id: str) -> None:
        """Enqueue a job. A job that is already queued counts as success."""
        try:
            self._post(export_id, "enqueue")
        except JobAlreadyQueuedError:
            return

    def cancel(self, export_id: str) -> None:
        """Cancel a job."""
        self._post(export_id, "cancel")

    def status(self, export_id: str) -> ExportJob:
        """Return the current state of a job."""
        try:
            reply = self.client.get(f"{self.base}/{export_id}/status.json")
        except ResponseError as error:
            raise error.with_context(export_id=export_id) from None
        if not reply.result:
            raise NotFoundError("Marketo does not know this export job").with_context(
                export_id=export_id
            )
        return ExportJob.from_api(reply.result[0])

    def jobs(self) -> Iterator[ExportJob]:
        """Yield the API user's jobs of this object type from the last seven days."""
        for item in token_pages(self.client, f"{self.base}.json"):
            yield ExportJob.from_api(item)

    def file_path(self, export_id: str) -> str:
        """Return the path of a completed job's file."""
        return f"{self.base}/{export_id}/file.json"

    def _post(self, export_id: str, verb: str) -> None:
        try:
            self.client.post(f"{self.base}/{export_id}/{verb}.json", repeatable=True)
        except ResponseError as error:
            raise error.with_context(export_id=export_id) from None
