"""Write the form fills of the last 90 days to a workbook, with the e-mail address of each lead.

    pip install 'tap-marketo-engage[export]'
    export TAP_MARKETO_BASE_URL=... TAP_MARKETO_CLIENT_ID=... TAP_MARKETO_CLIENT_SECRET=...
    python examples/form_fills_to_xlsx.py forms.xlsx

Three export jobs, and one call for 300 leads. The role of the API user needs the permissions
Read-Only Activity and Read-Only Lead. Without the addresses, `tap-marketo export` does the same in
one line.
"""

from __future__ import annotations

import argparse
import os
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from tap_marketo.client import MarketoClient
from tap_marketo.client.errors import MarketoError
from tap_marketo.scripts import bulk_extract, leads_by

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = ("date", "lead", "email", "form")
CHUNK = 300


def main() -> None:
    """Export the form fills, write the workbook."""
    parser = argparse.ArgumentParser(description="Write form fills to a workbook.")
    parser.add_argument("file", type=Path, help="the workbook; an older one is replaced")
    parser.add_argument("--since", default="90d", help="90d, 12h, 2026-01-31; default: %(default)s")
    arguments = parser.parse_args()
    unfinished = arguments.file.with_name(arguments.file.stem + ".new.xlsx")
    try:
        with (
            MarketoClient.from_env() as client,
            xlsxwriter.Workbook(
                unfinished, {"constant_memory": True, "remove_timezone": True}
            ) as book,
        ):
            dates = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
            sheet = book.add_worksheet("Form fills")
            sheet.set_column(0, 3, 24)
            sheet.write_row(0, 0, HEADER)
            count = 0
            for count, row in enumerate(form_fills(client, arguments.since), 1):
                sheet.write_datetime(count, 0, row[0], dates)
                sheet.write_number(count, 1, row[1])
                for column, text in enumerate(row[2:], 2):
                    sheet.write_string(count, column, text or "")  # never a formula
        os.replace(unfinished, arguments.file)  # noqa: PTH105 - says what it does
    except (MarketoError, OSError, ValueError) as error:
        sys.exit(f"{error}")
    finally:
        unfinished.unlink(missing_ok=True)
    print(f"{arguments.file}: {count} form fills.")


def form_fills(client: MarketoClient, since: str) -> Iterator[tuple[Any, ...]]:
    """Each form fill with the address of its lead.

    Args:
        client: Client for the instance.
        since: Where to begin.

    Yields:
        Date, lead id, e-mail address, form.
    """
    rows = bulk_extract(
        client,
        "activities",
        activity_type="Fill Out Form",
        fields=["activityDate", "leadId", "primaryAttributeValue"],
        since=since,
    )
    while chunk := list(islice(rows, CHUNK)):
        ids = {row["leadId"] for row in chunk}
        emails = {
            lead["id"]: lead["email"] for lead in leads_by(client, "id", ids, ["id", "email"])
        }
        for row in chunk:
            lead = row["leadId"]
            yield row["activityDate"], lead, emails.get(lead), row["primaryAttributeValue"]


if __name__ == "__main__":
    main()
