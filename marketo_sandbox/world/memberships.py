"""Memberships of static lists and programs, with the activities that changed them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from marketo_sandbox.world.track import FIRST_LEAD, Track

if TYPE_CHECKING:
    from datetime import datetime

    from marketo_sandbox.world.records import Activity
    from marketo_sandbox.world.track import Scene

ADDED, REMOVED, STATUS = 24, 25, 104
_LEAVE, _LEAVE_AFTER = 6, 3
_PROGRESS, _PROGRESS_AFTER = 4, 2


class Memberships(Track):
    """Leads that join something one by one, with another event now and then.

    A world without activities has the memberships, too.
    """

    every, after, kind = 0, 0, ""

    def __init__(self, scene: Scene, count: int) -> None:
        """Store the arguments; activities are created on demand.

        Args:
            scene: Data shared by all tracks.
            count: Number of activities.
        """
        self.events = count or scene.leads // 2
        super().__init__(scene, count, whole=self.events)

    def joins(self, index: int) -> bool:
        """Whether a lead joins in an event."""
        return index % self.every != self.every - 1

    def number(self, index: int) -> int:
        """Number of the lead in an event."""
        joined = index if self.joins(index) else index - self.after
        return joined * self.scene.leads // self.events

    def where(self, index: int) -> dict[str, Any] | None:
        """The asset that the lead of an event joined."""
        joined = index if self.joins(index) else index - self.after
        record: dict[str, Any] | None = self.scene.library.at(self.kind, self.at(joined), joined)
        return record

    @cached_property
    def by_parent(self) -> dict[int, dict[int, list[int]]]:
        """Events by id of the joined asset and id of the lead."""
        found: dict[int, dict[int, list[int]]] = {}
        for index in range(self.events):
            parent = self.where(index)
            if parent:
                leads = found.setdefault(parent["id"], {})
                leads.setdefault(FIRST_LEAD + self.number(index), []).append(index)
        return found


class ListMemberships(Memberships):
    """Add to List and Remove from List activities."""

    name, kind = "lists", "static_lists"
    types = frozenset({ADDED, REMOVED})
    every, after = _LEAVE, _LEAVE_AFTER

    def members(self, number: int) -> dict[int, datetime]:
        """The leads in a list, with the time at which each joined."""
        return {
            lead_id: self.at(events[-1])
            for lead_id, events in self.by_parent.get(number, {}).items()
            if self.joins(events[-1])
        }

    def make(self, index: int) -> Activity:
        """An activity."""
        joins, where = self.joins(index), self.where(index)
        return self.activity(
            index,
            ADDED if joins else REMOVED,
            self.number(index),
            known={"Source": "Marketo Flow Action" if joins else "Web service API"},
            primary_id=where and where["id"],
            primary=where and self.scene.library.qualified(where),
            result="succeeded",
        )


class ProgramMemberships(Memberships):
    """Change Status in Progression activities."""

    name, kind = "programs", "programs"
    types = frozenset({STATUS})
    every, after = _PROGRESS, _PROGRESS_AFTER

    def make(self, index: int) -> Activity:
        """An activity."""
        joins, program = self.joins(index), self.where(index)
        joined = index if joins else index - self.after
        first, last = statuses(self.scene.library, program)
        new, old = (first, {"name": "Not in Program", "step": 0}) if joins else (last, first)
        number = self.number(index)
        known = {
            "Acquired By": acquired(FIRST_LEAD + number),
            "New Status": new["name"],
            "New Status ID": new["step"],
            "Old Status": old["name"],
            "Old Status ID": old["step"],
            "Program Member ID": joined + 1,
            "Reason": "Changed by a smart campaign",
            "Success": not joins,
        }
        return self.activity(
            index,
            STATUS,
            number,
            known=known,
            primary_id=program and program["id"],
            primary=program and program["name"],
            result="succeeded",
        )


def acquired(lead_id: int) -> bool:
    """Whether a program acquired a lead."""
    return lead_id % 2 == 0


def statuses(library: Any, program: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first status and the success status of a program's channel."""
    for channel in library.records["channels"]:
        if program and channel["name"] == program["channel"]:
            steps = channel["progressionStatuses"]
            return steps[0], next((record for record in steps if record["success"]), steps[-1])
    return {"name": "Member", "step": 1}, {"name": "Attended", "step": 2}
