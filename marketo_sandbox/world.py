"""The data of the instance: made from a seed, lifelike, awkward here and there, changeable."""

from __future__ import annotations

import random
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox.activity_types import activity_types
from marketo_sandbox.clock import Clock, iso
from marketo_sandbox.fields import CUSTOM, FIRST_FIELD_ID, display_name, lead_fields

if TYPE_CHECKING:
    from marketo_sandbox.export import Source
    from marketo_sandbox.options import SandboxOptions

_FIRST = ("Ada", "Björn", "Chidi", "Dilşad", "Eve", "李", "Fatima", "Gus")
_LAST = ("Lovelace", "Ångström", "O'Neil", "Müller", "Nakamura", "de la Cruz", "Smith-Jones")
_COMPANY = ("Acme, Inc.", 'The "Best" GmbH', "Initech", "Globex", "Hooli\u2028Labs", "株式会社")
_CITIES = ("Berlin", "São Paulo", "Chicago", "Zürich", "東京", "Cork")

# Text as people really type it; what a database cannot store is not in the truth.
_NASTY: tuple[str, ...] = (
    "line one\nline two",
    "carriage\rreturn",
    "both\r\nof them",
    'a "quoted" word',
    "comma, and ; and \ttab",
    "NUL\0inside",
    "\u2028separator\u2029",
    "🦄 emoji 👩‍👩‍👧",
    "שלום עולם",
    "00123",
    " 12 ",
    "nullable",
    "=SUM(A1:A2)",
    "\\N",
    "'; DROP TABLE leads; --",
    "x" * 100_000,
)

# A cell as the file has it, and what it means: the spellings that a reader must survive.
_CELLS: dict[str, tuple[tuple[str, Any], ...]] = {
    "integer": (("12.0", 12), ("12345678901234567890123", 12345678901234567890123)),
    "percent": (("12.5", 12.5), ("7", 7)),
    "boolean": (("1", True), ("0", False), ("TRUE", True)),
    "date": (("31.12.2025", None),),
    "datetime": (("2025-05-07T11:47:30-08:00", "2025-05-07T19:47:30Z"),),
}


@dataclass
class Lead:
    """A lead.

    Attributes:
        values: What a perfect reader knows, by REST name; datetimes as RFC 3339 in UTC.
        cells: What the file has instead, where it is not the usual spelling.
        created: When it was created.
        changed: When any field last changed: the time of the `updatedAt` filter.
    """

    values: dict[str, Any]
    cells: dict[str, str]
    created: datetime
    changed: datetime


@dataclass
class Activity:
    """An activity, with the values of its attributes by display name."""

    guid: str
    lead_id: int
    at: datetime
    type_id: int
    attributes: dict[str, Any]
    campaign_id: int | None = None
    primary_id: int | None = None
    primary: str | None = None
    result: str | None = None
    raw_attributes: str | None = None

    def as_row(self) -> dict[str, Any]:
        """The columns that every activity has, typed."""
        return {
            "marketoGUID": self.guid,
            "leadId": self.lead_id,
            "activityDate": iso(self.at),
            "activityTypeId": self.type_id,
            "campaignId": self.campaign_id,
            "actionResult": self.result,
            "primaryAttributeValueId": self.primary_id,
            "primaryAttributeValue": self.primary,
        }


@dataclass
class World:
    """Everything that the instance holds; change it through its methods, under its lock."""

    options: SandboxOptions
    clock: Clock
    fields: dict[str, str] = field(default_factory=lead_fields)
    types: list[dict[str, Any]] = field(default_factory=list)
    leads: dict[int, Lead] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    gone: dict[int, Lead] = field(default_factory=dict)
    changes: list[tuple[datetime, int, str]] = field(default_factory=list)
    lists: dict[str, dict[int, str]] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Make the data: spread evenly from the start until now."""
        self.random = random.Random(self.options.seed)  # noqa: S311 - data, not secrets
        self.types = activity_types(self.options.activity_types)
        now = self.clock.now().replace(microsecond=0)
        start = self.options.start or now - timedelta(days=365)
        span = (now - start).total_seconds() - 1
        for number in range(self.options.leads):
            created = start + timedelta(seconds=int(span * number / max(1, self.options.leads)))
            self._add_lead(number, created)
        for number in range(self.options.activities):
            at = start + timedelta(seconds=int(span * number / max(1, self.options.activities)))
            self._add_activity(number, at)

    def add_leads(self, count: int) -> list[int]:
        """Create leads now.

        Args:
            count: How many.

        Returns:
            Their ids.
        """
        with self.lock:
            now = self.clock.now().replace(microsecond=0)
            return [self._add_lead(len(self.leads), now) for _ in range(count)]

    def change_leads(self, count: int) -> list[int]:
        """Change leads now: half of them in a custom field, which leaves `updatedAt` as it is.

        Args:
            count: How many, of all ages.

        Returns:
            Their ids.
        """
        with self.lock:
            now = self.clock.now().replace(microsecond=0)
            step = max(1, len(self.leads) // max(1, count))
            chosen = list(self.leads)[::step][:count]
            for place, lead_id in enumerate(chosen):
                lead = self.leads[lead_id]
                lead.changed = now
                self.changes.append((now, lead_id, "Region__c" if place % 2 else "leadScore"))
                if place % 2:
                    lead.values["Region__c"] = f"changed {iso(now)}"
                else:
                    lead.values["leadScore"] = (lead.values.get("leadScore") or 0) + 10
                    lead.cells.pop("leadScore", None)
                    lead.values["updatedAt"] = iso(now)
                    lead.cells.pop("updatedAt", None)
            return chosen

    def delete_leads(self, count: int) -> list[int]:
        """Delete leads now, and note it as activities of type 37.

        Args:
            count: How many, the oldest first.
        """
        with self.lock:
            gone = list(self.leads)[:count]
            for lead_id in gone:
                self.gone[lead_id] = self.leads.pop(lead_id)
                self.activities.append(
                    Activity(self._guid(), lead_id, self.clock.now(), 37, {}, primary=str(lead_id))
                )
            return gone

    def restore_leads(self, *ids: int) -> None:
        """Bring leads back now that were deleted or merged.

        Args:
            ids: Theirs.
        """
        with self.lock:
            for lead_id in ids:
                lead = self.leads[lead_id] = self.gone.pop(lead_id)
                lead.changed = self.clock.now().replace(microsecond=0)

    def merge_leads(self, winner: int, *losers: int) -> str:
        """Merge leads now: the losers vanish, and an activity of the winner names them.

        Args:
            winner: Id of the lead that stays.
            losers: Ids of those that go.

        Returns:
            Id of the activity.
        """
        with self.lock:
            for loser in losers:
                self.gone[loser] = self.leads.pop(loser)
            attributes = {"Merge IDs": list(losers), "Merge Source": "UI", "Master Updated": True}
            now = self.clock.now().replace(microsecond=0)
            merge = Activity(self._guid(), winner, now, 32, attributes, primary_id=winner)
            self.activities.append(merge)
            return merge.guid

    def add_activities(self, count: int) -> list[str]:
        """Let activities happen now.

        Args:
            count: How many, of all types in turn.

        Returns:
            Their ids.
        """
        with self.lock:
            now = self.clock.now().replace(microsecond=0)
            first = len(self.activities)
            return [self._add_activity(first + number, now) for number in range(count)]

    def delete_field(self, name: str) -> None:
        """Remove a lead field.

        Args:
            name: REST name.
        """
        with self.lock:
            del self.fields[name]

    def list_members(self, kind: str, number: int) -> list[int]:
        """Ids of the leads in a list.

        Args:
            kind: `static` or `smart`.
            number: Id of the list.
        """
        with self.lock:
            share = {"static": 3, "smart": 4}[kind]
            return [one for one in self.leads if one % share == number % share]

    def expected_leads(self) -> list[dict[str, Any]]:
        """Every lead with all exportable fields, as a perfect reader delivers it."""
        with self.lock:
            names = [name for name, kind in self.fields.items() if kind != "formula"]
            return [{name: lead.values.get(name) for name in names} for lead in self.leads.values()]

    def expected_activities(self) -> list[dict[str, Any]]:
        """Every activity that bulk extract holds, with its attributes as one object."""
        with self.lock:
            return [
                {**activity.as_row(), "attributes": dict(activity.attributes)}
                for activity in self.activities
                if activity.type_id != 37  # noqa: PLR2004
            ]

    def _add_lead(self, number: int, created: datetime) -> int:
        draw = self.random
        lead_id = 1000 + number
        while lead_id in self.leads:
            lead_id += 1
        values: dict[str, Any] = dict.fromkeys(self.fields)
        cells: dict[str, str] = {}
        for name, kind in self.fields.items():
            if draw.random() < (0.5 if name in CUSTOM else 0.3):
                values[name] = self._value(kind, created)
        values |= {
            "id": lead_id,
            "firstName": draw.choice(_FIRST),
            "lastName": draw.choice(_LAST),
            "company": draw.choice(_COMPANY),
            "city": draw.choice(_CITIES),
            "email": f"person{lead_id}@example.com",
            "leadScore": draw.randint(-20, 200),
            "externalCompanyId": f"company-{lead_id // 3}" if lead_id % 4 else None,
            "externalSalesPersonId": f"sales-{lead_id % 9}" if lead_id % 5 else None,
            "createdAt": iso(created),
            "updatedAt": iso(created),
        }
        if self.options.nasty:
            self._make_awkward(number, values, cells)
        self.leads[lead_id] = Lead(values, cells, created, created)
        self.changes.append((created, lead_id, ""))
        return lead_id

    def _make_awkward(self, number: int, values: dict[str, Any], cells: dict[str, str]) -> None:
        if number % 3 == 0:
            text = _NASTY[number // 3 % (len(_NASTY) - (number % 300 != 0))]
            name = ("mktoPersonNotes", "internalNotes", "zipRaw", "address")[number % 4]
            values[name] = text.replace("\0", "")
            cells[name] = text
        if number % 5 == 0:
            kind = tuple(_CELLS)[number // 5 % len(_CELLS)]
            name = {
                "integer": "numberOfEmployees",
                "percent": "loyaltyPercent",
                "boolean": "isVip",
                "date": "renewalDate",
                "datetime": "lastSeenAt",
            }[kind]
            spellings = _CELLS[kind]
            # No database column of 64 bits holds the long integer: it comes once in a while.
            cells[name], values[name] = spellings[
                0 if number % 50 else number // 50 % len(spellings)
            ]
            if kind == "integer":
                cells[name], values[name] = spellings[0]

    def _value(self, kind: str, created: datetime) -> Any:  # noqa: PLR0911
        draw = self.random
        if kind in {"integer", "score"}:
            return draw.randint(0, 5000)
        if kind == "percent":
            return draw.randint(0, 100)
        if kind in {"float", "currency"}:
            return round(draw.uniform(0, 99999), 2)
        if kind == "boolean":
            return draw.random() < 0.5  # noqa: PLR2004
        if kind == "date":
            return (created + timedelta(days=draw.randint(0, 900))).strftime("%Y-%m-%d")
        if kind == "datetime":
            return iso(created + timedelta(seconds=draw.randint(0, 10**7)))
        if kind == "reference":
            return str(draw.randint(1, 99))
        if kind == "phone":
            return f"+49 0{draw.randint(100, 999)} {draw.randint(1000, 99999):07d}"
        if kind == "url":
            return f"https://example.com/{draw.randint(1, 999)}?a=1&b=,"
        return f"value {draw.randint(1, 9999)}"

    def _guid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128)))

    def _add_activity(self, number: int, at: datetime) -> str:
        draw = self.random
        types = [one for one in self.types if one["id"] != 37]  # noqa: PLR2004
        described = types[number % len(types)]
        attributes: dict[str, Any] = {}
        for one in described["attributes"]:
            if draw.random() < 0.8:  # noqa: PLR2004
                attributes[one["name"]] = self._value(one["dataType"].lower(), at)
        if self.options.nasty:
            texts = [
                one["name"]
                for one in described["attributes"]
                if one["dataType"] in {"string", "text"} and one["name"] in attributes
            ]
            if number % 11 == 0 and texts:
                attributes[texts[0]] = _NASTY[number // 11 % (len(_NASTY) - 1)].replace("\0", "")
            if number % 17 == 0:
                attributes["Brand New Attribute"] = "nobody declared me"
            if described["name"] == "Merge Leads":
                # Of leads that are gone.
                attributes["Merge IDs"] = [100 + number % 50]
        lead_id = 1000 + number % max(1, self.options.leads)
        activity = Activity(
            guid=self._guid(),
            lead_id=lead_id,
            at=at,
            type_id=described["id"],
            attributes=attributes,
            campaign_id=draw.randint(1000, 1100) if number % 2 else None,
            primary_id=draw.randint(1, 500) if "primaryAttribute" in described else None,
            primary=f"Program {number % 9}.Asset {number % 5}",
            result=("succeeded", "skipped", "failed", None)[number % 4],
        )
        if described["name"] == "Change Data Value":
            place = number // len(types) % len(self.fields)
            activity.primary_id = FIRST_FIELD_ID + place
            activity.primary = display_name(list(self.fields)[place])
        self.activities.append(activity)
        return activity.guid
