"""Leads and emails that change day by day, with the expected results."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from tap_marketo.values.names import field_columns

DIGEST = sha256(b"foo_c").hexdigest()[:6]
# REST name to Marketo's type and the name of the column in the view `lead`.
FIELDS = {
    "leadScore": ("score", "lead_score"),
    "leadStatus": ("string", "lead_status"),
    "Region__c": ("string", "region_c"),
    "Account__Code__c": ("string", "account_code_c"),
    "anonymousIP": ("string", "anonymous_ip"),
    "CRMAccountID": ("string", "crm_account_id"),
    "fooC": ("string", "foo_c"),
    "foo_c": ("string", f"foo_c_{DIGEST}"),
    "Foo__c": ("string", "foo_c_2"),
    "utm_source": ("string", "utm__source"),
    "utm_campaign": ("string", "utm_campaign"),
    "leadSegment": ("string", "lead_segment"),
    "lead_segment": ("string", "lead__segment"),
    "priority": ("integer", "priority"),
    "Seats__c": ("integer", "seats_c"),
    "urgency": ("float", "urgency"),
    "annualRevenue": ("currency", "annual_revenue"),
    "relativeScore": ("percent", "relative_score"),
    "unsubscribed": ("boolean", "unsubscribed"),
    "Is_Partner__c": ("boolean", "is_partner_c"),
    "dateOfBirth": ("date", "date_of_birth"),
    "Renewal_Date__c": ("date", "renewal_date_c"),
    "mktoAcquisitionDate": ("datetime", "mkto_acquisition_date"),
    "email": ("email", "email"),
    "mainPhone": ("phone", "main_phone"),
    "website": ("url", "website"),
    "mktoPersonNotes": ("text", "mkto_person_notes"),
    "leadPartitionId": ("reference", "lead_partition_id"),
}
COLUMNS = field_columns(FIELDS, renamed=True)
KINDS = {
    "score": "bigint",
    "integer": "bigint",
    "float": "double precision",
    "currency": "double precision",
    "percent": "double precision",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp",
}
FIRST_DAY = date(2026, 9, 1)
MAIL = {
    "activity_send_email": 6,
    "activity_email_delivered": 7,
    "activity_email_bounced": 8,
    "activity_unsubscribe_email": 9,
    "activity_open_email": 10,
    "activity_click_email": 11,
}
METRICS = {
    "sends": "activity_send_email",
    "deliveries": "activity_email_delivered",
    "bounces": "activity_email_bounced",
    "unsubscribes": "activity_unsubscribe_email",
    "opens": "activity_open_email",
    "clicks": "activity_click_email",
}


@dataclass
class Lead:
    """A lead, with its current values and those at the end of each past day."""

    id: int
    created: datetime
    values: dict[str, Any]
    loaded_at: datetime
    updated: datetime
    history: dict[date, dict[str, Any]] = field(default_factory=dict)
    marked_at: datetime | None = None


class World:
    """Leads that change day by day, and the rows that a loader writes about them."""

    def __init__(self, leads: int = 60, seed: int = 5) -> None:
        """Create the leads of the first day."""
        self.random = random.Random(seed)  # noqa: S311 - reproducible data
        self.day = FIRST_DAY
        self.changes: list[dict[str, Any]] = []
        self.deleted: list[dict[str, Any]] = []
        self.merges: list[dict[str, Any]] = []
        self.mail: dict[str, list[dict[str, Any]]] = {name: [] for name in MAIL}
        self.names = {
            kind: {n: f"{kind} {n}" for n in range(1, 7)} for kind in ("email", "program")
        }
        self.names["campaign"] = {number: f"campaign {number}" for number in range(11, 20)}
        self.emails_changed: dict[int, datetime] = {}
        self.gone: set[int] = set()
        self._number = 0
        self.leads: dict[int, Lead] = {}
        for number in range(leads):
            created = self.time(0, number)
            values = {name: self.value(name) for name in FIELDS}
            self.leads[100 + number] = Lead(100 + number, created, values, created, created)

    def time(self, hours: float = 0, seconds: float = 0) -> datetime:
        """A time of the current day."""
        start = datetime(self.day.year, self.day.month, self.day.day)  # noqa: DTZ001 - all UTC
        return start + timedelta(hours=hours, seconds=seconds)

    def value(self, name: str) -> Any:
        """A random value of a field's type, sometimes None."""
        kind, dice = FIELDS[name][0], self.random
        if dice.random() < 0.25:
            return None
        values = {
            "bigint": dice.randint(-5, 200),
            "double precision": dice.randint(0, 4000) / 4,
            "boolean": dice.random() < 0.5,
            "date": str(date(1980, 1, 1) + timedelta(days=dice.randint(0, 15000))),
            "timestamp": f"2025-0{dice.randint(1, 9)}-11T08:{dice.randint(10, 59)}:00",
        }
        return values.get(KINDS.get(kind, ""), f"{name} {dice.randint(0, 30)}")

    def text(self, name: str, value: Any) -> str:
        """A value as Change Data Value writes it: an empty text for None."""
        kind, dice = FIELDS[name][0], self.random
        if value is None:
            # Neither "n/a" nor an empty text fits the column.
            return "n/a" if kind in ("integer", "percent") and dice.random() < 0.2 else ""
        if kind == "boolean":
            return dice.choice(("true", "1") if value else ("false", "0"))
        if kind in ("integer", "score"):
            return f"{value}.0" if dice.random() < 0.3 else str(value)
        if kind == "datetime":
            return f"{value}Z"
        return str(value)

    def pass_days(self, days: int, changes_a_day: int = 40) -> None:
        """Let leads change and receive email on each of a number of days."""
        for _ in range(days):
            for number in range(changes_a_day):
                lead = self.random.choice(self.alive())
                self.change(lead, self.random.choice(list(FIELDS)), self.time(1, number * 60))
            for number in range(8):
                self.send(self.random.choice(self.alive()), self.time(15, number * 60))
            for lead in self.leads.values():
                lead.history[self.day] = dict(lead.values)
            self.day += timedelta(days=1)
        for lead in self.alive():
            lead.loaded_at = self.time()

    def change(self, lead: Lead, name: str, at: datetime) -> None:
        """Change a field of a lead."""
        before, after = lead.values[name], self.value(name)
        if before == after:
            return
        lead.values[name] = after
        lead.updated = at
        self.changes.append(
            self._activity(13, lead.id, at)
            | {
                "primary_attribute_value_id": 1000 + list(FIELDS).index(name),
                "primary_attribute_value": f"Field {name}",
                "old_value": self.text(name, before),
                "new_value": self.text(name, after),
            }
        )

    def send(self, lead: Lead, at: datetime) -> None:
        """Send an email, with a random outcome."""
        campaign = self.random.choice(list(self.names["campaign"]))
        email = campaign % 6 + 1
        self._number += 1
        mail = {
            "primary_attribute_value_id": email,
            "campaign_id": campaign,
            "campaign_run_id": self._number,
        }
        bounced = self.random.random() < 0.2
        happened = {
            "activity_send_email": 1,
            "activity_email_delivered": int(not bounced),
            "activity_email_bounced": int(bounced),
            "activity_open_email": 0 if bounced else self.random.randint(0, 3),
            "activity_click_email": 0 if bounced else self.random.randint(0, 2),
            "activity_unsubscribe_email": int(not bounced and self.random.random() < 0.1),
        }
        for name, times in happened.items():
            for _ in range(times):
                self.mail[name].append(self._activity(MAIL[name], lead.id, at) | mail)

    def alive(self) -> list[Lead]:
        """Leads that exist in Marketo."""
        return [lead for lead in self.leads.values() if lead.id not in self.gone]

    def delete(self, lead_id: int, *, listed: bool = True, marked: bool = False) -> None:
        """Delete a lead.

        Args:
            lead_id: ID of the lead.
            listed: Whether deleted_leads has the deletion.
            marked: Whether capture_deletes has marked the lead.
        """
        at = self.time(0, 7)
        self.gone.add(lead_id)
        if listed:
            self.deleted.append(
                self._activity(37, lead_id, at)
                | {"attributes": json.dumps([{"name": "Campaign", "value": "Clean Up"}])}
                | {"primary_attribute_value": str(lead_id), "_sdc_extracted_at": self.time(0, 30)}
            )
        if marked:
            self.leads[lead_id].marked_at = at

    def restore(self, lead_id: int, *, visibly: bool = False) -> None:
        """Restore a lead; the loader writes it after the deletion."""
        self.gone.discard(lead_id)
        lead = self.leads[lead_id]
        lead.marked_at, lead.loaded_at = None, self.time(0, 40)
        if visibly:
            lead.updated = self.time(0, 20)

    def merge(self, winner: int, *losers: int) -> None:
        """Merge leads into a winner."""
        self.gone.update(losers)
        merge = self._activity(32, winner, self.time(0, 9))
        merge |= {"merge_ids": json.dumps(losers), "_sdc_extracted_at": self.time(0, 30)}
        self.merges.append(merge)

    def _activity(self, kind: int, lead_id: int, at: datetime) -> dict[str, Any]:
        self._number += 1
        return {
            "marketo_guid": str(self._number),
            "lead_id": lead_id,
            "activity_date": at,
            "activity_type_id": kind,
        }
