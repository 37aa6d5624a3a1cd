"""A CSV file for a spreadsheet has every value, as text that Excel reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.export import ecids
from tests.support import meltano
from tests.support.csv_files import as_text, filled_cells, rows

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox


def test_leads_arrive_with_every_value_in_a_file_that_excel_knows_for_utf_8(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    meltano.run(sandbox, tmp_path, "run", "tap-marketo", "target-csv", select=("leads.*",))

    found = {int(row["id"]): row for row in rows(tmp_path / "output" / "leads.csv")}
    truth = [lead | {"ecids": ecids(lead["id"])} for lead in sandbox.world.expected_leads()]
    assert {number: filled_cells(row) for number, row in found.items()} == {
        lead["id"]: filled_cells({name: as_text(name, value) for name, value in lead.items()})
        for lead in truth
    }
    # Formula fields have columns that are always empty.
    assert all(row.keys() >= truth[0].keys() for row in found.values())
    written = (tmp_path / "output" / "leads.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfid,")
    assert written.count(b"\xef\xbb\xbf") == 1
