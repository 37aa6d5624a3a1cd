"""Faults on demand: the calls that they hit, how often, and their effect."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "error": "HTTP 200 with an envelope of `code` and `message`",
    "http": "HTTP `status` with an HTML body, and `retry_after` as a header",
    "html": "HTTP 200 with a body that is not JSON",
    "reset": "the connection is closed before the answer",
    "timeout": "no answer for `seconds`, then the connection is closed",
    "unanswered": "the call takes effect, and the connection is closed before its answer",
    "slow": "the answer comes after `seconds`",
    "empty": "HTTP 200 with an empty body",
    "body": "HTTP 200 with `body` as JSON",
    "empty_page": "a page of a list without records, although more follow",
    "truncate": "the body ends after `bytes`, before its announced length",
    "shorten": "a file that ends cleanly after `bytes`",
    "corrupt": "one byte of the file is changed",
    "ignore_range": "`Range` is ignored: HTTP 200 with the whole file",
    "missing_file": "HTTP 404 with plain text, although the job is completed",
    "unlabelled_error": "HTTP 200, labelled as a file, with an envelope of `code`",
}

# Faults of an export job; `stick` makes no progress, `lose` makes the job unknown.
JOB_FAULTS = ("fail", "stick", "cancel", "lose", "wrong_checksum")


@dataclass
class Fault:
    """A fault to inject.

    Attributes:
        kind: One of `KINDS`.
        path: Glob pattern for the path, for example `/bulk/v1/leads/export/*/enqueue.json`.
        method: GET or POST; any by default.
        skip: Number of matching calls before the first hit.
        times: Number of calls to hit; negative means all.
    """

    kind: str
    path: str = "*"
    method: str = "*"
    skip: int = 0
    times: int = 1
    code: str = "611"
    message: str = "System error"
    status: int = 500
    seconds: float = 1.0
    bytes: int = 100
    retry_after: str = ""
    body: Any = None
    hits: int = 0


@dataclass
class Faults:
    """All faults; the first that matches a call is used."""

    orders: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Add a fault.

        Args:
            fault: Fault to add.

        Raises:
            ValueError: The kind is unknown.
        """
        if fault.kind not in KINDS:
            raise ValueError(f"unknown fault: {fault.kind}; use one of {', '.join(KINDS)}")
        self.orders.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits a call, if any.

        Args:
            method: Method of the call.
            path: Path of the call.
        """
        with self._lock:
            for fault in self.orders:
                if not fnmatchcase(path, fault.path) or fault.method not in {"*", method}:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.times == 0:
                    continue
                fault.times -= 1
                fault.hits += 1
                return fault
        return None
