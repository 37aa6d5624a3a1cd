"""Findings of the checks, and the report of all findings."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any


class Status(enum.Enum):
    """Result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """Finding of a check.

    Attributes:
        check: Name of the check.
        status: Result of the check.
        message: Description, one sentence or more.
        remedy: What to do, and where; empty if there is nothing to do.
        details: Values for programs.
    """

    check: str
    status: Status
    message: str
    remedy: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON."""
        finding = {"check": self.check, "status": self.status.value, "message": self.message}
        remedy = {"remedy": self.remedy} if self.remedy else {}
        return {**finding, **remedy, **({"details": self.details} if self.details else {})}


@dataclass(frozen=True)
class Report:
    """All findings.

    Attributes:
        findings: Findings in the order of the checks.
        calls: Number of API calls made.
    """

    findings: list[Finding]
    calls: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether no check failed."""
        return all(finding.status is not Status.FAILED for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "ready": self.is_ready,
            "calls": self.calls,
            "findings": [finding.as_json() for finding in self.findings],
        }


def passed(check: str, message: str, **details: Any) -> Finding:
    """Create a finding without a problem."""
    return Finding(check, Status.OK, message, details=details)


def warned(check: str, message: str, remedy: str, **details: Any) -> Finding:
    """Create a finding that does not prevent a sync."""
    return Finding(check, Status.WARNING, message, remedy, details)


def failed(check: str, message: str, remedy: str, **details: Any) -> Finding:
    """Create a finding that would make a sync fail or miss data."""
    return Finding(check, Status.FAILED, message, remedy, details)


def skipped(check: str, message: str) -> Finding:
    """Create a finding of a check that was not possible."""
    return Finding(check, Status.SKIPPED, message)
