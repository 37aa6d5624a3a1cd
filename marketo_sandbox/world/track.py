"""A track: activities of one origin, spread evenly over the world's time, created on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox.world.awkward import roughen_attributes
from marketo_sandbox.world.chance import chance, guid, value
from marketo_sandbox.world.records import Activity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox.library import Library
    from marketo_sandbox.options import SandboxOptions

FIRST_LEAD = 1000


@dataclass(frozen=True)
class Scene:
    """Data shared by all tracks.

    Attributes:
        seed: Seed of the world.
        start: Start of the world's time.
        seconds: Seconds from there to the start of the sandbox.
        leads: Number of initial leads.
        types: Activity types by id.
        library: Library of assets.
        options: Options of the sandbox.
        added: Attributes that initial activities lack, by type and name.
    """

    seed: int
    start: datetime
    seconds: int
    leads: int
    types: dict[int, dict[str, Any]]
    library: Library
    options: SandboxOptions
    added: set[tuple[int, str]] = field(default_factory=set)

    def time_at(self, numerator: int, denominator: int) -> datetime:
        """The time at a fraction of the world's time, in whole seconds."""
        return self.start + timedelta(seconds=self.seconds * numerator // max(1, denominator))

    def created(self, number: int) -> datetime:
        """Creation time of the lead with this number."""
        return self.time_at(number, self.leads)

    def alive(self, numerator: int, denominator: int) -> int:
        """Number of leads at a fraction of the world's time."""
        return min(self.leads, self.leads * numerator // max(1, denominator) + 1)


class Track:
    """Activities at `(index * step + offset) / whole` of the world's time.

    Attributes:
        name: Part of the address of its random values.
        count: Number of activities.
        types: Ids of the activity types that can occur.
    """

    name = ""
    types: frozenset[int] = frozenset()

    def __init__(
        self, scene: Scene, count: int, step: int = 1, whole: int = 0, offset: int = 0
    ) -> None:
        """Store the arguments; activities are created on demand.

        Args:
            scene: Data shared by all tracks.
            count: Number of activities.
            step: Numerator of the distance between two activities.
            whole: Denominator of the distance; the count by default.
            offset: Numerator of the first activity's offset.
        """
        self.scene = scene
        self.count = count
        self._step, self._whole, self._offset = step, max(1, whole or count), offset

    def at(self, index: int) -> datetime:
        """Time of an activity."""
        return self.scene.time_at(index * self._step + self._offset, self._whole)

    def make(self, index: int) -> Activity:
        """An activity."""
        raise NotImplementedError

    def indices(self, start: datetime | None, end: datetime | None) -> range:
        """Indices of the activities in a period, both ends included."""
        first, last = 0, self.count
        if start:
            first = max(0, self._place(int((start - self.scene.start).total_seconds())))
        if end:
            last = self._place(int((end - self.scene.start).total_seconds()) + 1)
        return range(first, max(first, min(last, self.count)))

    def between(self, start: datetime | None, end: datetime | None) -> Iterator[Activity]:
        """Activities in a period, oldest first."""
        return map(self.make, self.indices(start, end))

    def _place(self, seconds: int) -> int:
        """First index that is at least this many seconds after the start."""
        if self.scene.seconds <= 0:
            return 0 if seconds <= 0 else self.count
        least = -(-seconds * self._whole // self.scene.seconds)
        return -(-(least - self._offset) // self._step)

    def activity(self, index: int, type_id: int, number: int, **given: Any) -> Activity:
        """An activity with its attributes.

        Args:
            index: Index in this track.
            type_id: Id of its type.
            number: Number of its lead.
            given: Other properties; `known` contains attributes that are not random, with None for
                absent ones.
        """
        scene, at = self.scene, self.at(index)
        known: dict[str, Any] = given.pop("known", {})
        draw = chance(scene.seed, self.name, index)
        described = scene.types[type_id]
        attributes = {}
        for attribute in described["attributes"]:
            name = attribute["name"]
            if (type_id, name) in scene.added:
                continue
            if name in known:
                if known[name] is not None:
                    attributes[name] = known[name]
            elif draw.random() < 0.8:  # noqa: PLR2004
                attributes[name] = value(draw, attribute["dataType"].lower(), at)
        if scene.options.rough:
            roughen_attributes(index, {"attributes": [
                attribute for attribute in described["attributes"] if attribute["name"] not in known
            ]}, attributes)  # fmt: skip
        address = guid(scene.seed, self.name, index)
        lead_id = given.pop("lead_id", FIRST_LEAD + number)
        return Activity(address, lead_id, at, type_id, attributes, **given)
