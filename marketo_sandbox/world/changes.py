"""Changes of leads: the values of a field over time, up to the current one."""

from __future__ import annotations

from array import array
from functools import cached_property
from typing import TYPE_CHECKING, Any

from marketo_sandbox.fields import CUSTOM, FIRST_FIELD_ID, display_name
from marketo_sandbox.world.chance import mixed, pick
from marketo_sandbox.world.track import Track

if TYPE_CHECKING:
    from datetime import datetime

    from marketo_sandbox.world.records import Activity
    from marketo_sandbox.world.track import Scene

DATA_VALUE, SCORE = 13, 22
# Each change is of the newest lead, or of one at a half, a quarter or an eighth of all leads.
SHIFTS = 4
WORDS: dict[str, tuple[str, ...]] = {
    "leadScore": (),
    "leadStatus": ("New", "Working", "Qualified", "Recycled", "Customer"),
    "title": ("Analyst", "Engineer", "Head of Data", "CTO", "Buyer", "Consultant"),
    "city": ("Berlin", "São Paulo", "Chicago", "Zürich", "東京", "Cork"),
    "Region__c": ("EMEA", "AMER", "APAC", "DACH"),
    "department": ("Sales", "IT", "Finance", "Marketing", "Operations"),
    "industry": ("Software", "Retail", "Energy", "Health"),
    "leadSource": ("Web", "Event", "Referral", "List Import"),
}
NAMES = tuple(WORDS)


class Changes(Track):
    """Change Data Value and Change Score activities."""

    name = "changes"
    types = frozenset({DATA_VALUE, SCORE})

    def __init__(self, scene: Scene, count: int, fields: dict[str, str]) -> None:
        """Store the arguments; activities are created on demand.

        Args:
            scene: Data shared by all tracks.
            count: Number of changes.
            fields: Data types of the lead fields.
        """
        super().__init__(scene, count)
        self._ids = {name: FIRST_FIELD_ID + place for place, name in enumerate(fields)}

    def number(self, index: int) -> int:
        """Number of the changed lead."""
        return (index * self.scene.leads // self.count) >> (index % SHIFTS)

    def of_lead(self, number: int) -> list[int]:
        """Changes of a lead, oldest first."""
        if not self.count:
            return []
        leads = self.scene.leads
        changes: list[int] = []
        for shift in range(SHIFTS):
            first = -(-(number << shift) * self.count // leads)
            last = -(-((number + 1) << shift) * self.count // leads)
            first += (shift - first) % SHIFTS
            changes += range(first, min(last, self.count), SHIFTS)
        return sorted(changes)

    def initial(self, number: int, name: str) -> Any:
        """Initial value of a lead."""
        place = NAMES.index(name)
        drawn = mixed(self.scene.seed, number, place)
        if name == "leadScore":
            return drawn % 50
        return None if name == "Region__c" and drawn % 3 == 0 else pick(WORDS[name], drawn >> 8)

    def history(self, number: int) -> list[tuple[int, str, Any, Any]]:
        """Changes of a lead: index, field, old value, new value."""
        now: dict[str, Any] = {}
        changes = []
        for index in self.of_lead(number):
            name = NAMES[index // SHIFTS % len(NAMES)]
            old = now[name] if name in now else self.initial(number, name)
            if name == "leadScore":
                new = old + (5, 10, 1, -3)[index // (SHIFTS * len(NAMES)) % 4]
            else:
                others = [word for word in WORDS[name] if word != old]
                new = pick(others, mixed(self.scene.seed, index))
            now[name] = new
            changes.append((index, name, old, new))
        return changes

    @cached_property
    def _last(self) -> array[int]:
        """Last change of each lead; -1 if there is none."""
        last = array("q", [-1]) * self.scene.leads
        for index in range(self.count):
            last[self.number(index)] = index
        return last

    def last(self, number: int) -> datetime:
        """Time of a lead's last change, or of its creation."""
        index = self._last[number] if self.count else -1
        return self.at(index) if index >= 0 else self.scene.created(number)

    def make(self, index: int) -> Activity:
        """An activity."""
        number = self.number(index)
        ((_, name, old, new),) = (change for change in self.history(number) if change[0] == index)
        campaign = self.scene.library.at("smart_campaigns", self.at(index), index)
        source = {
            "Source": "Marketo Flow Action",
            "Reason": f"Changed by {campaign['name']}" if campaign else "Changed by a user",
        }
        known: dict[str, Any] = {"Old Value": old, "New Value": new, **source}
        if name == "leadScore" and SCORE in self.scene.types:
            kind = SCORE
            known["Change Value"] = f"{new - old:+d}"
        else:
            kind = DATA_VALUE
            known |= {attribute: None if known[attribute] is None else str(known[attribute])
                      for attribute in ("Old Value", "New Value")}  # fmt: skip
        return self.activity(
            index,
            kind,
            number,
            known=known,
            campaign_id=campaign and campaign["id"],
            primary_id=self._ids.get(name),
            primary=display_name(name),
            result="succeeded",
        )


def visible(name: str) -> bool:
    """Whether a change of this field moves the lead's `updatedAt`."""
    return name not in CUSTOM
