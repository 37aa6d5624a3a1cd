"""Counts of what the records of a stream have lost, never the values themselves."""

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
    """Counts of what a file held and a record could not keep.

    Attributes:
        nulled: Values a column, which now have null, because its kind could not read them.
        shortened: Values a date column cut the time of day from.
        missing: Columns asked for which are not in the file.
        attribute_cells: Activity attribute cells that are no JSON object, kept as text.
        repeated_attributes: Attributes given twice in one cell, of which the last was kept.
        nul_characters: NUL characters dropped.
        keyless: Rows without a value in a key column, which were dropped.
        undecodable: Byte sequences that are no UTF-8, and lone surrogates, replaced by U+FFFD.
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
        """Return one line for each column and kind of loss, never a value."""
        lines = []
        for column, count in self.nulled.items():
            verb = "is" if count == 1 else "are"
            values = _times(count, "value")
            lines.append(
                f"column {column.name}: {values} {verb} no {column.kind.value}, written as null"
            )
        for column, count in self.shortened.items():
            values = _times(count, "value")
            lines.append(
                f"column {column.name}: {values} held a time of day, which a date cannot keep"
            )
        lines.extend(
            f"column {column.name}: not in the file, written as null"
            for column in sorted(self.missing, key=lambda column: column.name)
        )
        if self.attribute_cells:
            cells = _times(self.attribute_cells, "attribute cell")
            lines.append(f"{cells} without a JSON object, kept as text")
        if self.repeated_attributes:
            attributes = _times(self.repeated_attributes, "attribute")
            lines.append(f"{attributes} given twice in a cell, the last kept")
        if self.nul_characters:
            characters = _times(self.nul_characters, "NUL character")
            lines.append(f"{characters} dropped, which no database stores")
        if self.undecodable:
            sequences = _times(self.undecodable, "sequence")
            lines.append(f"{sequences} that no Unicode text holds, replaced by U+FFFD")
        return lines
