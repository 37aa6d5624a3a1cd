"""Faults to order: which calls they befall, how often, and what happens then."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "error": "HTTP 200 with an envelope of `code` and `message`",
    "http": "HTTP `status` with an HTML body, and `retry_after` as a header",
    "html": "HTTP 200 with a body that is no JSON",
    "reset": "the connection is closed before any answer",
    "timeout": "no answer for `seconds`, then the connection is closed",
    "unanswered": "the call takes effect, and the connection is closed before its answer",
    "slow": "the answer comes after `seconds`",
    "empty": "HTTP 200 with nothing in it",
    "body": "HTTP 200 with `body` as JSON, whatever it is",
    "empty_page": "a page of a list without records, although more follow",
    "truncate": "the body stops after `bytes` although more was announced",
    "shorten": "a file that ends cleanly after `bytes`",
    "corrupt": "one byte of the file is another",
    "ignore_range": "`Range` is ignored: HTTP 200 with the whole file",
    "missing_file": "HTTP 404 with plain text, although the job is completed",
    "unlabelled_error": "HTTP 200, labelled as a file, with an envelope of `code`",
}

# What may happen to an export job; `stick` is to make no progress, `lose` to be unknown.
JOB_FAULTS = ("fail", "stick", "cancel", "lose", "wrong_checksum")


@dataclass
class Fault:
    """One order.

    Attributes:
        kind: One of `KINDS`.
        path: Glob over the path, for example `/bulk/v1/leads/export/*/enqueue.json`.
        method: GET or POST; any by default.
        skip: Calls let through before the first that is hit.
        times: Calls that are hit; negative means all.
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
    """All orders; the first that matches a call is used."""

    orders: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Order a fault.

        Args:
            fault: What should happen, and when.

        Raises:
            ValueError: There is no such kind.
        """
        if fault.kind not in KINDS:
            raise ValueError(f"no such fault: {fault.kind}; there are {', '.join(KINDS)}")
        self.orders.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that befalls a call, if any.

        Args:
            method: Of the call.
            path: Of the call.
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
