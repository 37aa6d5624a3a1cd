"""A demo: the sandbox, a `meltano run` into DuckDB, changes, and a second run.

All counts come from the warehouse and are compared with the sandbox's data.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import requests

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".demo"
DATABASE = FOLDER / "warehouse.duckdb"
LOG = FOLDER / "meltano.log"
SCHEMA = "marketo"
CHANGED_LEADS, NEW_LEADS, NEW_ACTIVITIES = 7, 3, 46
BINARIES = Path(sys.executable).parent


def say(text: str = "") -> None:
    """Print a line for the user."""
    print(text, flush=True)  # noqa: T201


def main() -> int:
    """Run the demo; return 0 if all counts agree."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    sandbox = subprocess.Popen(
        [
            BINARIES / "marketo-sandbox",
            *("--port", "0", "--port-file", FOLDER / "sandbox.url"),
            *("--leads", "1000", "--activities", "4000"),
            # Time runs 60 times as fast: a minute at Marketo takes a second here.
            *("--time-scale", "60", "--job-seconds", "45"),
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        return demonstrate(wait_for(FOLDER / "sandbox.url"))
    finally:
        sandbox.terminate()
        sandbox.wait(timeout=30)


def demonstrate(url: str) -> int:
    """Run the pipeline twice, with changes in between.

    Args:
        url: Base URL of the sandbox.
    """
    say(f"1. A sandbox that behaves like Marketo answers at {url}.")
    summary = requests.get(f"{url}/_sandbox/summary", timeout=30).json()
    say(f"   It has {summary['leads']} leads and {summary['activities']} activities of a year.")
    say("\n2. meltano run tap-marketo target-marketo-duckdb")
    seconds = meltano_run(url)
    jobs = requests.get(f"{url}/_sandbox/jobs", timeout=30).json()
    say(f"   {seconds:.0f} s, {len(jobs)} export jobs, at most 4 in the queue at once.")
    good = show_tables(url)
    show_samples()

    say("\n3. A day passes in the sandbox, and some data changes.")
    control(url, "advance", seconds=86400)
    before = guids(url)
    changed = set(control(url, "change_leads", count=CHANGED_LEADS))
    changed |= set(control(url, "add_leads", count=NEW_LEADS))
    control(url, "add_activities", count=NEW_ACTIVITIES)
    control(url, "advance", seconds=60)
    activities = guids(url) - before
    say(
        f"   {CHANGED_LEADS} leads changed, {NEW_LEADS} leads and"
        f" {len(activities)} activities are new."
    )
    say("\n4. meltano run tap-marketo target-marketo-duckdb, again")
    start = datetime.now(timezone.utc)
    seconds = meltano_run(url)
    leads, loaded = loaded_since(start)
    say(f"   {seconds:.0f} s. It loaded {len(leads)} leads and {len(loaded)} activities:")
    good &= verdict("only the changed and new leads", leads == changed)
    good &= verdict("only the new activities", loaded == activities)
    good &= show_tables(url, quiet=True)
    say()
    say("All counts agree with the sandbox." if good else "Some counts differ; see above.")
    say(f"Warehouse: {DATABASE.relative_to(ROOT)}; Meltano's log: {LOG.relative_to(ROOT)}")
    return 0 if good else 1


def guids(url: str) -> set[str]:
    """Keys of the sandbox's activities.

    Args:
        url: Base URL of the sandbox.
    """
    return {line["marketoGUID"] for line in lines(f"{url}/_sandbox/activities.jsonl")}


def meltano_run(url: str) -> float:
    """Run the pipeline.

    Args:
        url: Base URL of the sandbox.

    Returns:
        Duration in seconds.
    """
    began = time.monotonic()
    environment = {
        **os.environ,
        "MELTANO_DATABASE_URI": f"sqlite:///{FOLDER / 'meltano.db'}",
        "TAP_MARKETO_BASE_URL": f"{url}/rest",
        "TAP_MARKETO_CLIENT_ID": "sandbox-client",
        "TAP_MARKETO_CLIENT_SECRET": "sandbox-secret",
        "TAP_MARKETO_START_DATE": (datetime.now(timezone.utc) - timedelta(days=366)).strftime(
            "%Y-%m-%dT00:00:00Z"
        ),
        "TAP_MARKETO_EXPORT_POLL_INTERVAL_SECONDS": "1",
        "TAP_MARKETO_MAX_CALLS_PER_20_SECONDS": "100",
        "TARGET_MARKETO_DUCKDB_FILEPATH": str(DATABASE),
        "TARGET_MARKETO_DUCKDB_ADD_RECORD_METADATA": "true",
    }
    with LOG.open("a", encoding="utf-8") as log:
        done = subprocess.run(
            [ROOT / ".cache/meltano/bin/meltano", "run", "tap-marketo", "target-marketo-duckdb"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        say("".join(LOG.read_text(encoding="utf-8").splitlines(keepends=True)[-30:]))
        sys.exit(f"meltano run failed. The whole log is in {LOG}.")
    return time.monotonic() - began


def show_tables(url: str, *, quiet: bool = False) -> bool:
    """Compare the rows of every table with the sandbox's records.

    Args:
        url: Base URL of the sandbox.
        quiet: Whether to show only differences.
    """
    leads = lines(f"{url}/_sandbox/leads.jsonl")
    activities = lines(f"{url}/_sandbox/activities.jsonl")
    by_type: dict[int, int] = {}
    for activity in activities:
        by_type[activity["activityTypeId"]] = by_type.get(activity["activityTypeId"], 0) + 1
    counts: dict[str, tuple[int, int]] = {}
    with duckdb.connect(str(DATABASE), read_only=True) as warehouse:
        tables = warehouse.sql(
            f"select table_name from information_schema.tables where table_schema = '{SCHEMA}'"  # noqa: S608
        ).fetchall()
        for (table,) in sorted(tables):
            rows = single(warehouse, f'select count(*) from {SCHEMA}."{table}"')  # noqa: S608
            if table == "leads":
                counts[table] = (rows, len(leads))
            elif table.startswith("activity_") and table != "activity_types":
                key = f'select any_value(activityTypeId) from {SCHEMA}."{table}"'  # noqa: S608
                counts[table] = (rows, by_type.pop(single(warehouse, key), 0))
    # Marketo purges old activities, but the warehouse keeps them, so it may have more.
    agree = all(
        rows == truth or (quiet and rows > truth) for rows, truth in counts.values()
    ) and not any(by_type.values())
    if not quiet:
        say(f"   {'table':44}{'rows':>8}{'sandbox':>10}")
        for table in ("leads", *list(counts)[:8]):
            rows, truth = counts[table]
            say(f"   {table:44}{rows:>8}{truth:>10}")
        rest = list(counts.values())[8:-1]
        say(
            f"   … {len(rest)} more activity tables {'':17}{sum(rows for rows, _ in rest):>8}"
            f"{sum(truth for _, truth in rest):>10}"
        )
    return verdict("the same number of rows in every table as records in the sandbox", agree)


def show_samples() -> None:
    """Print a few loaded leads and activities."""
    with duckdb.connect(str(DATABASE), read_only=True) as warehouse:
        for title, query in (
            ("leads", "select id, firstName, lastName, company, leadScore, updatedAt"),
            ("activity_send_email", "select activityDate, leadId, primaryAttributeValue, step_id"),
        ):
            say(f"\n   Some rows of {title}:")
            result = warehouse.sql(f"{query} from {SCHEMA}.{title} order by 1 limit 4")
            for row in result.fetchall():
                say("     " + "  ".join(str(value) for value in row))


def loaded_since(start: datetime) -> tuple[set[int], set[str]]:
    """Keys of the leads and activities loaded since a time.

    Args:
        start: Time before the run.
    """
    when = f"_sdc_batched_at >= '{start:%Y-%m-%d %H:%M:%S}'"
    with duckdb.connect(str(DATABASE), read_only=True) as warehouse:
        leads = warehouse.sql(f"select id from {SCHEMA}.leads where {when}").fetchall()  # noqa: S608
        tables = warehouse.sql(
            "select table_name from information_schema.columns where column_name = 'marketoGUID'"
        ).fetchall()
        activities = [
            guid
            for (table,) in tables
            for (guid,) in warehouse.sql(
                f'select marketoGUID from {SCHEMA}."{table}" where {when}'  # noqa: S608
            ).fetchall()
        ]
    return {int(lead) for (lead,) in leads}, set(activities)


def verdict(claim: str, is_true: bool) -> bool:  # noqa: FBT001
    """Print whether a claim is true.

    Args:
        claim: Text of the claim.
        is_true: Whether it is true.
    """
    say(f"   {'yes' if is_true else 'NO '}: {claim}")
    return is_true


def control(url: str, verb: str, **arguments: int) -> Any:
    """Use the sandbox's control interface."""
    answer = requests.post(f"{url}/_sandbox/{verb}", json=arguments, timeout=30)
    answer.raise_for_status()
    return answer.json()["result"]


def lines(url: str) -> list[dict[str, Any]]:
    """Read JSON lines."""
    text = requests.get(url, timeout=60).content.decode()
    return [json.loads(line) for line in text.split("\n") if line]


def single(warehouse: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The single value of a query."""
    row = warehouse.execute(query).fetchone()
    return row[0] if row else None


def wait_for(file: Path) -> str:
    """Wait until the sandbox answers; return its URL."""
    for _ in range(600):
        if file.exists() and (url := file.read_text(encoding="utf-8")):
            return url
        time.sleep(0.1)
    sys.exit("The sandbox did not start.")


if __name__ == "__main__":
    sys.exit(main())
