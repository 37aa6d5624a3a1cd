"""What one check found, and the report that they make together."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any


class Status(enum.Enum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: What was looked at.
        status: How it went.
        message: What was found, a sentence.
        remedy: What to do, and where; empty when there is nothing to do.
        details: The same as numbers, for programs.
    """

    check: str
    status: Status
    message: str
    remedy: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        told = {"check": self.check, "status": self.status.value, "message": self.message}
        remedy = {"remedy": self.remedy} if self.remedy else {}
        return {**told, **remedy, **({"details": self.details} if self.details else {})}


@dataclass(frozen=True)
class Report:
    """All findings.

    Attributes:
        findings: In the order in which they were found.
        calls: API calls that it took.
    """

    findings: list[Finding]
    calls: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether a sync would run."""
        return all(one.status is not Status.FAILED for one in self.findings)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "ready": self.is_ready,
            "calls": self.calls,
            "findings": [one.as_json() for one in self.findings],
        }


def passed(check: str, message: str, **details: Any) -> Finding:
    """Nothing is wrong."""
    return Finding(check, Status.OK, message, details=details)


def warned(check: str, message: str, remedy: str, **details: Any) -> Finding:
    """A sync runs, but not as one would expect."""
    return Finding(check, Status.WARNING, message, remedy, details)


def failed(check: str, message: str, remedy: str, **details: Any) -> Finding:
    """A sync would fail, or leave out what was asked for."""
    return Finding(check, Status.FAILED, message, remedy, details)


def skipped(check: str, message: str) -> Finding:
    """It could not be looked at."""
    return Finding(check, Status.SKIPPED, message)
