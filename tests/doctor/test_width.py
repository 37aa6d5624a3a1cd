"""The doctor warns about rows that are too wide for PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from tap_marketo.doctor.width import check_width

if TYPE_CHECKING:
    from singer_sdk import Stream


@dataclass
class Wide:
    """The parts of a stream that the check reads."""

    name: str
    width: int
    selected: bool = True
    mask: dict[tuple[str, ...], bool] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, Any]:
        return {"properties": {f"field{number}": {} for number in range(self.width)}}


def findings(*streams: Wide) -> list[Any]:
    return list(check_width(cast("list[Stream]", streams)))


def test_a_stream_of_more_than_1000_columns_is_warned_of() -> None:
    (found,) = findings(Wide("leads", 1001), Wide("programs", 20))
    assert found.details == {"columns": {"leads": 1001}}
    assert "Select fewer fields" in found.remedy


@pytest.mark.parametrize(
    "stream",
    [
        Wide("leads", 1000),
        Wide("leads", 2000, selected=False),
        Wide("leads", 1001, mask={("properties", "field7"): False}),
    ],
)
def test_others_are_not(stream: Wide) -> None:
    assert findings(stream) == []
