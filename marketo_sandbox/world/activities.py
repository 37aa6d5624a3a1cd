"""All activities in order of time: those of the tracks, and later ones."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from marketo_sandbox.world.happenings import DELETED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from marketo_sandbox.clock import Clock
    from marketo_sandbox.options import SandboxOptions
    from marketo_sandbox.world.records import Activity
    from marketo_sandbox.world.track import Track

# Days for which Marketo keeps activities, by type; others 25 months. Source: activity retention.
SHORT = frozenset({1, 3, 6, 7, 13, 19, 22, 24, 26, 30, 36})
# Types caused by smart campaigns.
CAMPAIGN_TYPES = (6, 13, 22, 46, 104)
_DELETED_DAYS, _SHORT_DAYS, _LONG_DAYS = 14, 90, 760


class Activities:
    """The activities that can be read now."""

    def __init__(self, tracks: Sequence[Track], options: SandboxOptions, clock: Clock) -> None:
        """Start with the tracks.

        Args:
            tracks: Activities before the start.
            options: Options, for whether activities are purged.
            clock: Clock, for old and uncommitted activities.
        """
        self._tracks = tracks
        self._options = options
        self._clock = clock
        self._added: list[Activity] = []

    def append(self, activity: Activity) -> None:
        """Add an activity."""
        self._added.append(activity)

    def rename(self, type_id: int, old: str, new: str) -> None:
        """Rename an attribute of activities since the start.

        Args:
            type_id: Id of their type.
            old: Old name.
            new: New name.
        """
        for activity in self._added:
            if activity.type_id == type_id and old in activity.attributes:
                activity.attributes[new] = activity.attributes.pop(old)

    def __iter__(self) -> Iterator[Activity]:
        """All readable activities, oldest first."""
        return self.between()

    def between(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        types: Iterable[int] = (),
    ) -> Iterator[Activity]:
        """Readable activities in a period, oldest first.

        Args:
            start: First second.
            end: Last second.
            types: Ids of the wanted types; all by default.
        """
        wanted = set(types)
        now = self._clock.now()
        oldest = {kind: now - timedelta(days=days) for kind, days in self._days().items()}
        added = (
            activity
            for activity in sorted(self._added, key=lambda activity: activity.at)
            if (not start or activity.at.replace(microsecond=0) >= start)
            and (not end or activity.at.replace(microsecond=0) <= end)
        )
        parts = [
            track.between(start, end)
            for track in self._tracks
            if not wanted or track.types & wanted
        ]
        for activity in heapq.merge(*parts, added, key=lambda activity: activity.at):
            if wanted and activity.type_id not in wanted:
                continue
            if activity.at < oldest.get(activity.type_id, oldest[0]):
                continue
            if activity.late and activity.at + timedelta(seconds=activity.late) > now:
                continue
            yield activity

    def count(self) -> int:
        """Number of exportable activities, as far as it is known without creating them."""
        if self._options.retention or self._options.late_sends:
            return sum(activity.type_id != DELETED for activity in self)
        initial = sum(track.count for track in self._tracks if track.types != {DELETED})
        return initial + sum(activity.type_id != DELETED for activity in self._added)

    def _days(self) -> dict[int, int]:
        if not self._options.retention:
            return {0: 100_000}
        return {0: _LONG_DAYS, DELETED: _DELETED_DAYS, **dict.fromkeys(SHORT, _SHORT_DAYS)}
