"""Each recipe of docs/recipes.md, run as written, does what it promises."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from marketo_sandbox.export import ecids
from tests.support import documentation, meltano
from tests.support.csv_files import as_text, filled_cells
from tests.support.csv_files import rows as csv_rows

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

RECIPES = documentation.sections((meltano.ROOT / "docs" / "recipes.md").read_text(encoding="utf-8"))
LEADS = {"TAP_MARKETO__SELECT": '["leads.*"]'}


def follow(title: str, sandbox: Sandbox, folder: Path, **variables: str) -> str:
    return documentation.run(documentation.blocks(RECIPES[title]), sandbox, folder, **variables)


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.sql(query).fetchall()


def ids(folder: Path, schema: str = "marketo") -> set[int]:
    return {found for (found,) in rows(folder, f"select id from {schema}.leads")}


def truth(sandbox: Sandbox) -> set[int]:
    return {lead["id"] for lead in sandbox.world.expected_leads()}


def test_many_years_are_loaded_over_several_nights(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    title = "Load many years under a small allocation"
    sandbox = start_sandbox(leads=300, activities=0, daily_export_mb=0.1)

    few = {"TAP_MARKETO_EXPORT_MAX_JOBS": "2", **LEADS}
    follow(title, sandbox, tmp_path, **few)
    first = ids(tmp_path)
    nights = 1
    while ids(tmp_path) != truth(sandbox) and nights < 8:
        sandbox.control.advance(86400)
        follow(title, sandbox, tmp_path, **few)
        nights += 1

    assert ids(tmp_path) == truth(sandbox)
    assert nights > 1
    changed = {lead["id"]: lead["updatedAt"] for lead in sandbox.world.expected_leads()}
    assert min(changed[one] for one in first) > max(changed[one] for one in truth(sandbox) - first)


def test_a_share_of_the_allocation_is_left(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(leads=1200, activities=0)

    with pytest.raises(AssertionError, match="allocation"):
        follow(
            "Leave a share to others",
            sandbox,
            tmp_path,
            TAP_MARKETO_EXPORT_DAILY_QUOTA_MB="1",
            TAP_MARKETO_EXPORT_MAX_JOBS="2",
            **LEADS,
        )

    exported = sum(job.file.size for job in sandbox.jobs if job.file)
    # Two jobs run at once, and only the sizes of earlier jobs are known.
    assert 500_000 < exported < 800_000


def test_only_the_named_fields_are_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    follow("Take only some fields", sandbox, tmp_path)

    columns = rows(
        tmp_path,
        "select column_name from information_schema.columns where table_name = 'leads'",
    )
    assert {name for (name,) in columns} == {"id", "updatedAt", "email", "leadScore"}
    assert ids(tmp_path) == truth(sandbox)
    assert {tuple(sorted(job.body["fields"])) for job in sandbox.jobs} == {
        ("email", "id", "leadScore", "updatedAt")
    }


def test_a_list_fills_a_spreadsheet(sandbox: Sandbox, tmp_path: Path) -> None:
    follow("One list into a spreadsheet", sandbox, tmp_path)

    (number,) = [
        n for n, name in sandbox.world.lists["smart"].items() if name == "Berlin customers"
    ]
    members = sandbox.world.list_members("smart", number)

    found = {int(row["id"]): row for row in csv_rows(tmp_path / "output" / "list" / "leads.csv")}
    assert {number: filled_cells(row) for number, row in found.items()} == {
        lead["id"]: filled_cells(
            {name: as_text(name, value) for name, value in lead.items()}
            | {"ecids": ecids(lead["id"])}
        )
        for lead in sandbox.world.expected_leads()
        if lead["id"] in members
    }
    assert 0 < len(members) < len(truth(sandbox))


def test_addresses_are_hashed_with_the_salt(sandbox: Sandbox, tmp_path: Path) -> None:
    follow("Hash e-mail addresses", sandbox, tmp_path, SALT="sea", **LEADS)

    def hashed(address: str | None) -> str | None:
        return hashlib.sha256(f"sea{address}".encode()).hexdigest() if address else None

    assert set(rows(tmp_path, "select id, email from marketo.leads")) == {
        (lead["id"], hashed(lead["email"])) for lead in sandbox.world.expected_leads()
    }


def test_two_instances_have_their_own_credentials_and_schemas(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox()
    other = start_sandbox(leads=50, seed=11)

    follow(
        "Several instances in one project",
        sandbox,
        tmp_path,
        TAP_MARKETO_EU_BASE_URL=other.base_url,
        TAP_MARKETO_EU_CLIENT_ID="other-client",
        TAP_MARKETO_EU_CLIENT_SECRET="other-secret",  # noqa: S106 - the sandbox's
        TAP_MARKETO_EU__SELECT='["leads.*"]',
        **LEADS,
    )

    assert ids(tmp_path) == truth(sandbox)
    assert ids(tmp_path, "marketo_eu") == truth(other)
    assert len(truth(other)) == 50


def test_without_meltano_the_second_run_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    follow("Run without Meltano", sandbox, tmp_path)
    jobs = len(sandbox.jobs)
    sandbox.control.advance(3600)
    sandbox.control.add_leads(2)
    follow("Run without Meltano", sandbox, tmp_path)

    assert ids(tmp_path) == truth(sandbox)
    assert len(sandbox.jobs) == jobs + 2
    assert "bookmarks" in json.loads((tmp_path / "state.json").read_text())


def test_the_sandbox_serves_a_pipeline_in_ci(sandbox: Sandbox, tmp_path: Path) -> None:
    printed = follow("Develop against the sandbox, in CI too", sandbox, tmp_path)

    assert len(ids(tmp_path)) == 200
    assert '"leads": 200' in printed or '"leads":200' in printed
    assert len(sandbox.jobs) == 0


def test_every_recipe_is_followed() -> None:
    source = (meltano.ROOT / "tests" / "e2e" / "test_recipes.py").read_text(encoding="utf-8")

    assert [title for title in RECIPES if f'"{title}"' not in source] == []
