"""Writes of program members: status, fields, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.items import items, typed, write_each
from marketo_sandbox.api.lead_writes import lead_of
from marketo_sandbox.api.route import POST, Route
from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]


def _status(instance: Instance, _: Call, program_id: str) -> Answer:
    members, status = instance.members, parameters.required("statusName")
    members.of_program(int(program_id))
    members.check_status(int(program_id), status)

    def change(item: Record) -> Record:
        lead_id = lead_of(instance, item, "leadId")
        members.set_status(int(program_id), lead_id, status)
        return {"leadId": lead_id, "status": "updated"}

    return {"result": write_each(items(), change)}


def _old_status(instance: Instance, _: Call, program_id: str) -> Answer:
    members, status = instance.members, parameters.required("status")
    members.of_program(int(program_id))
    if status != "Not in Program":
        members.check_status(int(program_id), status)

    def change(item: Record) -> Record:
        lead_id = lead_of(instance, item)
        if status == "Not in Program":
            members.remove(int(program_id), lead_id)
            return {"id": lead_id, "status": "deleted"}
        members.set_status(int(program_id), lead_id, status)
        return {"id": lead_id, "status": "updated"}

    return {"result": write_each(items(), change, numbered=False)}


def _data(instance: Instance, _: Call, program_id: str) -> Answer:
    members = instance.members
    members.of_program(int(program_id))

    def change(item: Record) -> Record:
        lead_id = lead_of(instance, item, "leadId")
        values = {}
        for name, value in item.items():
            if name == "leadId":
                continue
            if name not in members.fields:
                raise Refused("1006", f"Field '{name}' not found")
            if "__c" not in name:
                raise Refused("1003", f"Field '{name}' cannot be updated")
            values[name] = typed(members.fields[name][1], name, value)
        members.update(int(program_id), lead_id, values)
        return {"leadId": lead_id, "status": "updated"}

    return {"result": write_each(items(), change)}


def _delete(instance: Instance, _: Call, program_id: str) -> Answer:
    instance.members.of_program(int(program_id))

    def delete(item: Record) -> Record:
        lead_id = lead_of(instance, item, "leadId")
        instance.members.remove(int(program_id), lead_id)
        return {"leadId": lead_id, "status": "deleted"}

    return {"result": write_each(items(), delete)}


_LEAD = "Read-Write Lead"
_PROGRAM = r"/rest/v1/programs/(\d+)/members"
ROUTES = (
    Route(rf"{_PROGRAM}/status\.json", _status, _LEAD, POST),
    Route(rf"{_PROGRAM}\.json", _data, _LEAD, POST),
    Route(rf"{_PROGRAM}/delete\.json", _delete, _LEAD, POST),
    Route(r"/rest/v1/leads/programs/(\d+)/status\.json", _old_status, _LEAD, POST),
)
