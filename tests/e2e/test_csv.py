"""Into a CSV file for a spreadsheet: every value is there, as text that Excel reads."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.e2e import meltano

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox

MOMENTS = ("createdAt", "updatedAt", "lastSeenAt", "emailSuspendedAt")


def test_leads_arrive_with_every_value_in_a_file_that_excel_knows_for_utf_8(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    meltano.run(sandbox, tmp_path, "run", "tap-marketo", "target-csv", select=("leads.*",))

    found = {int(row["id"]): row for row in rows(tmp_path / "output" / "leads.csv")}
    assert found == {
        lead["id"]: {name: as_text(name, value) for name, value in lead.items()}
        for lead in sandbox.world.expected_leads()
    }
    written = (tmp_path / "output" / "leads.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfid,")
    assert written.count(b"\xef\xbb\xbf") == 1


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def as_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in MOMENTS:
        return str(datetime.fromisoformat(value.replace("Z", "+00:00")))
    return str(value)
