"""Export jobs as the state keeps them between runs: typed, with a version of their own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo.exports.window import Window
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

logger = logging.getLogger("tap-marketo")

VERSION = 2
Key = int | str
"""What a piece of a series is for, where a series has several: a program id, for example."""


@dataclass(frozen=True)
class SavedJob:
    """An export job that was recorded before it was enqueued.

    Attributes:
        export_id: Its id at Marketo.
        base: Path of its object type's export endpoints.
        request: Fingerprint of what the series asks for.
        window: None for an undated export.
        keys: What it is for; empty where the series has one piece a window.
        begun: When an undated export was begun; its file is too old some days later.
    """

    export_id: str
    base: str
    request: str
    window: Window | None
    keys: tuple[Key, ...] = ()
    begun: datetime | None = None

    def to_state(self) -> dict[str, Any]:
        """The record as the state keeps it."""
        record: dict[str, Any] = {
            "version": VERSION,
            "exportId": self.export_id,
            "base": self.base,
            "request": self.request,
        }
        if self.window:
            record |= self.window.as_filter()
        if self.keys:
            record["keys"] = list(self.keys)
        if self.begun:
            record["begunAt"] = rfc3339(self.begun)
        return record

    @classmethod
    def from_state(cls, record: Any) -> SavedJob:
        """Read a record.

        Args:
            record: As `to_state` wrote it, in this version or an earlier one.

        Raises:
            ValueError: It is no such record.
        """
        try:
            return cls(
                export_id=str(record["exportId"]),
                base=str(record["base"]),
                request=str(record["request"]),
                window=Window.from_filter(record) if "startAt" in record else None,
                keys=tuple(record.get("keys", ())),
                begun=parse_timestamp(record["begunAt"]) if record.get("begunAt") else None,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no export job: {type(error).__name__}") from None


def read_jobs(records: Any) -> list[SavedJob]:
    """Read the jobs of a state; what is no job is dropped with a warning.

    Args:
        records: The value of `export_jobs`.
    """
    jobs: list[SavedJob] = []
    for record in records if isinstance(records, list) else []:
        if isinstance(record, dict) and record.get("written"):
            continue  # of an earlier version; the bookmark says it now
        try:
            jobs.append(SavedJob.from_state(record))
        except ValueError:
            logger.warning("The state holds an export job that cannot be read: it is dropped.")
    return jobs


def write_jobs(jobs: Iterable[SavedJob]) -> list[dict[str, Any]]:
    """The value of `export_jobs`.

    Args:
        jobs: In the order of their emission.
    """
    return [job.to_state() for job in jobs]
