"""Mailings: campaign runs send emails, with deliveries, opens and clicks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from marketo_sandbox.world.chance import mixed, pick
from marketo_sandbox.world.track import Track

if TYPE_CHECKING:
    from marketo_sandbox.world.records import Activity
    from marketo_sandbox.world.track import Scene

SEND, DELIVERED, BOUNCED, UNSUBSCRIBED, OPENED, CLICKED, SOFT_BOUNCED = 6, 7, 8, 9, 10, 11, 27
RECIPIENTS = 20
FIRST_RUN = 1000
# Activity types of a run, in order, with the positions of their recipients.
_COURSE: tuple[tuple[int, tuple[int, ...]], ...] = (
    (SEND, tuple(range(20))),
    (DELIVERED, tuple(range(18))),
    (SOFT_BOUNCED, (18,)),
    (BOUNCED, (19,)),
    (OPENED, (0, 1, 2, 3, 4, 5, 6)),
    (CLICKED, (0, 1, 2)),
    (OPENED, (0,)),
    (UNSUBSCRIBED, (5,)),
)
_DEVICES = (("iPhone", "iOS", True), ("Desktop", "Windows", False), ("Desktop", "macOS", False))
_AGENTS = ("Mozilla/5.0 (iPhone)", "Mozilla/5.0 (Windows NT 10.0)", "Mozilla/5.0 (Macintosh)")


class Mailings(Track):
    """All activities about emails."""

    name = "mailings"
    types = frozenset({SEND, DELIVERED, BOUNCED, UNSUBSCRIBED, OPENED, CLICKED, SOFT_BOUNCED})

    def __init__(self, scene: Scene, count: int) -> None:
        """Store the arguments; activities are created on demand.

        Args:
            scene: Data shared by all tracks.
            count: Number of activities.
        """
        super().__init__(scene, count)
        self._slots = [
            (kind, place) for kind, places in _COURSE if kind in scene.types for place in places
        ]
        self._made: tuple[int, list[int]] = (-1, [])

    @cached_property
    def lost(self) -> dict[int, tuple[int, int]]:
        """Run and activity type after which a lead gets no more mail."""
        lost: dict[int, tuple[int, int]] = {}
        ends = {kind: next((slot for slot, (t, _) in enumerate(self._slots) if t == kind), None)
                for kind in (BOUNCED, UNSUBSCRIBED)}  # fmt: skip
        for run in range(-(-self.count // max(1, len(self._slots)))):
            chosen = self._choose(run, lost)
            for kind, place in ((BOUNCED, 19), (UNSUBSCRIBED, 5)):
                slot = ends[kind]
                if slot is not None and run * len(self._slots) + slot < self.count:
                    lost.setdefault(chosen[place], (run, kind))
        return lost

    def lost_at(self, number: int) -> tuple[int, int] | None:
        """Type and index of the activity after which a lead gets no more mail."""
        loss = self.lost.get(number)
        if loss is None:
            return None
        run, kind = loss
        slot = next(slot for slot, (type_, _) in enumerate(self._slots) if type_ == kind)
        return kind, run * len(self._slots) + slot

    def _choose(self, run: int, lost: dict[int, tuple[int, int]]) -> list[int]:
        alive = self.scene.alive(run * len(self._slots), self.count)
        first, step = mixed(self.scene.seed, run), max(1, alive // 37)
        chosen: list[int] = []
        for place in range(min(alive, 3 * RECIPIENTS)):
            number = (first + place * step) % alive
            if number not in chosen and (number not in lost or lost[number][0] >= run):
                chosen.append(number)
            if len(chosen) == RECIPIENTS:
                break
        chosen = chosen or [first % alive]
        return [chosen[place % len(chosen)] for place in range(RECIPIENTS)]

    def _recipients(self, run: int) -> list[int]:
        known, chosen = self._made
        if known != run:
            chosen = self._choose(run, self.lost)
            self._made = (run, chosen)
        return chosen

    def make(self, index: int) -> Activity:
        """An activity."""
        scene = self.scene
        run, slot = divmod(index, len(self._slots))
        kind, place = self._slots[slot]
        number = self._recipients(run)[place]
        begun = self.at(run * len(self._slots))
        email = scene.library.at("emails", begun, run)
        campaign = scene.library.at("smart_campaigns", begun, run)
        late = scene.options.late_sends if kind == SEND else 0.0
        return self.activity(
            index,
            kind,
            number,
            known=self._known(kind, run, number, index),
            campaign_id=campaign and campaign["id"],
            primary_id=email and email["id"],
            primary=email and scene.library.qualified(email),
            result="succeeded",
            late=late,
        )

    def _known(self, kind: int, run: int, number: int, index: int) -> dict[str, Any]:
        library, at = self.scene.library, self.at(index)
        attributes: dict[str, Any] = {
            "Campaign Run ID": FIRST_RUN + run,
            "Choice Number": 0,
            "Step ID": run % 40 + 1,
            "Test Variant": 0,
            "Has Predictive": False,
            "Is Predictive": False,
        }
        if kind in {OPENED, CLICKED, UNSUBSCRIBED}:
            device, platform, mobile = pick(_DEVICES, number)
            attributes |= {
                "Device": device,
                "Platform": platform,
                "Is Mobile Device": mobile,
                "Is Bot Activity": number % 17 == 0,
                "Bot Activity Pattern": "Instant open" if number % 17 == 0 else None,
                "User Agent": pick(_AGENTS, number),
            }
        if kind == CLICKED:
            attributes |= {
                "Link": f"https://example.com/offer/{run % 9}",
                "Link ID": str(run % 9 + 1),
            }
        if kind == UNSUBSCRIBED:
            page, form = library.at("landing_pages", at, run), library.at("forms", at, run)
            attributes |= {
                "Webpage ID": page and page["id"],
                "Webform ID": form and form["id"],
                "Form Fields": '{"Unsubscribed":"Yes"}',
            }
        if kind in {BOUNCED, SOFT_BOUNCED}:
            hard = kind == BOUNCED
            attributes |= {
                "Category": "2" if hard else "4",
                "Subcategory": "2003" if hard else "4003",
                "Email": f"person{1000 + number}@example.com",
                "Details": "550 5.1.1 unknown user\r\nSee the postmaster"
                if hard
                else "421 4.7.0 try again later\r\nTemporary",
            }
        return attributes
