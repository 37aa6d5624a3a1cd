"""Counts of values that the records of a stream lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_marketo.values.kinds import Column


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


@dataclass(slots=True)
class Anomalies:
    """Counts of what a file has and a record cannot keep, never the values themselves.

    Attributes:
        nulled: Number of values by column that could not be read and became null.
        shortened: Number of values by date column whose time of day was dropped.
        missing: Requested columns that are not in the file.
        attribute_cells: Attribute cells that are not JSON objects, kept as text.
        repeated_attributes: Attributes repeated in a cell; the last value is kept.
        nul_characters: Dropped NUL characters.
        keyless: Dropped rows without a value in a key column.
        undecodable: Invalid UTF-8 sequences and lone surrogates, replaced by U+FFFD.
    """

    nulled: Counter[Column] = field(default_factory=Counter)
    shortened: Counter[Column] = field(default_factory=Counter)
    missing: set[Column] = field(default_factory=set)
    attribute_cells: int = 0
    repeated_attributes: int = 0
    nul_characters: int = 0
    keyless: int = 0
    undecodable: int = 0

    def lines(self) -> list[str]:
        """Return a line for each column and kind of loss."""
        lines = []
        for column, count in self.nulled.items():
            values = _times(count, "value")
            lines.append(
                f"column {column.name}: {values} not readable as {column.kind.value}, written as"
                " null"
            )
        for column, count in self.shortened.items():
            values = _times(count, "value")
            lines.append(f"column {column.name}: time of day dropped from {values}")
        lines.extend(
            f"column {column.name}: not in the file, written as null"
            for column in sorted(self.missing, key=lambda column: column.name)
        )
        if self.attribute_cells:
            cells = _times(self.attribute_cells, "attribute cell")
            lines.append(f"{cells} without a JSON object, kept as text")
        if self.repeated_attributes:
            attributes = _times(self.repeated_attributes, "attribute")
            lines.append(f"{attributes} repeated in a cell, last value kept")
        if self.nul_characters:
            characters = _times(self.nul_characters, "NUL character")
            lines.append(f"{characters} dropped, which databases cannot store")
        if self.undecodable:
            sequences = _times(self.undecodable, "invalid Unicode sequence")
            lines.append(f"{sequences} replaced by U+FFFD")
        return lines
