"""A real PostgreSQL, loaded through Meltano, has the sandbox's records."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from marketo_sandbox import Sandbox, SandboxOptions
from marketo_sandbox.export import ecids
from marketo_sandbox.world.activity_types import activity_types
from tap_marketo.streams.bulk.activities import stream_names
from tests.support import meltano, postgres

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

KIOSK = stream_names(activity_types(48))[100001]
SELECT = ("leads.*", "activity_send_email.*", "activity_merge_leads.*", f"{KIOSK}.*")
OPTIONS = SandboxOptions(
    leads=150, activities=1500, job_seconds=0, status_refresh_seconds=0, calls_per_20_seconds=1000
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgres.server() as port:
        yield port


def test_leads_and_activities_arrive_whole_and_then_only_changes_move(
    port: int, tmp_path: Path
) -> None:
    with Sandbox(OPTIONS) as sandbox:
        load(sandbox, port, tmp_path)
        assert leads(port) == truth_of_leads(sandbox)
        assert activities(port) == truth_of_activities(sandbox)
        first_jobs = len(sandbox.jobs)

        sandbox.control.advance(3600)
        changed = sandbox.control.change_leads(5) + sandbox.control.add_leads(2)
        sandbox.control.add_activities(96)
        before = latest_load(port)
        load(sandbox, port, tmp_path)

        assert leads(port) == truth_of_leads(sandbox)
        assert activities(port) == truth_of_activities(sandbox)
        moved = {row["id"] for row in rows(port, "leads") if row["_sdc_batched_at"] > before}
        assert moved == set(changed)
        assert len(sandbox.jobs) == first_jobs + 2


@pytest.mark.parametrize("format_", ["", "jsonl"])
def test_a_deleted_lead_keeps_its_row_and_is_marked(
    port: int, tmp_path: Path, format_: str
) -> None:
    encoding = {"format": "jsonl", "compression": "gzip"}
    storage = {"root": (tmp_path / "batches").as_uri()}
    batches = {"TAP_MARKETO_BATCH_CONFIG": json.dumps({"encoding": encoding, "storage": storage})}
    settings = {
        "TAP_MARKETO_CAPTURE_DELETES": "true",
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": f"marked_{format_}",
        **(batches if format_ else {}),
    }
    with Sandbox(OPTIONS) as sandbox:
        load(sandbox, port, tmp_path, select=("leads.*",), **settings)
        sandbox.control.advance(3600)
        sandbox.control.change_leads(len(sandbox.world.leads))
        before = truth_of_leads(sandbox)
        ids = sorted(before)
        gone = {*sandbox.control.delete_leads(10), *ids[50:52]}
        sandbox.control.merge_leads(ids[40], *ids[50:52])
        load(sandbox, port, tmp_path, select=("leads.*",), **settings)

        marks = {
            row["id"]: row["_sdc_deleted_at"] for row in rows(port, "leads", f"marked_{format_}")
        }
        found = leads(port, f"marked_{format_}")
        assert {one for one, mark in marks.items() if one in before and mark} == gone
        assert {one for one, mark in marks.items() if not mark} == set(sandbox.world.leads)
        assert [found[lead] for lead in sandbox.world.leads] == list(
            truth_of_leads(sandbox).values()
        )
        assert all(found[one].get("email") == before[one].get("email") for one in gone)


def test_batch_files_are_loaded_as_records_are(port: int, tmp_path: Path) -> None:
    storage = tmp_path / "batches"
    config = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": storage.as_uri()},
        "batch_size": 40,
    }
    with Sandbox(OPTIONS) as sandbox:
        load(
            sandbox,
            port,
            tmp_path,
            TAP_MARKETO_BATCH_CONFIG=json.dumps(config),
            TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA="batches",
        )

        assert leads(port, "batches") == truth_of_leads(sandbox)
        assert activities(port, "batches") == truth_of_activities(sandbox)
        files = list(storage.iterdir())
        assert len(files) >= len(sandbox.world.leads) / 40


def load(
    sandbox: Sandbox, port: int, folder: Path, select: tuple[str, ...] = SELECT, **settings: str
) -> subprocess.CompletedProcess[str]:
    return meltano.run(
        sandbox,
        folder,
        "run",
        "tap-marketo",
        "target-postgres",
        select=select,
        TARGET_POSTGRES_HOST="127.0.0.1",
        TARGET_POSTGRES_PORT=str(port),
        TARGET_POSTGRES_USER=postgres.USER,
        TARGET_POSTGRES_PASSWORD="unused",  # noqa: S106 - the server trusts loopback
        TARGET_POSTGRES_DATABASE=postgres.DATABASE,
        **settings,
    )


def rows(port: int, table: str, schema: str = "marketo") -> list[dict[str, Any]]:
    connection = psycopg2.connect(
        host="127.0.0.1", port=port, user=postgres.USER, dbname=postgres.DATABASE
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(f'select * from {schema}."{table}"')
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def latest_load(port: int) -> datetime:
    latest: datetime = max(row["_sdc_batched_at"] for row in rows(port, "leads"))
    return latest


def leads(port: int, schema: str = "marketo") -> dict[int, dict[str, Any]]:
    return {row["id"]: plain(row) for row in rows(port, "leads", schema)}


def truth_of_leads(sandbox: Sandbox) -> dict[int, dict[str, Any]]:
    return {
        lead["id"]: plain(lead | {"ecids": ecids(lead["id"]) or None})
        for lead in sandbox.world.expected_leads()
    }


def activities(port: int, schema: str = "marketo") -> dict[str, dict[str, Any]]:
    return {
        row["marketoGUID"]: plain(row)
        for name in SELECT[1:]
        for row in rows(port, name.removesuffix(".*"), schema)
    }


def truth_of_activities(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    columns = {
        6: {
            "Campaign Run ID": "campaign_run_id",
            "Choice Number": "choice_number",
            "Has Predictive": "has_predictive",
            "Step ID": "step_id",
            "Test Variant": "test_variant",
        },
        32: {
            "Master Updated": "master_updated",
            "Merge IDs": "merge_ids",
            "Merge Source": "merge_source",
            "Merged in Sales": "merged_in_sales",
        },
        100001: {
            "Duration (min)": "duration_min_120d2e",
            "Paid": "paid",
            "Visited At": "visited_at",
            "Visit Day": "visit_day",
            "Lead ID": "lead_id_d6cf3e",
        },
    }
    expected = {}
    for activity in sandbox.world.expected_activities():
        if activity["activityTypeId"] not in columns:
            continue
        attributes = activity.pop("attributes")
        declared = columns[activity["activityTypeId"]]
        record = activity | {
            column: attributes.pop(name, None) for name, column in declared.items()
        }
        if isinstance(record.get("merge_ids"), list):
            record["merge_ids"] = f"[{record['merge_ids'][0]}]"
        record["undeclared_attributes"] = attributes or None
        expected[record["marketoGUID"]] = plain(record)
    return expected


def plain(row: dict[str, Any]) -> dict[str, Any]:
    # Without empty columns: formula fields are always empty, and the expected records lack them.
    return {
        name: _plain(value)
        for name, value in row.items()
        if value is not None and not name.startswith("_sdc_")
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
