"""Cost of dialects: the same records in other documented formats, compared with the usual file.

Figures are processor times of the tap's record path, from file to messages; the files are read in
turn, and ratios are of medians. Goal: no dialect takes more than 1.3 times as long.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export_files import ACTIVITY_COLUMNS, LEAD_FIELDS, write_activities, write_leads
from record_path import median, run

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = list[str]

GOAL = 1.3
LEADS = list(LEAD_FIELDS)
CELL, DATE = ACTIVITY_COLUMNS.index("attributes"), ACTIVITY_COLUMNS.index("activityDate")
ASSET = ACTIVITY_COLUMNS.index("primaryAttributeValue")
CAMPAIGN = ACTIVITY_COLUMNS.index("campaignId")


def of_kind(kind: str, change: Callable[[str], str]) -> Callable[[Row, int], None]:
    """Change the cells of all lead columns of a type."""
    places = [place for place, name in enumerate(LEADS) if LEAD_FIELDS[name] == kind]

    def apply(row: Row, _: int) -> None:
        for place in places:
            if row[place] != "null":
                row[place] = change(row[place])

    return apply


def cell(place: int, change: Callable[[str, int], str]) -> Callable[[Row, int], None]:
    """Change one cell."""

    def apply(row: Row, number: int) -> None:
        row[place] = change(row[place], number)

    return apply


def attributes(change: Callable[[dict[str, Any]], Any]) -> Callable[[Row, int], None]:
    """Change the attributes of an activity."""

    def apply(row: Row, _: int) -> None:
        row[CELL] = json.dumps(change(json.loads(row[CELL])))

    return apply


LEAD_DIALECTS: dict[str, Callable[[Row, int], None]] = {
    "+0000 in dates": of_kind("datetime", lambda text: text.replace("Z", "+0000")),
    "Z+0000 in dates": of_kind("datetime", lambda text: f"{text}+0000"),
    "milliseconds": of_kind("datetime", lambda text: text.replace("Z", ".123Z")),
    "offsets": of_kind("datetime", lambda text: text.replace("Z", "-05:00")),
    "integers as 12.0": of_kind("integer", lambda text: f"{text}.0"),
    "datetimes in date columns": of_kind("date", lambda text: f"{text}T10:00:00Z"),
    "booleans as 0 and 1": of_kind("boolean", lambda text: str(int(text == "true"))),
    "one unreadable column": cell(LEADS.index("dateField0"), lambda _, n: f"day {n}"),
    "bare CR": cell(LEADS.index("stringField0"), lambda _, n: f"first\rsecond {n}"),
    "CRLF line ends": lambda *_: None,
}
ACTIVITY_DIALECTS: dict[str, Callable[[Row, int], None]] = {
    "+0000 in dates": cell(DATE, lambda text, _: text.replace("Z", "+0000")),
    "offsets": cell(DATE, lambda text, _: text.replace("Z", "-05:00")),
    "attributes as an array": attributes(
        lambda found: [{"name": name, "value": value} for name, value in found.items()]
    ),
    "an undeclared attribute": attributes(lambda found: {**found, "New One": "x"}),
    "attributes as text": attributes(
        lambda found: {
            name: json.dumps(value) if isinstance(value, int) else value
            for name, value in found.items()
        }
    ),
    "integers as 12.0": attributes(
        lambda found: {
            name: float(value) if type(value) is int else value for name, value in found.items()
        }
    ),
    "a list in a text attribute": attributes(
        lambda found: {
            name: [value] if name in ("User Agent", "Reason") else value
            for name, value in found.items()
        }
    ),
    "one unreadable column": cell(CAMPAIGN, lambda _, n: f"campaign {n}"),
    "bare CR": cell(ASSET, lambda text, n: f"{text}\r{n}"),
}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--leads", type=int, default=20_000, help="rows")
    parser.add_argument("--activities", type=int, default=60_000, help="rows")
    parser.add_argument("--only", default="", help="only dialects whose name contains this text")
    arguments = parser.parse_args()
    today = datetime.now(timezone.utc).date()
    print(f"{platform.platform()}, Python {platform.python_version()}, {today}\n")
    print("| file | dialect | times the usual file |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_leads(folder / "leads.csv", arguments.leads)
        write_activities(folder / "activities.csv", arguments.activities)
        for kind, usual, dialects in (
            ("leads", folder / "leads.csv", LEAD_DIALECTS),
            ("split", folder / "activities.csv", ACTIVITY_DIALECTS),
        ):
            files = {"": usual}
            for dialect, change in dialects.items():
                if arguments.only in dialect:
                    files[dialect] = spelled(usual, dialect, change)
            costs: dict[str, list[dict[str, float]]] = {dialect: [] for dialect in files}
            for _ in range(arguments.runs):
                for dialect, file in files.items():
                    costs[dialect].append(run(sys.executable, "tap", kind, file, []))
            usual_cost = median(costs.pop(""))["processor"]
            for dialect, some in costs.items():
                ratio = median(some)["processor"] / usual_cost
                mark = "" if ratio <= GOAL else " (goal missed)"
                print(f"| {kind} | {dialect} | {ratio:.2f}{mark} |", flush=True)


def spelled(usual: Path, dialect: str, change: Callable[[Row, int], None]) -> Path:
    """Write a file in a dialect."""
    path = usual.with_name(f"{len(dialect)}-{dialect.replace(' ', '-')}-{usual.name}")
    end = "\r\n" if "CRLF" in dialect else "\n"
    with (
        usual.open(newline="", encoding="utf-8") as source,
        path.open("w", newline="", encoding="utf-8") as target,
    ):
        rows, writer = csv.reader(source), csv.writer(target, lineterminator=end)
        writer.writerow(next(rows))
        for number, row in enumerate(rows):
            change(row, number)
            writer.writerow(row)
    return path


if __name__ == "__main__":
    main()
