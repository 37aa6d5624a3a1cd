"""New leads, deletions, merges, and all other activity types in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso
from marketo_sandbox.world.chance import chance, mixed
from marketo_sandbox.world.track import FIRST_LEAD, Track

if TYPE_CHECKING:
    from marketo_sandbox.world.records import Activity
    from marketo_sandbox.world.track import Scene

NEW_LEAD, MERGED, DELETED = 12, 32, 37
FIRST_CUSTOM_TYPE = 100_000
# Kind of asset in the primary attribute of a type.
PRIMARY = {
    1: "landing_pages",
    2: "forms",
    38: "emails",
    46: "smart_campaigns",
    45: "smart_campaigns",
    100: "lead_partitions",
    108: "segmentations",
    111: "emails",
    113: "programs",
    114: "programs",
    115: "programs",
}
_ASSETS = {"Webpage ID": "landing_pages", "Webform ID": "forms", "Campaign ID": "smart_campaigns"}


class NewLeads(Track):
    """New Lead activities, for every lead or for a share of them."""

    name = "new_leads"
    types = frozenset({NEW_LEAD})

    def __init__(self, scene: Scene, most: int) -> None:
        """Store the arguments; activities are created on demand.

        Args:
            scene: Data shared by all tracks.
            most: Maximum number of activities.
        """
        self._every = -(-scene.leads // max(1, most))
        count = -(-scene.leads // self._every) if most and scene.leads else 0
        super().__init__(scene, count, step=self._every, whole=scene.leads)

    def make(self, index: int) -> Activity:
        """An activity."""
        return self.activity(
            index,
            NEW_LEAD,
            index * self._every,
            known={"Created Date": iso(self.at(index))[:10], "Source Type": "New lead"},
            result="succeeded",
        )


class Happenings(Track):
    """All types that no other track has, in turn, starting with merged or deleted leads."""

    name = "happenings"

    def __init__(self, scene: Scene, count: int, taken: frozenset[int], first_ghost: int) -> None:
        """Store the arguments; activities are created on demand.

        Args:
            scene: Data shared by all tracks.
            count: Number of activities.
            taken: Types of other tracks.
            first_ghost: Id of the first lead that no longer exists.
        """
        super().__init__(scene, count)
        kinds = [type_ for type_ in scene.types if type_ not in taken and type_ != DELETED]
        ghosts = [NEW_LEAD, NEW_LEAD] if NEW_LEAD in scene.types else []
        self.types = frozenset(kinds) | frozenset(ghosts)
        self.turn = ghosts + kinds
        self._with_ghosts = bool(ghosts)
        self.first_ghost = first_ghost
        self.rounds = -(-count // len(self.turn)) if self.turn else 0

    def merged(self, turn: int) -> int:
        """Id of the lead merged in a turn."""
        return self.first_ghost + 2 * turn

    def deleted(self, turn: int) -> int:
        """Id of the lead deleted in a turn."""
        return self.first_ghost + 2 * turn + 1

    def make(self, index: int) -> Activity:
        """An activity."""
        turn, slot = divmod(index, len(self.turn))
        kind = self.turn[slot]
        if self._with_ghosts and slot < 2:  # noqa: PLR2004
            ghost = self.merged(turn) if slot == 0 else self.deleted(turn)
            known = {"Created Date": iso(self.at(index))[:10], "Source Type": "New lead"}
            return self.activity(index, kind, 0, lead_id=ghost, known=known, result="succeeded")
        alive = self.scene.alive(index, self.count)
        number = mixed(self.scene.seed, 3, index) % alive
        return self._happening(index, kind, number, turn)

    def _happening(self, index: int, kind: int, number: int, turn: int) -> Activity:
        library, at, described = self.scene.library, self.at(index), self.scene.types[kind]
        campaign = library.at("smart_campaigns", at, index) if index % 2 else None
        primary_id: int | None = None
        primary: str | None = None
        known = self._known(index, kind, turn)
        if kind == MERGED:
            primary_id, primary = FIRST_LEAD + number, f"person{FIRST_LEAD + number}@example.com"
        elif kind in PRIMARY:
            asset = library.at(PRIMARY[kind], at, index)
            primary_id = asset["id"] if asset else None
            primary = library.qualified(asset) if asset else None
        elif "primaryAttribute" in described:
            draw = chance(self.scene.seed, "primary", index)
            name = described["primaryAttribute"]["name"]
            primary = f"{name} {draw.randint(1, 40)}"
            if kind < FIRST_CUSTOM_TYPE:
                primary_id = draw.randint(1, 500)
        return self.activity(
            index,
            kind,
            number,
            known=known,
            campaign_id=campaign and campaign["id"],
            primary_id=primary_id,
            primary=primary,
            result=("succeeded", "skipped", "failed", None)[index % 4],
        )

    def _known(self, index: int, kind: int, turn: int) -> dict[str, Any]:
        library, at = self.scene.library, self.at(index)
        known: dict[str, Any] = {}
        for name, kind_of_asset in _ASSETS.items():
            asset = library.at(kind_of_asset, at, index)
            known[name] = asset and asset["id"]
        known["Lead ID"] = FIRST_LEAD + mixed(self.scene.seed, 4, index) % self.scene.alive(
            index, self.count
        )
        if kind == MERGED:
            gone = [self.merged(turn)] if self._with_ghosts else [self.first_ghost]
            known |= {"Merge IDs": gone, "Merge Source": "UI", "Master Updated": True}
        return known


class Deletions(Track):
    """Delete Lead activities, in addition to the requested number of activities."""

    name = "deletions"
    types = frozenset({DELETED})

    def __init__(self, scene: Scene, happenings: Happenings) -> None:
        """Store the arguments; activities are created on demand.

        Args:
            scene: Data shared by all tracks.
            happenings: Track with the deleted leads.
        """
        self._happenings = happenings
        count = happenings.count // max(1, len(happenings.turn)) if DELETED in scene.types else 0
        super().__init__(scene, count, step=2, whole=2 * count, offset=1)

    def make(self, index: int) -> Activity:
        """An activity."""
        campaign = self.scene.library.at("smart_campaigns", self.at(index), index)
        known: dict[str, Any] = {"Remove From CRM": None, "Campaign ID": None}
        known["Campaign"] = campaign and campaign["name"]
        ghost = self._happenings.deleted(index)
        return self.activity(
            index,
            DELETED,
            0,
            lead_id=ghost,
            known=known,
            primary_id=ghost,
            primary=f"person{ghost}@example.com",
        )
