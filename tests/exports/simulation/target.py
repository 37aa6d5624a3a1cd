"""The target: the newest row of each key, and the last state."""

from __future__ import annotations

from dataclasses import dataclass, field

Place = tuple[str, tuple[int, ...]]


@dataclass
class Target:
    rows: dict[Place, int] = field(default_factory=dict)
    newest: dict[Place, int] = field(default_factory=dict)
    state: str = "{}"

    def take(self, stream: str, key: tuple[int, ...], version: int) -> None:
        place = (stream, key)
        self.rows[place] = version
        self.newest[place] = max(version, self.newest.get(place, -1))

    def stale(self) -> list[Place]:
        """Keys whose last row is older than another row that was written."""
        return [place for place, version in self.rows.items() if version < self.newest[place]]
