"""Bulk import of CSV files of any size: leads, program members or custom objects."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tap_marketo.client.envelope import is_envelope, read_body
from tap_marketo.client.errors import MarketoError, ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import requests

    from tap_marketo.client import MarketoClient

# Marketo refuses files of more than 10 MB (HTTP 413).
LARGEST_FILE = 9_500_000
QUEUE_FULL = frozenset({"1016", "1029"})
_ENDED, _FAILED = (
    frozenset({"complete", "completed"}),
    frozenset({"failed", "canceled", "cancelled"}),
)


class ImportFailedError(MarketoError):
    """An import failed or did not finish in time; some of its rows may be imported."""


@dataclass
class ImportResult:
    """Outcome of an imported file.

    Attributes:
        batch_ids: Marketo's ids of the imports; a large file needs several.
        processed: Number of imported rows.
        failed: Number of rows that were not imported.
        warned: Number of partly imported rows.
        failures: Rows that were not imported, with Marketo's reason as an extra column.
        warnings: Partly imported rows, with Marketo's reason as an extra column.
    """

    batch_ids: list[int] = field(default_factory=list)
    processed: int = 0
    failed: int = 0
    warned: int = 0
    failures: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Waiting:
    """How to wait for an import.

    Attributes:
        poll_seconds: Seconds between two status calls.
        timeout_seconds: Longest duration of an import, including the wait in Marketo's queue.
        sleep: Replacement for `time.sleep`, for tests.
        monotonic: Replacement for `time.monotonic`, for tests.
    """

    poll_seconds: float = 30.0
    timeout_seconds: float = 3 * 3600.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class _Target:
    start: str
    params: Mapping[str, Any]
    status: str
    parts: str


def import_leads(
    client: MarketoClient,
    file: str | Path,
    *,
    lookup_field: str = "email",
    list_id: int | None = None,
    partition: str | None = None,
    waiting: Waiting | None = None,
) -> ImportResult:
    """Import leads from a CSV file, and wait until Marketo has finished.

    Args:
        client: Client for the instance.
        file: UTF-8 file with API field names in the first line. A file of more than 10 MB is
            imported in several parts.
        lookup_field: Field by which Marketo finds a lead.
        list_id: Static list to which the leads are added.
        partition: Name of the lead partition, if the instance has several.
        waiting: How often to check the status, and for how long.

    Returns:
        Counts, and the rows that failed or have warnings.

    Raises:
        ImportFailedError: The import failed, or did not finish in time.
        OutcomeUnknownError: The file may or may not have been accepted: check before repeating.
        ResponseError: Marketo refused the file.

    Source: bulk-lead-import.md
    """
    params = {"lookupField": lookup_field, "listId": list_id, "partitionName": partition}
    batch = "/bulk/v1/leads/batch/{id}"
    target = _Target("/bulk/v1/leads.json", params, batch + ".json", batch)
    return _import(client, Path(file), target, waiting or Waiting())


def import_program_members(
    client: MarketoClient,
    program_id: int,
    status: str,
    file: str | Path,
    *,
    waiting: Waiting | None = None,
) -> ImportResult:
    """Import members of a program from a CSV file, and wait until Marketo has finished.

    Args:
        client: Client for the instance.
        program_id: Id of the program.
        status: Name of a status of the program's channel.
        file: CSV file as for `import_leads`.
        waiting: How often to check the status, and for how long.

    Returns:
        Counts, and the rows that failed or have warnings.

    Raises:
        ImportFailedError: The import failed, or did not finish in time.
        OutcomeUnknownError: The file may or may not have been accepted: check before repeating.
        ResponseError: Marketo refused the file.

    Source: bulk-program-member-import.md
    """
    batch = "/bulk/v1/program/members/import/{id}"
    start = f"/bulk/v1/program/{int(program_id)}/members/import.json"
    target = _Target(start, {"programMemberStatus": status}, batch + "/status.json", batch)
    return _import(client, Path(file), target, waiting or Waiting())


def import_custom_objects(
    client: MarketoClient, api_name: str, file: str | Path, *, waiting: Waiting | None = None
) -> ImportResult:
    """Import records of a custom object from a CSV file, and wait until Marketo has finished.

    Args:
        client: Client for the instance.
        api_name: API name of the custom object.
        file: CSV file as for `import_leads`.
        waiting: How often to check the status, and for how long.

    Returns:
        Counts, and the rows that failed or have warnings.

    Raises:
        ImportFailedError: The import failed, or did not finish in time.
        OutcomeUnknownError: The file may or may not have been accepted: check before repeating.
        ResponseError: Marketo refused the file.

    Source: bulk-custom-object-import.md
    """
    base = f"/bulk/v1/customobjects/{quote(api_name, safe='')}/import"
    target = _Target(f"{base}.json", {}, f"{base}/{{id}}/status.json", f"{base}/{{id}}")
    return _import(client, Path(file), target, waiting or Waiting())


def _import(client: MarketoClient, file: Path, target: _Target, waiting: Waiting) -> ImportResult:
    result = ImportResult()
    for content in csv_parts(file):
        deadline = waiting.monotonic() + waiting.timeout_seconds
        number = _start(client, target, content, waiting, deadline)
        result.batch_ids.append(number)
        state = _wait(client, target.status.format(id=number), number, waiting, deadline)
        result.processed += _count(state, "numOfLeadsProcessed", "numOfObjectsProcessed")
        failed, warned = _count(state, "numOfRowsFailed"), _count(state, "numOfRowsWithWarning")
        result.failed += failed
        result.warned += warned
        parts = target.parts.format(id=number)
        if failed:
            result.failures += _rows(client, f"{parts}/failures.json")
        if warned:
            result.warnings += _rows(client, f"{parts}/warnings.json")
    return result


def csv_parts(file: Path) -> Iterator[bytes]:
    """Split a CSV file into parts that Marketo accepts, each with the header.

    Args:
        file: UTF-8 file, with or without a byte order mark.

    Raises:
        ValueError: The file is empty.
    """
    with file.open(encoding="utf-8-sig", newline="") as text:
        lines = csv.reader(text)
        header = next(lines, None)
        if not header:
            raise ValueError(f"{file} is empty: its first line must contain the field names")
        head = _line(header)
        part, is_sent = bytearray(head), False
        for row in lines:
            line = _line(row)
            if len(part) + len(line) > LARGEST_FILE and len(part) > len(head):
                yield bytes(part)
                part, is_sent = bytearray(head), True
            part += line
        if len(part) > len(head) or not is_sent:
            yield bytes(part)


def _line(row: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue().encode()


def _start(
    client: MarketoClient, target: _Target, content: bytes, waiting: Waiting, deadline: float
) -> int:
    params = {"format": "csv", **{k: v for k, v in target.params.items() if v is not None}}
    while True:
        try:
            reply = client.request(
                "POST",
                target.start,
                params=params,
                files={"file": ("import.csv", content, "text/csv")},
            )
            return int(reply.result[0]["batchId"])
        except ResponseError as error:
            if error.code not in QUEUE_FULL or waiting.monotonic() > deadline:
                raise
        waiting.sleep(waiting.poll_seconds)


def _wait(
    client: MarketoClient, path: str, number: int, waiting: Waiting, deadline: float
) -> Mapping[str, Any]:
    while True:
        state = client.get(path).result[0]
        word = str(state.get("status", "")).lower()
        if word in _ENDED:
            return state
        if word in _FAILED:
            raise ImportFailedError(
                f"Import {number} failed: {state.get('message') or 'Marketo gives no reason'}."
            )
        if waiting.monotonic() > deadline:
            raise ImportFailedError(
                f"Import {number} did not finish in time ({state.get('status')}). Marketo is"
                " still processing it."
            )
        waiting.sleep(waiting.poll_seconds)


def _count(state: Mapping[str, Any], *names: str) -> int:
    return sum(int(state.get(name) or 0) for name in names)


def _rows(client: MarketoClient, path: str) -> list[dict[str, str]]:
    text = client.call("GET", path, _text)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _text(response: requests.Response) -> str:
    if "json" in response.headers.get("Content-Type", ""):
        body = response.json()
        if is_envelope(body):
            read_body(body)
            return ""
    if not response.ok:
        raise ResponseError(f"HTTP status {response.status_code}", code=str(response.status_code))
    return response.content.decode("utf-8-sig")
