"""The leads: a mapping by id whose values are created on demand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso
from marketo_sandbox.fields import CUSTOM, NEVER_EXPORTED
from marketo_sandbox.world.awkward import roughen_lead
from marketo_sandbox.world.chance import chance, pick, value
from marketo_sandbox.world.changes import NAMES, visible
from marketo_sandbox.world.mailings import BOUNCED, UNSUBSCRIBED
from marketo_sandbox.world.memberships import acquired
from marketo_sandbox.world.records import Lead
from marketo_sandbox.world.track import FIRST_LEAD

if TYPE_CHECKING:
    from datetime import datetime

    from marketo_sandbox.world.changes import Changes
    from marketo_sandbox.world.mailings import Mailings
    from marketo_sandbox.world.track import Scene

_FIRST = ("Ada", "Björn", "Chidi", "Dilşad", "Eve", "李", "Fatima", "Gus")
_LAST = ("Lovelace", "Ångström", "O'Neil", "Müller", "Nakamura", "de la Cruz", "Smith-Jones")
COMPANIES = ("Acme, Inc.", 'The "Best" GmbH', "Initech", "Globex", "Hooli Labs", "株式会社")
# Worlds up to this size keep the leads that were read.
_SMALL = 3000


def company_of(lead_id: int) -> str | None:
    """The external id of a lead's company."""
    return f"company-{lead_id // 3}" if lead_id % 4 else None


def company_name(lead_id: int) -> str:
    """The name of a lead's company."""
    return str(pick(COMPANIES, lead_id // 3))


def sales_person_of(lead_id: int) -> str | None:
    """The external id of a lead's sales person."""
    return f"sales-{lead_id % 9}" if lead_id % 5 else None


class Leads(Mapping[int, Lead]):
    """All existing leads by id: initial, changed and new ones."""

    def __init__(
        self, scene: Scene, fields: dict[str, str], changes: Changes, mailings: Mailings
    ) -> None:
        """Store the arguments; leads are created on demand.

        Args:
            scene: Data shared by all tracks.
            fields: Data types of the lead fields.
            changes: Changes of leads before the start.
            mailings: Mailings, after which some leads get no more mail.
        """
        self._scene, self._fields = scene, dict(fields)
        self._changes, self._mailings = changes, mailings
        self._own: dict[int, Lead] = {}
        self._gone: set[int] = set()
        self._seen: dict[int, Lead] = {}
        self._last = FIRST_LEAD + scene.leads

    def __len__(self) -> int:
        """Number of leads."""
        added = sum(lead_id >= self._last for lead_id in self._own)
        return self._scene.leads + added - len(self._gone)

    def __iter__(self) -> Iterator[int]:
        """Ids of the leads, oldest first."""
        for lead_id in range(FIRST_LEAD, self._last):
            if lead_id not in self._gone:
                yield lead_id
        yield from [added for added in self._own if added >= self._last]

    def __contains__(self, lead_id: object) -> bool:
        """Whether a lead exists."""
        if lead_id in self._own:
            return True
        return (
            isinstance(lead_id, int)
            and FIRST_LEAD <= lead_id < self._last
            and lead_id not in self._gone
        )

    def __getitem__(self, lead_id: int) -> Lead:
        """A lead. Call `own` before changing it."""
        if lead_id in self._own:
            return self._own[lead_id]
        if lead_id not in self:
            raise KeyError(lead_id)
        if lead_id in self._seen:
            return self._seen[lead_id]
        lead = self._made(lead_id - FIRST_LEAD)
        if self._scene.leads <= _SMALL:
            self._seen[lead_id] = lead
        return lead

    def with_email(self, wanted: set[str]) -> list[int]:
        """Ids of the leads with one of these addresses.

        Args:
            wanted: Addresses in lower case.
        """
        # Unchanged leads have their initial address.
        numbers = (re.fullmatch(r"person(\d+)@example\.com", value) for value in sorted(wanted))
        first = [int(match[1]) for match in numbers if match]
        unchanged = [
            candidate for candidate in first if candidate in self and candidate not in self._own
        ]
        return unchanged + [
            lead_id
            for lead_id, lead in self._own.items()
            if str(lead.values.get("email")).lower() in wanted
        ]

    def own(self, lead_id: int) -> Lead:
        """A lead that may be changed, because it is stored."""
        lead = self._own[lead_id] = self[lead_id]
        return lead

    def put(self, lead_id: int, lead: Lead) -> None:
        """Add or restore a lead."""
        self._gone.discard(lead_id)
        self._own[lead_id] = lead

    def take(self, lead_id: int) -> Lead:
        """Remove a lead."""
        lead = self[lead_id]
        self._own.pop(lead_id, None)
        if lead_id < self._last:
            self._gone.add(lead_id)
        return lead

    def changed_between(self, name: str, start: datetime, end: datetime) -> Iterator[int]:
        """Ids of the leads created or last changed in a period, both ends included.

        Args:
            name: `createdAt` or `updatedAt`.
            start: First second.
            end: Last second.
        """
        for lead_id in self:
            own = self._own.get(lead_id)
            if own:
                at = own.created if name == "createdAt" else own.changed
            elif name == "createdAt":
                at = self._scene.created(lead_id - FIRST_LEAD)
            else:
                at = self._last_change(lead_id - FIRST_LEAD)
            # Filters have whole seconds: the last second counts to its end.
            if start <= at.replace(microsecond=0) <= end:
                yield lead_id

    def fresh(self, lead_id: int, created: datetime, number: int) -> Lead:
        """A new lead with random values.

        Args:
            lead_id: Id of the lead.
            created: Time of creation.
            number: Index among all leads.
        """
        draw = chance(self._scene.seed, "lead", number)
        values: dict[str, Any] = dict.fromkeys(self._fields)
        for name, kind in self._fields.items():
            if draw.random() < (0.5 if name in CUSTOM else 0.3) and kind not in NEVER_EXPORTED:
                values[name] = value(draw, kind, created)
        values |= {
            "id": lead_id,
            "firstName": pick(_FIRST, draw.getrandbits(16)),
            "lastName": pick(_LAST, draw.getrandbits(16)),
            "email": f"person{lead_id}@example.com",
            "externalCompanyId": company_of(lead_id),
            "externalSalesPersonId": sales_person_of(lead_id),
            "company": company_name(lead_id),
            "leadPartitionId": "1",
            "acquisitionProgramId": self._program(created, lead_id),
            "isLead": True,
            "isAnonymous": False,
            "unsubscribed": False,
            "emailInvalid": False,
            "unsubscribedReason": None,
            "emailInvalidCause": None,
            "createdAt": iso(created),
            "updatedAt": iso(created),
        }
        values |= {name: self._changes.initial(number, name) for name in NAMES}
        return Lead(values, {}, created, created)

    def _program(self, created: datetime, lead_id: int) -> str | None:
        program = self._scene.library.at("programs", created, lead_id)
        return str(program["id"]) if program and acquired(lead_id) else None

    def _last_change(self, number: int) -> datetime:
        changed = self._changes.last(number)
        lost = self._mailings.lost_at(number)
        return max(changed, self._mailings.at(lost[1])) if lost else changed

    def _made(self, number: int) -> Lead:
        created = self._scene.created(number)
        lead = self.fresh(FIRST_LEAD + number, created, number)
        shown = created
        for index, name, _, new in self._changes.history(number):
            lead.values[name] = new
            if visible(name):
                shown = self._changes.at(index)
        lost = self._mailings.lost_at(number)
        if lost:
            kind, index = lost
            shown = max(shown, self._mailings.at(index))
            if kind == UNSUBSCRIBED:
                lead.values |= {"unsubscribed": True, "unsubscribedReason": "Clicked the link"}
            if kind == BOUNCED:
                lead.values |= {"emailInvalid": True, "emailInvalidCause": "550 unknown user"}
        lead.values["updatedAt"] = iso(shown)
        lead.changed = self._last_change(number)
        if self._scene.options.rough:
            roughen_lead(number, lead)
        return lead
