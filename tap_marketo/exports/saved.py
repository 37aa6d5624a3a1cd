"""Export jobs as the state saves them between runs, in a versioned format."""

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
"""Identifies what a piece exports if a series has several parts, for example a program id."""


@dataclass(frozen=True)
class SavedJob:
    """An export job in the state.

    Attributes:
        export_id: Id of the job in Marketo.
        base: Path of the object type's export endpoints.
        request: Fingerprint of the series' request.
        window: Window of the job; None for an undated export.
        keys: Keys of the job; empty if the series has one piece a window.
        begun: Start of an undated export, whose file expires some days later.
    """

    export_id: str
    base: str
    request: str
    window: Window | None
    keys: tuple[Key, ...] = ()
    begun: datetime | None = None

    def to_state(self) -> dict[str, Any]:
        """Return the job as a state record."""
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
        """Create a job from a state record.

        Args:
            record: Record written by `to_state` of this version or an earlier one.

        Raises:
            ValueError: The record is invalid.
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
            raise ValueError(f"not an export job: {type(error).__name__}") from None


def read_jobs(records: Any) -> list[SavedJob]:
    """Read the jobs of a state; invalid ones are dropped with a warning.

    Args:
        records: Value of `export_jobs`.
    """
    jobs: list[SavedJob] = []
    for record in records if isinstance(records, list) else []:
        if isinstance(record, dict) and record.get("written"):
            continue  # of an earlier version; the bookmark covers it now
        try:
            jobs.append(SavedJob.from_state(record))
        except ValueError:
            logger.warning(
                "The state has an invalid export job. It is ignored, and its window is exported"
                " again."
            )
    return jobs


def write_jobs(jobs: Iterable[SavedJob]) -> list[dict[str, Any]]:
    """Return the value of `export_jobs`.

    Args:
        jobs: Jobs in the order in which they are written.
    """
    return [job.to_state() for job in jobs]
