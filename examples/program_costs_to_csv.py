"""Write the costs of all programs of an instance to a CSV file.

    export TAP_MARKETO_BASE_URL=... TAP_MARKETO_CLIENT_ID=... TAP_MARKETO_CLIENT_SECRET=...
    python examples/program_costs_to_csv.py costs.csv

One call for 200 programs, and one for each program, because only a program that is asked for by its
name shows its costs. The role of the API user needs the permission Read-Only Asset.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_marketo.client import MarketoClient, offset_pages
from tap_marketo.client.errors import MarketoError

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = "/rest/asset/v1/programs.json"
BY_NAME = "/rest/asset/v1/program/byName.json"
HEADER = ("program_id", "program", "channel", "start_date", "cost", "note")


def main() -> None:
    """Read the programs, write the file."""
    parser = argparse.ArgumentParser(description="Write the costs of all programs to a CSV file.")
    parser.add_argument("file", type=Path, help="the CSV file; an older one is replaced")
    arguments = parser.parse_args()
    unfinished = arguments.file.with_name(arguments.file.name + ".new")
    try:
        with MarketoClient.from_env() as client, unfinished.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            count = 0
            for row in costs(client):
                writer.writerow(row)
                count += 1
        os.replace(unfinished, arguments.file)  # noqa: PTH105 - says what it does
    except (MarketoError, OSError, ValueError) as error:
        sys.exit(f"{error}")
    finally:
        unfinished.unlink(missing_ok=True)
    print(f"{arguments.file}: {count} costs, {client.throttle.calls} API calls.")


def costs(client: MarketoClient) -> Iterator[tuple[Any, ...]]:
    """Each cost of each program.

    Args:
        client: Client for the instance.

    Yields:
        The values of one line.
    """
    for program in offset_pages(client, PROGRAMS):
        params = {"name": program["name"], "includeCosts": "true"}
        for found in client.get(BY_NAME, params).result:
            for cost in found.get("costs") or ():
                yield (
                    program["id"],
                    text(program["name"]),
                    text(program.get("channel")),
                    cost.get("startDate"),
                    cost.get("cost"),
                    text(cost.get("note")),
                )


def text(value: str | None) -> str | None:
    """A text that no spreadsheet takes for a formula.

    Args:
        value: A name or a note.
    """
    return f"'{value}" if value and value.startswith(("=", "+", "-", "@")) else value


if __name__ == "__main__":
    main()
