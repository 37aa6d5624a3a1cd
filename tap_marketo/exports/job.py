"""One export job: what is asked for, its states, and the six calls of its life."""

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
    """Where a job stands; spellings that differ between Adobe's pages are one state here."""

    CREATED = "Created"
    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    UNKNOWN = "Unknown"

    @classmethod
    def parse(cls, text: str) -> JobState:
        """Read a state of the API.

        Args:
            text: In any spelling.
        """
        name = text.strip().upper().replace("CANCELED", "CANCELLED")
        return cls[name] if name in cls.__members__ else cls.UNKNOWN


@dataclass(frozen=True)
class ExportJob:
    """A job as Marketo describes it; what it does not say yet is None.

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
        """Whether nothing more will happen to it."""
        return self.state in {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}

    @property
    def finished(self) -> datetime | None:
        """When it ended; None when Marketo does not say it in a way that can be read."""
        try:
            return parse_timestamp(str(self.finished_at)) if self.finished_at else None
        except ValueError:
            return None

    @classmethod
    def from_api(cls, item: Mapping[str, Any]) -> ExportJob:
        """Read the job object of any of the job endpoints.

        Args:
            item: One item of `result`.
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
    """What a series of export jobs asks for; windows and parts differ between them.

    Attributes:
        name: Of the stream or group of streams, for the log.
        base: Path of the object type's export endpoints.
        fields: Column names as the API has them.
        window_filter: Name of the date filter: `updatedAt` or `createdAt`; empty for an undated
            export, of all that the further filters match.
        filters: Further filters.
        pins_header: Whether to ask for the API names as header, where files would show others.
    """

    name: str
    base: str
    fields: tuple[str, ...]
    window_filter: str
    filters: Filters = ()
    pins_header: bool = False

    def body(self, window: Window | None) -> dict[str, Any]:
        """The body of a create call.

        Args:
            window: At most 31 days; None for an undated export.
        """
        filters: dict[str, Any] = {self.window_filter: window.as_filter()} if window else {}
        for name, value in self.filters:
            filters[name] = list(value) if isinstance(value, tuple) else value
        body: dict[str, Any] = {"format": "CSV", "fields": list(self.fields), "filter": filters}
        if self.pins_header:
            body["columnHeaderNames"] = {name: name for name in self.fields}
        return body

    def part(self, filters: Filters) -> ExportRequest:
        """The same, with more filters.

        Args:
            filters: Beside its own.
        """
        return replace(self, filters=self.filters + filters) if filters else self

    def undated(self, filters: Filters = ()) -> ExportRequest:
        """The same without a date filter.

        Args:
            filters: In its place.
        """
        return replace(self, window_filter="", filters=self.filters + filters)

    @cached_property
    def fingerprint(self) -> str:
        """Tells whether a job that was left behind still fits what is asked for now."""
        plan = json.dumps([self.base, sorted(self.fields), self.window_filter, self.filters])
        return hashlib.sha256(plan.encode()).hexdigest()[:16]


def _count(value: Any) -> int | None:
    """A number of rows or bytes; None for anything else."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


class ExportEndpoint:
    """The export endpoints of one object type.

    Every method raises `ResponseError` (see `tap_marketo.client.errors`), naming the job.

    Source: bulk-extract.md
    """

    def __init__(self, client: MarketoClient, base: str) -> None:
        """Bind an object type.

        Args:
            client: Of the instance.
            base: Path of the object type's export endpoints.
        """
        self.client = client
        self.base = base

    def create(self, request: ExportRequest, window: Window | None) -> ExportJob:
        """Create a job; it does nothing until it is enqueued."""
        try:
            # A job that was created twice costs nothing: it is never enqueued.
            body = request.body(window)
            reply = self.client.post(
                f"{self.base}/create.json", body, repeatable=True, needs_result=True
            )
        except ResponseError as error:
            raise error.with_context(stream=request.name) from None
        return ExportJob.from_api(reply.result[0])

    def enqueue(self, export_id: str) -> None:
        """Put a job into the queue; that it is there already is success."""
        try:
            self._post(export_id, "enqueue")
        except JobAlreadyQueuedError:
            return

    def cancel(self, export_id: str) -> None:
        """Take a job out of the queue."""
        self._post(export_id, "cancel")

    def status(self, export_id: str) -> ExportJob:
        """Look at one job."""
        try:
            reply = self.client.get(f"{self.base}/{export_id}/status.json")
        except ResponseError as error:
            raise error.with_context(export_id=export_id) from None
        if not reply.result:
            raise NotFoundError("Marketo shows no such export job").with_context(
                export_id=export_id
            )
        return ExportJob.from_api(reply.result[0])

    def jobs(self) -> Iterator[ExportJob]:
        """The API user's jobs of the last seven days, of this object type, in all states."""
        for item in token_pages(self.client, f"{self.base}.json"):
            yield ExportJob.from_api(item)

    def file_path(self, export_id: str) -> str:
        """Where a completed job's file is."""
        return f"{self.base}/{export_id}/file.json"

    def _post(self, export_id: str, verb: str) -> None:
        try:
            self.client.post(f"{self.base}/{export_id}/{verb}.json", repeatable=True)
        except ResponseError as error:
            raise error.with_context(export_id=export_id) from None
