"""Bulk imports of leads, program members and custom objects, with their failures."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Response, request

from marketo_sandbox.api import parameters
from marketo_sandbox.api.lead_writes import ACTIONS, lookup_field, partition_of, save
from marketo_sandbox.api.object_writes import CustomTable
from marketo_sandbox.api.object_writes import save as save_object
from marketo_sandbox.api.objects import custom_object
from marketo_sandbox.api.people import static_list
from marketo_sandbox.api.route import POST, Route
from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]
_DELIMITERS = {"csv": ",", "tsv": "\t", "ssv": ";"}
_FIRST_BATCH = 1001


@dataclass
class Batch:
    """An import.

    Attributes:
        kind: `leads`, `members`, or the name of a custom object.
        ends: Time at which it ends.
        processed: Number of written rows.
        failures: Lines of the other rows, each with its reason.
    """

    number: int
    kind: str
    ends: datetime
    header: list[str] = field(default_factory=list)
    processed: int = 0
    failures: list[list[str]] = field(default_factory=list)

    def status(self, now: datetime) -> str:
        """Status of the import."""
        return "Complete" if now >= self.ends else "Importing"


def _rows() -> tuple[list[str], list[list[str]]]:
    """Header and rows of the uploaded file.

    Raises:
        Refused: The file is missing or cannot be read.
    """
    format_name = parameters.required("format").lower()
    if format_name not in _DELIMITERS:
        raise Refused("1003", f"Invalid value '{format_name}' for format")
    file = request.files.get("file")
    if file is None:
        raise Refused("1002", "Missing value for required parameter 'file'")
    try:
        text = io.StringIO(file.read().decode("utf-8-sig"), newline="")
    except UnicodeError:
        raise Refused("1003", "The file is not UTF-8") from None
    rows = [row for row in csv.reader(text, delimiter=_DELIMITERS[format_name]) if row]
    if len(rows) < 2:  # noqa: PLR2004
        raise Refused("1003", "Empty file")
    return rows[0], rows[1:]


def _import(
    instance: Instance, kind: str, known: set[str], write: Callable[[Record], Any]
) -> Batch:
    header, rows = _rows()
    for name in header:
        if name not in known:
            raise Refused("1006", f"Field '{name}' not found")
    ends = instance.clock.now() + timedelta(seconds=instance.import_seconds())
    batch = Batch(_FIRST_BATCH + len(instance.imports), kind, ends, header)
    for row in rows:
        try:
            if len(row) != len(header):
                raise Refused("1003", f"The row has {len(row)} values, the header {len(header)}")
            values = dict(zip(header, row, strict=True))
            write({name: None if value == "null" else value for name, value in values.items()})
            batch.processed += 1
        except Refused as refused:
            batch.failures.append([*row, refused.message])
    instance.imports[batch.number] = batch
    return batch


def _answer(instance: Instance, batch: Batch, **more: Any) -> Answer:
    del instance
    row = {
        "batchId": batch.number,
        "importId": str(batch.number),
        "status": "Queued",
        **more,
    }
    return {"result": [row]}


def _leads(instance: Instance, _: Call) -> Answer:
    lookup, partition = lookup_field(instance), parameters.text("partitionName")
    if partition:
        partition_of(instance, partition)
    list_id = parameters.text("listId")
    joined = static_list(instance, list_id) if list_id else None

    def write(item: Record) -> None:
        result = save(instance, item, ACTIONS[0], lookup, partition)
        if joined:
            instance.world.join(joined, result["id"])

    return _answer(instance, _import(instance, "leads", set(instance.world.fields), write))


def _members(instance: Instance, _: Call, program_id: str) -> Answer:
    members, status = instance.members, parameters.required("programMemberStatus")
    members.of_program(int(program_id))
    members.check_status(int(program_id), status)
    lookup = lookup_field(instance)
    own = {name for name in members.fields if "__c" in name}

    def write(item: Record) -> None:
        values = {name: value for name, value in item.items() if name not in own}
        lead = save(instance, values, ACTIONS[0], lookup)["id"]
        members.set_status(int(program_id), lead, status)
        own_values = {name: value for name, value in item.items() if name in own}
        if own_values:
            members.update(int(program_id), lead, own_values)

    known = set(instance.world.fields) | own
    return _answer(instance, _import(instance, "members", known, write))


def _custom(instance: Instance, _: Call, name: str) -> Answer:
    kind = custom_object(instance, name)
    table = CustomTable(kind)

    def write(item: Record) -> None:
        save_object(instance, table, item, ACTIONS[0], table.dedupe)

    batch = _import(instance, name, set(kind.fields), write)
    return _answer(instance, batch, objectApiName=name, operation="import")


def _find(instance: Instance, kind: str, number: str) -> Batch:
    batch = instance.imports.get(int(number))
    if batch is None or batch.kind != kind:
        raise Refused("1013", f"Import job {number} not found")
    return batch


def _status(kind: str = "") -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, *names: str) -> Answer:
        batch = _find(instance, kind or names[0], names[-1])
        status = batch.status(instance.clock.now())
        counted = "numOfLeadsProcessed" if kind == "leads" else "numOfObjectsProcessed"
        row = {"batchId": batch.number, "importId": str(batch.number), "status": status}
        if status == "Complete":
            row |= {
                counted: batch.processed,
                "numOfRowsFailed": len(batch.failures),
                "numOfRowsWithWarning": 0,
                "message": "Import completed with errors, "
                f"{batch.processed} records imported, {len(batch.failures)} failed"
                if batch.failures
                else f"Import succeeded, {batch.processed} records imported",
            }
        if not kind:
            row |= {"objectApiName": batch.kind, "operation": "import"}
        return {"result": [row]}

    return answer


def _lines(kind: str, what: str) -> Callable[..., Response]:
    def answer(instance: Instance, _: Call, *names: str) -> Response:
        batch = _find(instance, kind or names[0], names[-1])
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if what == "failures":
            writer.writerow([*batch.header, "Import Failure Reason"])
            writer.writerows(batch.failures)
        return Response(text.getvalue(), content_type="text/csv;charset=UTF-8")

    return answer


_LEAD, _CUSTOM = "Read-Write Lead", "Read-Write Custom Object"
_BATCHES = (
    (r"/bulk/v1/leads/batch/(\d+)", r"\.json", "leads", _LEAD),
    (r"/bulk/v1/program/members/import/(\d+)", r"/status\.json", "members", _LEAD),
    (r"/bulk/v1/customobjects/([^/]+)/import/(\d+)", r"/status\.json", "", _CUSTOM),
)
ROUTES = (
    Route(r"/bulk/v1/leads\.json", _leads, _LEAD, POST),
    Route(r"/bulk/v1/program/(\d+)/members/import\.json", _members, _LEAD, POST),
    Route(r"/bulk/v1/customobjects/([^/]+)/import\.json", _custom, _CUSTOM, POST),
    *(Route(path + end, _status(kind), right) for path, end, kind, right in _BATCHES),
    *(
        Route(rf"{path}/{what}\.json", _lines(kind, what), right)
        for path, _, kind, right in _BATCHES
        for what in ("failures", "warnings")
    ),
)
