"""The data of the instance, and actions that change it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso
from marketo_sandbox.fields import (
    FIRST_FIELD_ID,
    NEVER_EXPORTED,
    display_name,
    lead_fields,
)
from marketo_sandbox.world.activities import Activities
from marketo_sandbox.world.activity_types import activity_types
from marketo_sandbox.world.awkward import roughen_lead
from marketo_sandbox.world.chance import chance, guid, value
from marketo_sandbox.world.changes import DATA_VALUE, SCORE, Changes, visible
from marketo_sandbox.world.happenings import (
    DELETED,
    MERGED,
    NEW_LEAD,
    Deletions,
    Happenings,
    NewLeads,
)
from marketo_sandbox.world.leads import Leads
from marketo_sandbox.world.mailings import Mailings
from marketo_sandbox.world.memberships import (
    ADDED,
    REMOVED,
    ListMemberships,
    ProgramMemberships,
)
from marketo_sandbox.world.records import Activity, Lead
from marketo_sandbox.world.track import FIRST_LEAD, Scene, Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marketo_sandbox.clock import Clock
    from marketo_sandbox.export import Source
    from marketo_sandbox.library import Library
    from marketo_sandbox.options import SandboxOptions

_SHARE_OF_NEW_LEADS = 0.4
PARTITION = 100


class World:
    """The data of the instance. Change it through its methods, under its lock.

    Attributes:
        fields: Data types of the lead fields by REST name.
        types: Activity types as `activities/types.json` returns them.
        leads: All leads by id.
        activities: All activities, in order.
        gone: Leads that were deleted or merged since the start.
        lists: Names of static and smart lists by id.
        sources: Export sources in addition to leads and activities.
    """

    def __init__(self, options: SandboxOptions, clock: Clock, library: Library) -> None:
        """Plan the data, which is created on demand.

        Args:
            options: Sizes and seed.
            clock: Clock of the sandbox.
            library: Library of assets.
        """
        self.options, self.clock, self.library = options, clock, library
        self.lock = threading.RLock()
        self.fields = lead_fields()
        self.types = activity_types(options.activity_types)
        self.gone: dict[int, Lead] = {}
        self.sources: dict[str, Source] = {}
        self._joined: dict[int, dict[int, datetime | None]] = {}
        self._happened = 0
        self.scene = Scene(
            options.seed,
            library.start,
            max(0, int((library.now - library.start).total_seconds()) - 1),
            options.leads,
            {type_["id"]: type_ for type_ in self.types},
            library,
            options,
        )
        tracks = self._plan(options.activities if options.leads else 0)
        self.activities = Activities(tracks, options, clock)
        self.leads = Leads(self.scene, self.fields, self.changes, self.mailings)
        self._next_id = FIRST_LEAD + options.leads + 2 * self.happenings.rounds

    def _plan(self, count: int) -> list[Track]:
        scene = self.scene
        most = min(scene.leads, int(count * _SHARE_OF_NEW_LEADS))
        new_leads = NewLeads(scene, most if NEW_LEAD in scene.types else 0)
        rest = count - new_leads.count

        def share(percent: int, types: Iterable[int]) -> int:
            return rest * percent // 100 if set(types) & set(scene.types) else 0

        both = {ADDED, REMOVED} <= set(scene.types)
        self.list_memberships = ListMemberships(
            scene, share(15, ListMemberships.types) if both else 0
        )
        self.program_memberships = ProgramMemberships(scene, share(15, ProgramMemberships.types))
        self.changes = Changes(scene, share(10, Changes.types), self.fields)
        self.mailings = Mailings(scene, share(40, Mailings.types))
        tracks = [new_leads, self.list_memberships, self.program_memberships, self.changes,
                  self.mailings]  # fmt: skip
        taken = frozenset[int]().union(*(track.types for track in tracks)) | {SCORE}
        left = count - sum(track.count for track in tracks)
        self.happenings = Happenings(scene, left, taken, FIRST_LEAD + scene.leads)
        return [*tracks, self.happenings, Deletions(scene, self.happenings)]

    def second(self) -> datetime:
        """The time now, in whole seconds."""
        return self.clock.now().replace(microsecond=0)

    # Actions

    def add_leads(self, count: int) -> list[int]:
        """Create leads now.

        Args:
            count: Number of leads.

        Returns:
            Ids of these records.
        """
        with self.lock:
            return [self.create_lead({}) for _ in range(count)]

    def create_lead(self, values: dict[str, Any] | None = None, *, blank: bool = False) -> int:
        """Create a lead now.

        Args:
            values: Values by REST name.
            blank: Whether all other values are empty instead of random.

        Returns:
            The new id.
        """
        with self.lock:
            now, lead_id = self.second(), self._next_id
            self._next_id += 1
            if blank:
                lead = Lead(dict.fromkeys(self.fields), {}, now, now)
                lead.values |= {"id": lead_id, "createdAt": iso(now), "updatedAt": iso(now)}
                lead.values |= {"leadPartitionId": "1", "isLead": True}
            else:
                lead = self.leads.fresh(lead_id, now, lead_id)
                if self.options.rough:
                    roughen_lead(lead_id, lead)
            lead.values |= values or {}
            self.leads.put(lead_id, lead)
            attributes = {"Created Date": iso(now)[:10], "Source Type": "Web service API"}
            self.happen(NEW_LEAD, lead_id, attributes)
            return lead_id

    def change_leads(self, count: int) -> list[int]:
        """Change leads now, half of them in a custom field that does not move `updatedAt`.

        Args:
            count: Number of leads, of all ages.

        Returns:
            Ids of these records.
        """
        with self.lock:
            step = max(1, len(self.leads) // max(1, count))
            chosen = list(self.leads)[::step][:count]
            for place, lead_id in enumerate(chosen):
                if place % 2:
                    self.change_lead(lead_id, {"Region__c": f"changed {iso(self.second())}"})
                else:
                    score = self.leads[lead_id].values.get("leadScore") or 0
                    self.change_lead(lead_id, {"leadScore": score + 10})
            return chosen

    def change_lead(self, lead_id: int, values: dict[str, Any], source: str = "API") -> None:
        """Change a lead now; each changed field adds an activity.

        Args:
            lead_id: Id of the lead.
            values: New values by REST name.
            source: Who changes it.
        """
        with self.lock:
            lead, now = self.leads.own(lead_id), self.second()
            for name, new in values.items():
                old = lead.values.get(name)
                lead.cells.pop(name, None)
                if old == new:
                    # Any write moves the time of the filter, even without a change.
                    lead.changed = now
                    continue
                lead.values[name] = new
                lead.changed = now
                if visible(name):
                    lead.values["updatedAt"] = iso(now)
                    lead.cells.pop("updatedAt", None)
                self._note_change(lead_id, name, old, new, source)

    def _note_change(self, lead_id: int, name: str, old: Any, new: Any, source: str) -> None:
        attributes: dict[str, Any] = {"Old Value": old, "New Value": new, "Source": source}
        score = name == "leadScore" and SCORE in self.scene.types
        if score:
            attributes["Change Value"] = f"{(new or 0) - (old or 0):+d}"
        else:
            for key in ("Old Value", "New Value"):
                attributes[key] = None if attributes[key] is None else str(attributes[key])
        names = list(self.fields)
        place = FIRST_FIELD_ID + names.index(name) if name in names else None
        self.happen(SCORE if score else DATA_VALUE, lead_id, attributes, place, display_name(name))

    def delete_leads(self, count: int) -> list[int]:
        """Delete leads now, with an activity of type 37 each.

        Args:
            count: Number of leads, oldest first.
        """
        with self.lock:
            gone = [number for number, _ in zip(self.leads, range(count), strict=False)]
            for lead_id in gone:
                self.delete_lead(lead_id)
            return gone

    def delete_lead(self, lead_id: int) -> None:
        """Delete a lead now.

        Args:
            lead_id: Id of the lead.
        """
        with self.lock:
            lead = self.gone[lead_id] = self.leads.take(lead_id)
            email = lead.values.get("email") or str(lead_id)
            attributes = {"Campaign": "Clean Up"}
            # A deletion appears at once, even if the instance lacks its type.
            self._append(DELETED, lead_id, attributes, lead_id, email, self.clock.now())

    def restore_leads(self, *ids: int) -> None:
        """Restore deleted or merged leads now.

        Args:
            ids: Ids of the leads.
        """
        with self.lock:
            for lead_id in ids:
                lead = self.gone.pop(lead_id)
                self.leads.put(lead_id, lead)
                lead.changed = self.second()

    def merge_leads(self, winner: int, *losers: int) -> str:
        """Merge leads now: the losers are removed, and an activity of the winner lists them.

        Args:
            winner: Id of the lead that stays.
            losers: Ids of the leads that are removed.

        Returns:
            Id of the activity.
        """
        with self.lock:
            for loser in losers:
                self.gone[loser] = self.leads.take(loser)
            attributes = {"Merge IDs": list(losers), "Merge Source": "UI", "Master Updated": True}
            email = self.leads[winner].values.get("email")
            return self._append(MERGED, winner, attributes, winner, email, self.second()).guid

    def add_activities(self, count: int) -> list[str]:
        """Add activities now.

        Args:
            count: Number of activities, of all types in turn.

        Returns:
            Ids of these records.
        """
        with self.lock:
            kinds = [type_ for type_ in self.types if type_["id"] != DELETED]
            ids = list(self.leads)
            added = []
            for _ in range(count):
                number = self._happened
                described = kinds[number % len(kinds)]
                draw = chance(self.options.seed, "added", number)
                attributes = {
                    attribute["name"]: value(draw, attribute["dataType"].lower(), self.second())
                    for attribute in described["attributes"]
                    if draw.random() < 0.8  # noqa: PLR2004
                }
                if described["id"] == MERGED:
                    attributes["Merge IDs"] = [self.happenings.first_ghost]
                email = self.library.at("emails", self.clock.now(), number)
                lead_id = ids[number % len(ids)] if ids else FIRST_LEAD
                has_asset = email and "primaryAttribute" in described
                added.append(
                    self._append(
                        described["id"],
                        lead_id,
                        attributes,
                        email["id"] if has_asset and email else None,
                        self.library.qualified(email) if has_asset and email else None,
                        self.second(),
                    ).guid
                )
            return added

    def happen(
        self,
        kind: int,
        lead_id: int,
        known: dict[str, Any],
        primary_id: int | None = None,
        primary: str | None = None,
        campaign_id: int | None = None,
    ) -> Activity | None:
        """Add an activity now, if the instance has its type.

        Args:
            kind: Id of the type.
            lead_id: Id of the lead.
            known: Attributes; None for absent ones.
            primary_id: Id of its primary attribute.
            primary: Value of its primary attribute.
            campaign_id: Id of the smart campaign that caused it.
        """
        if kind not in self.scene.types:
            return None
        activity = self._append(kind, lead_id, known, primary_id, primary, self.second())
        activity.campaign_id = campaign_id
        return activity

    def happen_at(
        self, at: datetime, kind: int, lead_id: int, known: dict[str, Any], primary: str
    ) -> Activity:
        """Add an activity of a custom type, with any date.

        Args:
            at: Date of the activity.
            kind: Id of the type.
            lead_id: Id of the lead.
            known: Attributes.
            primary: Value of the primary attribute.
        """
        return self._append(kind, lead_id, known, None, primary, at)

    def move_lead(self, lead_id: int, partition: int) -> None:
        """Move a lead to another partition now.

        Args:
            lead_id: Id of the lead.
            partition: Id of the partition.
        """
        with self.lock:
            lead, now = self.leads.own(lead_id), self.second()
            old = lead.values.get("leadPartitionId")
            if old == str(partition):
                return
            lead.values |= {"leadPartitionId": str(partition), "updatedAt": iso(now)}
            lead.changed = now
            attributes = {
                "Old Partition ID": int(old) if old else None,
                "Reason": "Web service API",
            }
            self.happen(PARTITION, lead_id, attributes, partition, f"Partition {partition}")

    def _append(
        self,
        kind: int,
        lead_id: int,
        known: dict[str, Any],
        primary_id: int | None,
        primary: str | None,
        at: datetime,
    ) -> Activity:
        with self.lock:
            address = guid(self.options.seed, "happened", self._happened)
            self._happened += 1
            attributes = {
                name: attribute for name, attribute in known.items() if attribute is not None
            }
            activity = Activity(
                address, lead_id, at, kind, attributes, None, primary_id, primary, "succeeded"
            )
            if kind == 6:  # noqa: PLR2004 - Send Email
                activity.late = self.options.late_sends
            self.activities.append(activity)
            return activity

    def delete_field(self, name: str) -> None:
        """Remove a lead field.

        Args:
            name: REST name of the field.
        """
        with self.lock:
            del self.fields[name]

    # Lists

    @property
    def lists(self) -> dict[str, dict[int, str]]:
        """Names of static and smart lists by id."""
        return {
            kind: {record["id"]: record["name"] for record in self.library.records[f"{kind}_lists"]}
            for kind in ("static", "smart")
        }

    def list_members(self, kind: str, number: int) -> list[int]:
        """Ids of the leads in a list.

        Args:
            kind: `static` or `smart`.
            number: Id of the list.
        """
        with self.lock:
            if kind == "smart":
                return [lead_id for lead_id in self.leads if lead_id % 4 == number % 4]
            return [lead_id for lead_id in self.joined(number) if lead_id in self.leads]

    def joined(self, number: int) -> dict[int, datetime]:
        """The leads of a static list, with the time at which each joined.

        Args:
            number: Id of the list.
        """
        with self.lock:
            found = dict(self.list_memberships.members(number))
            for lead_id, since in self._joined.get(number, {}).items():
                found.pop(lead_id, None)
                if since:
                    found[lead_id] = since
            return found

    def join(self, number: int, lead_id: int, *, leave: bool = False) -> None:
        """Add a lead to a static list, or remove it.

        Args:
            number: Id of the list.
            lead_id: Id of the lead.
            leave: Whether to remove it.
        """
        with self.lock:
            if (lead_id in self.joined(number)) is not leave:
                return
            self._joined.setdefault(number, {})[lead_id] = None if leave else self.second()
            kind = REMOVED if leave else ADDED
            name = self.lists["static"].get(number)
            self.happen(kind, lead_id, {"Source": "Web service API"}, number, name)

    # Expected records

    def exported_fields(self) -> list[str]:
        """The lead fields with values in an export."""
        return [name for name, kind in self.fields.items() if kind not in NEVER_EXPORTED]

    def expected_leads(self) -> list[dict[str, Any]]:
        """Every lead with all exportable fields, as a correct reader returns it."""
        with self.lock:
            names = self.exported_fields()
            return [{name: lead.values.get(name) for name in names} for lead in self.leads.values()]

    def expected_activities(self) -> list[dict[str, Any]]:
        """Every activity in bulk extract, with its attributes as one object."""
        with self.lock:
            return [
                {**activity.as_row(), "attributes": dict(activity.attributes)}
                for activity in self.activities
                if activity.type_id != DELETED
            ]

    def deletions(self) -> list[Activity]:
        """The deletions of the last 14 days, which Marketo keeps."""
        oldest = self.clock.now() - timedelta(days=14)
        return [
            deletion
            for deletion in self.activities.between(types=(DELETED,))
            if deletion.at >= oldest
        ]
