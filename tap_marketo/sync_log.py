"""The sync log: the events of a run as a JSON Lines file, read by `tap-marketo report`."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, BinaryIO

from singer_sdk.metrics import METRICS_LOGGER_NAME, Metric, Point, Tag

from tap_marketo import events
from tap_marketo.client.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

logger = logging.getLogger("tap-marketo")

# About ten thousand export jobs; later events are dropped, except for the end of the run.
MOST_BYTES = 20_000_000
SECONDS_BETWEEN_COUNTS = 60.0
# Number of logs of earlier runs; sync.jsonl.1 is the newest of them.
KEPT = 9


@contextmanager
def keep_sync_log(path: Path | None, calls: Callable[[], int], **facts: object) -> Iterator[None]:
    """Log the events of this block to a file; logs of earlier runs are renamed to numbers.

    If the file cannot be written, a warning is logged and the run continues without it.

    Args:
        path: Path of the file; None to log nothing.
        calls: Returns how many API calls the run has made so far.
        facts: Values for the first line.
    """
    if path is None:
        yield
        return
    log = SyncLog(path, calls)
    sources = [events.logger, logging.getLogger(METRICS_LOGGER_NAME)]
    for source in sources:
        source.addHandler(log)
    # A user's logging configuration may have disabled loggers that it does not name.
    events.logger.disabled = False
    outcome: dict[str, object] = {"outcome": "ended"}
    try:
        events.emit("run_started", **facts)
        yield
    except BaseException as error:
        outcome = _outcome(error)
        raise
    finally:
        log.end(outcome)
        for source in sources:
            source.removeHandler(log)
        log.close()


def _outcome(error: BaseException) -> dict[str, object]:
    if isinstance(error, SystemExit):
        return {"outcome": "ended" if not error.code else "failed", "exit_code": error.code or 0}
    # Our messages contain no data; other exceptions may quote anything.
    is_ours = type(error).__module__.startswith("tap_marketo.")
    return {"outcome": "failed", "why": redact(str(error)) if is_ours else type(error).__name__}


def _rotate(path: Path) -> None:
    """Give each earlier log the next number and delete the oldest."""
    names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, KEPT + 1))]
    for older in range(KEPT, 0, -1):
        if names[older - 1].is_file():
            names[older - 1].replace(names[older])


class SyncLog(logging.Handler):
    """Writes a line for each event, and the SDK's record counts once a minute."""

    def __init__(self, path: Path, calls: Callable[[], int]) -> None:
        """Start a log after renaming the logs of earlier runs.

        Args:
            path: Path of the file.
            calls: Returns how many API calls the run has made so far.
        """
        super().__init__()
        self._path = path
        self._calls = calls
        self._written = 0
        self._counts: Counter[str] = Counter()
        self._count_again = 0.0
        self._file: BinaryIO | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _rotate(path)
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            self._stop(error)

    def emit(self, record: logging.LogRecord) -> None:
        """Write an event, or add to the record counts.

        Args:
            record: Record of `events.emit` or of the SDK's metrics.
        """
        facts = getattr(record, "facts", None)
        if facts is not None:
            self._write(record.getMessage(), facts)
            return
        point = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if isinstance(point, Point) and point.metric is Metric.RECORD_COUNT:
            self._counts[str(point.tags.get(Tag.STREAM))] += point.value
            if time.monotonic() >= self._count_again:
                self._write_counts()

    def end(self, outcome: dict[str, object]) -> None:
        """Write how the run ended, even if the log has reached its maximum size.

        Args:
            outcome: Values of the last line.
        """
        self.acquire()
        try:
            self._written = 0
            self._write_counts()
            self._write("run_ended", outcome)
        finally:
            self.release()

    def close(self) -> None:
        """Close the file; later events are dropped."""
        self.acquire()
        try:
            if self._file is not None:
                self._file.close()
                self._file = None
        finally:
            self.release()
        super().close()

    def _write_counts(self) -> None:
        self._count_again = time.monotonic() + SECONDS_BETWEEN_COUNTS
        self._write("records", {"counts": dict(self._counts)})

    def _write(self, event: str, facts: dict[str, Any]) -> None:
        if self._file is None or self._written > MOST_BYTES:
            return
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        line = {"time": now.replace("+00:00", "Z"), "event": event, **facts, "calls": self._calls()}
        text = json.dumps(line, separators=(",", ":"), default=str) + "\n"
        try:
            self._written += self._file.write(text.encode())
        except OSError as error:
            self._stop(error)

    def _stop(self, error: OSError) -> None:
        logger.warning(
            "The sync log %s cannot be written (%s). The run continues without it.",
            self._path,
            error.strerror,
        )
        self.close()
