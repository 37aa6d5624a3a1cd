"""Program members over REST, by lead, status, custom field or time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.parameters import page, required
from marketo_sandbox.api.route import LEAD, Route
from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]
DEFAULT = ("acquiredBy", "leadId", "membershipDate", "programId", "reachedSuccess")
_DAYS = 7


def _members(instance: Instance, _: Call, program_id: str) -> Answer:
    existing = instance.members.fields
    members = instance.members.of_program(int(program_id))
    by = required("filterType")
    searchable = {"leadId", "statusName", "reachedSuccess"} | {
        name
        for name, (_, kind) in existing.items()
        if "__c" in name and kind in {"string", "integer"}
    }
    if by == "updatedAt":
        start, end = _range()
        matching = [
            member
            for member in members
            if start <= parameters.parse_time(member["updatedAt"]) <= end
        ]
    elif by in searchable:
        required("filterValues")
        values = {value.lower() for value in parameters.names("filterValues")}
        matching = [member for member in members if str(member[by]).lower() in values]
    else:
        raise Refused("1011", f"Field '{by}' is not supported as a filter")
    names = parameters.fields(existing, DEFAULT)
    # Both are always present, as in Adobe's examples.
    names = [*names, *(key for key in ("leadId", "programId") if key not in names)]
    answer = page(matching)
    rows = [
        {"seq": place, **{name: row.get(name) for name in names}}
        for place, row in enumerate(answer["result"])
    ]
    return {**answer, "result": rows}


def _range() -> tuple[Any, Any]:
    start, end = parameters.time("startAt"), parameters.time("endAt")
    if not start or not end:
        raise Refused("1002", "Missing value for required parameter 'startAt' or 'endAt'")
    if end < start or end - start > timedelta(days=_DAYS):
        raise Refused("1003", f"The range must go up and span at most {_DAYS} days")
    return start, end


ROUTES = (Route(r"/rest/v1/programs/(\d+)/members\.json", _members, LEAD),)
