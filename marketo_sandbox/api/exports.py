"""Export jobs of every object type: create, enqueue, cancel, status, file, list."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.route import ACTIVITY, LEAD, POST, Route
from marketo_sandbox.custom_objects import PERMISSION as CUSTOM_OBJECTS
from marketo_sandbox.export import ACTIVITIES, LEADS, ExportFile, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]
PERMISSIONS = {LEADS: LEAD, ACTIVITIES: ACTIVITY}
STATES = frozenset(
    {"Created", "Queued", "Processing", "Canceled", "Cancelled", "Completed", "Failed"}
)
_READING = threading.Lock()


@dataclass
class Raw:
    """A file instead of an envelope."""

    file: ExportFile

    def read(self, position: int, count: int) -> bytes:
        """Some bytes of the file; each answer reads independently."""
        with _READING:
            self.file.file.seek(position)
            return self.file.file.read(count)


def _create(instance: Instance, call: Call, kind: str) -> Answer:
    checked = _kind(instance, call, kind)
    return {"result": [instance.queue.create(checked, call.user, parameters.json_body())]}


def _step(verb: str) -> Callable[..., Answer]:
    def handler(instance: Instance, call: Call, kind: str, export_id: str) -> Answer:
        method = getattr(instance.queue, verb)
        return {"result": [method(_kind(instance, call, kind), call.user, export_id)]}

    return handler


def _file(instance: Instance, call: Call, kind: str, export_id: str) -> Raw:
    kind = _kind(instance, call, kind)
    try:
        job = instance.queue.file(kind, call.user, export_id)
    except Refused:
        raise Refused("404", "The export file does not exist") from None
    if job.file is None:
        raise Refused("404", "The export file does not exist")
    job.downloads += 1
    return Raw(job.file)


def _list(instance: Instance, call: Call, kind: str) -> Answer:
    wanted = set(parameters.names("status"))
    for status in wanted - STATES:
        raise Refused("1003", f"Invalid status: {status}")
    if wanted & {"Canceled", "Cancelled"}:
        wanted |= {"Canceled", "Cancelled"}
    jobs = instance.queue.listed(_kind(instance, call, kind), call.user, wanted)
    return parameters.page(jobs, with_more=False)


def _kind(instance: Instance, call: Call, name: str) -> str:
    """The kind of object in a path.

    Raises:
        Refused: The caller may not read it, or the custom object does not exist.
    """
    source = instance.world.sources.get(name)
    permission = source.permission if source else PERMISSIONS.get(name, CUSTOM_OBJECTS)
    instance.allow(call.user, permission)
    if not source and name not in PERMISSIONS:
        raise Refused("1013", "Custom object not found")
    return name


_EXPORT = r"/bulk/v1/(leads|activities|program/members|customobjects/[^/]+)/export"
_JOB = _EXPORT + r"/([^/]+)"
ROUTES = (
    Route(_EXPORT + r"/create\.json", _create, methods=POST),
    Route(_JOB + r"/enqueue\.json", _step("enqueue"), methods=POST),
    Route(_JOB + r"/cancel\.json", _step("cancel"), methods=POST),
    Route(_JOB + r"/status\.json", _step("status")),
    Route(_JOB + r"/file\.json", _file),
    Route(_EXPORT + r"\.json", _list),
)
