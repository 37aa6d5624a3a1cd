"""The records of the simulated instance: leads, activities and program members that change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

EPOCH = datetime(2026, 6, 1, tzinfo=timezone.utc)
DAY = 86_400.0


def at(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def seconds(moment: datetime) -> float:
    return (moment - EPOCH).total_seconds()


@dataclass
class Thing:
    """A lead, or a member of a program: created once, changed at some times."""

    key: tuple[int, ...]
    times: list[float]  # times of its versions; the first is its creation

    def version(self, when: float) -> int:
        """The newest version at a time; -1 before its creation."""
        return sum(one <= when for one in self.times) - 1


@dataclass
class Activity:
    key: tuple[int, ...]
    kind: int
    date: float
    committed: float


@dataclass
class World:
    leads: list[Thing]
    activities: list[Activity]
    members: dict[int, list[Thing]]
    created: dict[int, float]
    visible: dict[int, float]
    deleted: dict[int, float] = field(default_factory=dict)

    def programs(self, when: float) -> dict[int, float]:
        """The visible programs, with the time at which each was created."""
        return {
            number: since
            for number, since in self.created.items()
            if self.visible[number] <= when < self.deleted.get(number, float("inf"))
        }


def make_world(draw: random.Random, history_days: int, busy_days: int, lateness: float) -> World:
    """Records from the days before time 0 that change for some days after it."""
    start, end = -history_days * DAY, busy_days * DAY

    def moments(count: int) -> Iterator[float]:
        for _ in range(count):
            # Half of the changes happen while the tap runs.
            yield draw.uniform(0, end) if draw.random() < 0.5 else draw.uniform(start, end)

    def thing(key: tuple[int, ...], earliest: float) -> Thing:
        created = max(earliest, next(moments(1)))
        changes = [one for one in moments(draw.choice([0, 0, 1, 1, 2, 4])) if one > created]
        return Thing(key, sorted([created, *changes]))

    leads = [thing((number,), start) for number in range(draw.randint(5, 25))]
    for number in range(draw.randint(0, 5)):  # older than any window
        created = start - draw.uniform(1, 300) * DAY
        leads.append(Thing((100 + number,), sorted([created, *moments(draw.randint(1, 3))])))
    activities = []
    for number in range(draw.randint(10, 40)):
        date = next(moments(1))
        late = draw.choice([0.0, 0.0, draw.uniform(0, lateness)])
        activities.append(Activity((number,), draw.randint(1, 3), date, date + late))
    programs = {number: start + draw.uniform(0, 5) * DAY for number in range(draw.randint(1, 24))}
    visible = {number: draw.choice([-1e9, -1e9, -1e9, draw.uniform(0, end)]) for number in programs}
    for number in range(30, 30 + draw.randint(0, 2)):
        programs[number] = visible[number] = draw.uniform(0, end)
    members = {
        number: [thing((number, lead), since) for lead in range(draw.randint(0, 4))]
        for number, since in programs.items()
    }
    deleted = {
        number: draw.uniform(0, end)
        for number in programs
        if draw.random() < 0.06 and visible[number] < 0
    }
    return World(leads, activities, members, programs, visible, deleted)
