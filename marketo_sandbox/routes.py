"""Every endpoint in one table: method, path, permission, and the function that answers."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import request

from marketo_sandbox.custom_objects import PERMISSION as CUSTOM_OBJECTS
from marketo_sandbox.export import ACTIVITIES, LEADS, ExportFile, Refused
from marketo_sandbox.fields import display_name
from marketo_sandbox.leads import activities, lead_changes, leads_by_filter, paging_token
from marketo_sandbox.lists import LISTS, approve_email

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]
PAGE = 300


@dataclass
class Raw:
    """A file instead of an envelope."""

    file: ExportFile

    def read(self, position: int, count: int) -> bytes:
        """Some bytes of it; each answer reads for itself."""
        with READING:
            self.file.file.seek(position)
            return self.file.file.read(count)


@dataclass(frozen=True)
class Route:
    """One endpoint."""

    pattern: str
    handler: Callable[..., Any]
    permission: str = "None"
    methods: frozenset[str] = field(default_factory=lambda: frozenset({"GET"}))


def _describe_leads(instance: Instance, _: Call) -> Answer:
    fields = [
        {
            "name": name,
            "displayName": display_name(name),
            "dataType": kind,
            "length": 255,
            "updateable": name not in {"id", "createdAt", "updatedAt"},
            "crmManaged": False,
        }
        for name, kind in instance.world.fields.items()
    ]
    return {
        "result": [{"name": "API Lead", "searchableFields": [["email"], ["id"]], "fields": fields}]
    }


def _activity_types(instance: Instance, _: Call) -> Answer:
    return {"result": instance.world.types}


def _usage(instance: Instance, _: Call, week: str | None) -> Answer:
    days = instance.limits.days(7 if week else 1)
    return {
        "result": [
            {
                "date": f"{day:%Y-%m-%d}",
                "total": calls.total(),
                "users": [{"userId": user, "count": count} for user, count in calls.items()],
            }
            for day, (calls, _) in days
        ]
    }


def _errors(instance: Instance, _: Call, week: str | None) -> Answer:
    days = instance.limits.days(7 if week else 1)
    return {
        "result": [
            {
                "date": f"{day:%Y-%m-%d}",
                "total": errors.total(),
                "errors": [{"errorCode": code, "count": count} for code, count in errors.items()],
            }
            for day, (_, errors) in days
        ]
    }


def _create(instance: Instance, call: Call, kind: str) -> Answer:
    if not request.is_json:
        raise Refused("612", "Invalid Content Type")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refused("609", "Invalid JSON")
    return {"result": [instance.queue.create(_kind(instance, kind), call.user, body)]}


def _step(verb: str) -> Callable[..., Answer]:
    def handler(instance: Instance, call: Call, kind: str, export_id: str) -> Answer:
        method = getattr(instance.queue, verb)
        return {"result": [method(_kind(instance, kind), call.user, export_id)]}

    return handler


def _file(instance: Instance, call: Call, kind: str, export_id: str) -> Raw:
    kind = _kind(instance, kind)
    try:
        job = instance.queue.file(kind, call.user, export_id)
    except Refused:
        raise Refused("404", "The export file does not exist") from None
    if job.file is None:
        raise Refused("404", "The export file does not exist")
    job.downloads += 1
    return Raw(job.file)


def _list(instance: Instance, call: Call, kind: str) -> Answer:
    wanted = {one for one in request.args.get("status", "").split(",") if one}
    for one in wanted - STATES:
        raise Refused("1003", f"Invalid status: {one}")
    jobs = instance.queue.listed(_kind(instance, kind), call.user, wanted)
    return page(jobs, with_more=False)


def page(items: list[dict[str, Any]], *, with_more: bool = True) -> Answer:
    """One page of a list that pages by token.

    Args:
        items: All of them.
        with_more: Whether this list says `moreResult`.
    """
    asked, token = request.args.get("batchSize", str(PAGE)), request.args.get("nextPageToken", "0=")
    if not asked.isdigit():
        raise Refused("1001", f"Invalid value '{asked}' for batchSize")
    if not re.fullmatch(r"\d+=", token):
        raise Refused("1003", f"Invalid value '{token}' for nextPageToken")
    size, start = min(int(asked), PAGE), int(token[:-1])
    answer: Answer = {"result": items[start : start + size]}
    more = start + size < len(items)
    if more:
        answer["nextPageToken"] = f"{start + size}="
    if with_more:
        answer["moreResult"] = more
    return answer


def _kind(instance: Instance, name: str) -> str:
    """The kind of object that a path names.

    Raises:
        Refused: The caller may not read it, or there is no such custom object.
    """
    source = instance.world.sources.get(name)
    permission = source.permission if source else PERMISSIONS.get(name, CUSTOM_OBJECTS)
    if permission in instance.denied:
        raise Refused("603", "Access denied")
    if not source and name not in PERMISSIONS:
        raise Refused("1013", "Custom object not found")
    return name


PERMISSIONS = {LEADS: "Read-Only Lead", ACTIVITIES: "Read-Only Activity"}
_EXPORT = r"/bulk/v1/(leads|activities|program/members|customobjects/[^/]+)/export"
_JOB = _EXPORT + r"/([^/]+)"
_POST = frozenset({"POST"})
_BOTH = frozenset({"GET", "POST"})
STATES = frozenset(
    {"Created", "Queued", "Processing", "Canceled", "Cancelled", "Completed", "Failed"}
)
READING = threading.Lock()

ROUTES = (
    Route(r"/rest/v1/leads/describe2\.json", _describe_leads, "Read-Only Lead"),
    Route(r"/rest/v1/activities/types\.json", _activity_types, "Read-Only Activity"),
    Route(r"/rest/v1/stats/usage(/last7days)?\.json", _usage),
    Route(r"/rest/v1/stats/errors(/last7days)?\.json", _errors),
    Route(r"/rest/v1/activities/pagingtoken\.json", paging_token, "Read-Only Activity"),
    Route(r"/rest/v1/activities/leadchanges\.json", lead_changes, "Read-Only Activity", _BOTH),
    Route(r"/rest/v1/activities\.json", activities, "Read-Only Activity"),
    Route(r"/rest/v1/leads\.json", leads_by_filter, "Read-Only Lead", _BOTH),
    Route(_EXPORT + r"/create\.json", _create, methods=_POST),
    Route(_JOB + r"/enqueue\.json", _step("enqueue"), methods=_POST),
    Route(_JOB + r"/cancel\.json", _step("cancel"), methods=_POST),
    Route(_JOB + r"/status\.json", _step("status")),
    Route(_JOB + r"/file\.json", _file),
    Route(_EXPORT + r"\.json", _list),
    Route(r"/rest/asset/v1/email/(\d+)/approveDraft\.json", approve_email, "Approve Assets", _POST),
    *(Route(one.pattern, one.answer, one.permission, one.methods) for one in LISTS),
)

KNOWN_PERMISSIONS = {
    *(route.permission for route in ROUTES), *PERMISSIONS.values(), CUSTOM_OBJECTS
} - {"None"}  # fmt: skip
