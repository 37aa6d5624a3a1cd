"""Comparison of a DuckDB file with the sandbox that it was loaded from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox


SCHEMA = "marketo"


def assert_complete(sandbox: Sandbox, folder: Path) -> None:
    leads = query(folder, f"select id, email from {SCHEMA}.leads")
    assert sorted(leads) == sorted(
        (lead["id"], lead["email"]) for lead in sandbox.world.expected_leads()
    )
    columns = "marketoGUID, activityTypeId, leadId"
    activities = [
        row
        for table in tables(folder)
        for row in query(folder, f'select {columns} from {SCHEMA}."{table}"')
    ]
    assert sorted(activities) == sorted(
        (activity["marketoGUID"], activity["activityTypeId"], activity["leadId"])
        for activity in sandbox.world.expected_activities()
    )


def tables(folder: Path) -> list[str]:
    found = query(
        folder,
        "select table_name from information_schema.columns"
        f" where table_schema = '{SCHEMA}' and column_name = 'marketoGUID'",
    )
    return [table for (table,) in found]


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.sql(sql).fetchall()
