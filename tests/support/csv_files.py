"""CSV files as target-csv writes them."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


TIMESTAMPS = ("createdAt", "updatedAt", "lastSeenAt", "emailSuspendedAt", "mktoAcquisitionDate")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def as_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in TIMESTAMPS:
        return str(datetime.fromisoformat(value.replace("Z", "+00:00")))
    return str(value)


def filled_cells(row: dict[str, str]) -> dict[str, str]:
    """A row without its empty cells, because all cells of formula fields are empty."""
    return {name: cell for name, cell in row.items() if cell}
