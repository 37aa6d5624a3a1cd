"""Program members: their programs and times, and the filters of their exports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused, cell, date_range
from marketo_sandbox.fields import NEVER_EXPORTED
from marketo_sandbox.world.memberships import STATUS, acquired, statuses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from marketo_sandbox.library import Library
    from marketo_sandbox.world import World

KIND = "program/members"
PROGRAMS_PER_JOB = 10
# REST name, name in the user interface and data type, in the order of the describe call.
FIELDS: dict[str, tuple[str, str]] = {
    "acquiredBy": ("Acquired By", "boolean"),
    "createdAt": ("Created At", "datetime"),
    "isExhausted": ("Exhausted", "boolean"),
    "leadId": ("Lead Id", "integer"),
    "membershipDate": ("Member Date", "datetime"),
    "nurtureCadence": ("Nurture Cadence", "string"),
    "program": ("Program", "string"),
    "programId": ("Program Id", "integer"),
    "reachedSuccess": ("Success", "boolean"),
    "reachedSuccessDate": ("Success Date", "datetime"),
    "statusName": ("Status", "string"),
    "trackName": ("Track Name", "string"),
    "updatedAt": ("Updated At", "datetime"),
    "waitlistPriority": ("Waitlist Priority", "integer"),
    "seatNumber__c": ("Seat Number", "integer"),
    "dietaryNotes__c": ("Dietary Notes", "text"),
}
_FILTERS = {"programId", "programIds", "updatedAt", "isExhausted", "nurtureCadence", "statusNames"}
_NOTES = ("none", 'no "nuts", please', "line one\nline two", "00123", None)


@dataclass
class Member:
    """A lead in a program, with the time of the last change."""

    values: dict[str, Any]
    changed: datetime


class ProgramMembers:
    """The members of all programs.

    Attributes:
        permission: Permission that a caller needs.
        fields: Fields that a caller may request.
    """

    permission = "Read-Only Lead"

    def __init__(self, world: World, library: Library) -> None:
        """Store the data; members are created on demand.

        Args:
            world: World with its leads.
            library: Library with its programs.
        """
        self._world = world
        self._library = library
        self._hidden: dict[int, dict[str, Any]] = {}
        self.fields = dict(FIELDS)

    @cached_property
    def _members(self) -> dict[int, dict[int, Member]]:
        """Members by program and lead, created on first use, because there are many."""
        with self._world.lock:
            by_program: dict[int, dict[int, Member]] = {}
            track = self._world.program_memberships
            for program in self._library.records["programs"]:
                joined = track.by_parent.get(program["id"], {})
                _, success = statuses(self._library, program)
                members = by_program[program["id"]] = {}
                for lead_id, events in joined.items():
                    member = _member(self._library, program, lead_id, track.at(events[0]))
                    if len(events) > 1 and not track.joins(events[-1]):
                        _succeed(member, success["name"], track.at(events[-1]))
                    members[lead_id] = member
            return by_program

    def add_program(self, members: int) -> int:
        """Create a program with members now.

        Args:
            members: Number of members; the newest leads.

        Returns:
            The new id.
        """
        with self._world.lock:
            now = self._world.clock.now().replace(microsecond=0)
            programs = self._library.records["programs"]
            new = {
                **programs[-1],
                "id": max(self._members, default=0) + 1,
                "createdAt": iso(now),
                "updatedAt": iso(now),
            }
            new["name"] = f"Program {new['id']}"
            programs.append(new)
            chosen = list(self._world.leads)[-members:]
            self._members[new["id"]] = {
                lead_id: _member(self._library, new, lead_id, now) for lead_id in chosen
            }
            first, _ = statuses(self._library, new)
            for lead_id in chosen:
                self._note(new, lead_id, "Not in Program", first["name"], success=False)
            return int(new["id"])

    def hide_program(self, number: int) -> None:
        """Hide a program from the caller, like one in a workspace without access.

        Args:
            number: Id of the program.
        """
        with self._world.lock:
            _ = self._members  # created while all programs are visible
            programs = self._library.records["programs"]
            (self._hidden[number],) = (program for program in programs if program["id"] == number)
            programs.remove(self._hidden[number])

    def show_program(self, number: int) -> None:
        """Show a hidden program again.

        Args:
            number: Id of the program.
        """
        with self._world.lock:
            self._library.records["programs"].append(self._hidden.pop(number))

    def delete_program(self, number: int) -> None:
        """Delete a program with its members.

        Args:
            number: Id of the program.
        """
        with self._world.lock:
            programs = self._library.records["programs"]
            programs[:] = [program for program in programs if program["id"] != number]
            del self._members[number]

    def change_members(self, count: int) -> list[list[int]]:
        """Change members to a success status now.

        Args:
            count: Number of members, over all programs.

        Returns:
            Pairs of program id and lead id.
        """
        with self._world.lock:
            now = self._world.clock.now().replace(microsecond=0)
            everybody = [
                (number, lead_id, member)
                for number, members in self._members.items()
                for lead_id, member in members.items()
                if lead_id in self._world.leads and number not in self._hidden
            ]
            chosen = everybody[:: max(1, len(everybody) // max(1, count))][:count]
            for number, lead_id, member in chosen:
                program = next(
                    candidate
                    for candidate in self._library.records["programs"]
                    if candidate["id"] == number
                )
                old = member.values["statusName"]
                _, success = statuses(self._library, program)
                _succeed(member, success["name"], now)
                self._note(program, lead_id, old, success["name"], success=True)
            return [[number, lead_id] for number, lead_id, _ in chosen]

    def expected(self) -> list[dict[str, Any]]:
        """Every member with all fields, as a correct reader returns it."""
        with self._world.lock:
            return [
                dict(member.values)
                for number, members in self._members.items()
                if number not in self._hidden
                for lead_id, member in members.items()
                if lead_id in self._world.leads
            ]

    def of_program(self, number: int) -> list[dict[str, Any]]:
        """The members of a program that must exist.

        Args:
            number: Id of the program.

        Raises:
            Refused: 1013, the program does not exist.
        """
        with self._world.lock:
            if number not in self._members or number in self._hidden:
                raise Refused("1013", f"Program {number} not found")
            return [
                dict(member.values)
                for lead_id, member in self._members[number].items()
                if lead_id in self._world.leads
            ]

    def _program(self, number: int) -> dict[str, Any]:
        (program,) = (
            candidate
            for candidate in self._library.records["programs"]
            if candidate["id"] == number
        )
        return program

    def check_status(self, number: int, status: str) -> None:
        """Check that a program has a status.

        Args:
            number: Id of the program.
            status: Name of the status.

        Raises:
            Refused: 1003, the program has no such status.
        """
        names = [status["name"] for status in statuses(self._library, self._program(number))]
        if status not in names:
            raise Refused("1003", f"Status '{status}' is none of {', '.join(names)}")

    def set_status(self, number: int, lead_id: int, status: str = "") -> None:
        """Set the status of a lead in a program now; a lead that is not a member is added.

        Args:
            number: Id of the program.
            lead_id: Id of the lead.
            status: Name of the status; the first one by default.
        """
        with self._world.lock:
            now, program = self._world.second(), self._program(number)
            first, success = statuses(self._library, program)
            members, status = self._members[number], status or first["name"]
            old = "Not in Program"
            if lead_id in members:
                old = members[lead_id].values["statusName"]
            else:
                members[lead_id] = _member(self._library, program, lead_id, now)
            member = members[lead_id]
            if status == success["name"]:
                _succeed(member, status, now)
            else:
                member.changed = now
                member.values |= {"statusName": status, "updatedAt": iso(now)}
            self._note(program, lead_id, old, status, success=status == success["name"])

    def update(self, number: int, lead_id: int, values: dict[str, Any]) -> None:
        """Change fields of a member now.

        Args:
            number: Id of the program.
            lead_id: Id of the lead.
            values: New values by REST name.

        Raises:
            Refused: 1004, the lead is not a member.
        """
        with self._world.lock:
            member = self._members[number].get(lead_id)
            if member is None:
                raise Refused("1004", "Lead is not a member of the program")
            member.changed = self._world.second()
            member.values |= {**values, "updatedAt": iso(member.changed)}

    def remove(self, number: int, lead_id: int) -> None:
        """Remove a lead from a program now.

        Args:
            number: Id of the program.
            lead_id: Id of the lead.

        Raises:
            Refused: 1004, the lead is not a member.
        """
        with self._world.lock:
            member = self._members[number].pop(lead_id, None)
            if member is None:
                raise Refused("1004", "Lead is not a member of the program")
            old = member.values["statusName"]
            self._note(self._program(number), lead_id, old, "Not in Program", success=False)

    def _note(
        self, program: dict[str, Any], lead_id: int, old: str, new: str, *, success: bool
    ) -> None:
        attributes = {"Old Status": old, "New Status": new, "Success": success, "Reason": "API"}
        self._world.happen(STATUS, lead_id, attributes, program["id"], program["name"])

    def describe(self) -> list[dict[str, Any]]:
        """The fields as the describe call returns them."""
        return [
            {"name": name, "displayName": shown, "dataType": kind, "updateable": "__c" in name}
            for name, (shown, kind) in self.fields.items()
        ]

    def check(self, fields: Sequence[str], filters: dict[str, Any]) -> None:
        """Check the body of a create call.

        Args:
            fields: REST names of the fields.
            filters: Filters of the call.

        Raises:
            Refused: The call is invalid. Source: bulk-program-member-extract.md
        """
        for name in fields:
            # Fields of the lead are allowed, too.
            if name not in self.fields and name not in self._world.fields:
                raise Refused("1006", f"Field '{name}' not found")
        for name in filters:
            if name not in _FILTERS:
                raise Refused("1003", f"Invalid filter: {name}")
        self._check_programs(filters)
        if "updatedAt" in filters:
            if "program_members" in self._world.options.without_updated_at:
                raise Refused("1035", "Unsupported filter type for target subscription: updatedAt")
            date_range(filters["updatedAt"])

    def _check_programs(self, filters: dict[str, Any]) -> None:
        if ("programId" in filters) == ("programIds" in filters):
            raise Refused("1003", "Exactly one of programId and programIds is required")
        wanted = _programs(filters)
        if not wanted or len(wanted) > PROGRAMS_PER_JOB:
            raise Refused("1003", f"Between 1 and {PROGRAMS_PER_JOB} programIds are allowed")
        for number in wanted:
            if number not in self._members or number in self._hidden:
                raise Refused("1013", f"Program {number} not found")

    def header(self, fields: Sequence[str], filters: dict[str, Any]) -> list[str]:
        """The header of a file: names of the user interface by default."""
        own = ["programId"] if "programIds" in filters else []
        if self._world.options.member_headers == "rest":
            return [*own, *fields]
        return [
            *own,
            *(
                self.fields[name][0] if name in self.fields and "__c" not in name else name
                for name in fields
            ),
        ]

    def _value(self, member: Member, lead_id: int, name: str) -> str:
        if name in self.fields:
            return self._cell(member.values[name])
        if self._world.fields[name] in NEVER_EXPORTED:
            return "null"
        lead = self._world.leads[lead_id]
        return lead.cells[name] if name in lead.cells else self._cell(lead.values.get(name))

    def _cell(self, value: Any) -> str:
        digits = self._world.options.member_booleans == "digits"
        return str(int(value)) if digits and isinstance(value, bool) else cell(value)

    def rows(self, fields: Sequence[str], filters: dict[str, Any]) -> Iterator[list[str]]:
        """The rows of a file."""
        own = ["programId"] if "programIds" in filters else []
        start, end = date_range(filters["updatedAt"]) if "updatedAt" in filters else (None, None)
        for number in _programs(filters):
            for lead_id, member in self._members.get(number, {}).items():
                if lead_id not in self._world.leads:
                    continue
                changed = member.changed.replace(microsecond=0)
                if start and end and not start <= changed <= end:
                    continue
                if _matches(member.values, filters):
                    yield [self._value(member, lead_id, name) for name in [*own, *fields]]


def _succeed(member: Member, status: str, at: datetime) -> None:
    member.changed = at
    member.values |= {
        "statusName": status,
        "reachedSuccess": True,
        "reachedSuccessDate": iso(at),
        "updatedAt": iso(at),
    }


def _member(library: Library, program: dict[str, Any], lead_id: int, at: datetime) -> Member:
    first, _ = statuses(library, program)
    at = at.replace(microsecond=0)
    values = {
        "acquiredBy": acquired(lead_id),
        "createdAt": iso(at),
        "isExhausted": False,
        "leadId": lead_id,
        "membershipDate": iso(at),
        "nurtureCadence": "norm" if lead_id % 3 else None,
        "program": program["name"],
        "programId": program["id"],
        "reachedSuccess": False,
        "reachedSuccessDate": None,
        "statusName": first["name"],
        "trackName": None,
        "updatedAt": iso(at),
        "waitlistPriority": lead_id % 4 or None,
        "seatNumber__c": lead_id + program["id"],
        "dietaryNotes__c": _NOTES[lead_id % len(_NOTES)],
    }
    return Member(values, at)


def _programs(filters: dict[str, Any]) -> list[int]:
    if "programId" in filters:
        return [int(filters["programId"])]
    return [int(record) for record in filters["programIds"]]


def _matches(values: dict[str, Any], filters: dict[str, Any]) -> bool:
    statuses = filters.get("statusNames")
    return (not statuses or values["statusName"] in statuses) and all(
        values[name] == filters[name]
        for name in ("isExhausted", "nurtureCadence")
        if name in filters
    )
