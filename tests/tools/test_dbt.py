"""Models that read the views of `dbt/`, compared with the expected numbers."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support import dbt_tables, postgres
from tests.support.dbt_warehouse import DBT, READ, VIEWS, Warehouse
from tests.support.dbt_world import FIELDS, METRICS, World
from tests.tools.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tools.conftest import ToolEnvironment

DUCKDB = {"duckdb-1.4": "duckdb==1.4.5", "duckdb-2.0": "duckdb==2.0.1", "postgres": "duckdb==2.0.1"}
HISTORY = [column for _, column in FIELDS.values()]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgres.server() as port:
        yield port


@pytest.fixture
def warehouse(
    request: pytest.FixtureRequest, port: int, tmp_path: Path, tool_environment: ToolEnvironment
) -> Warehouse:
    """The database of a parametrized test, with dbt's packages installed."""
    name = getattr(request, "param", "duckdb-2.0")
    programs = tool_environment(f"dbt-{DUCKDB[name].partition('==')[2]}", *DBT, DUCKDB[name])
    made = Warehouse(name.partition("-")[0], tmp_path, programs, port, HISTORY)
    if made.kind == "postgres":  # the server has the tables of the test before
        made.sql(*(f"drop schema if exists {one} cascade" for one in ("marketo", VIEWS, READ)))
    made.dbt("deps")
    return made


@pytest.mark.timeout(900)  # dbt starts six times, after it was installed
@pytest.mark.parametrize("warehouse", DUCKDB, indirect=True)
def test_numbers_are_those_of_the_world_in_first_and_later_builds(warehouse: Warehouse) -> None:
    world = World()
    world.pass_days(30)
    world.delete(101)
    world.delete(102)
    world.delete(103)
    build(warehouse, world, marks=False)
    assert_numbers(warehouse, world)

    world.restore(101)
    world.restore(102, visibly=True)
    world.pass_days(4)
    world.names["email"][2] = "renamed"
    world.emails_changed[2] = world.time()
    world.names["campaign"][12] = "renamed"
    world.names["program"][3] = "renamed"
    world.delete(104, listed=False, marked=True)
    world.delete(105)
    world.delete(106, marked=True)
    world.delete(107)
    world.restore(107)  # deleted and back between two loads
    world.merge(108, 109, 110)
    build(warehouse, world, marks=True)
    assert_numbers(warehouse, world)


def build(warehouse: Warehouse, world: World, *, marks: bool) -> None:
    """Load, build the views, and build the package that reads them."""
    warehouse.sql(*dbt_tables.load(world, marks=marks))
    warehouse.dbt("build", "--select", "package:tap_marketo")
    warehouse.today = str(world.day)
    warehouse.dbt("build", "--select", "package:marketo")


def assert_numbers(warehouse: Warehouse, world: World) -> None:
    assert_history(warehouse, world)
    leads = warehouse.read("marketo__leads")
    assert {row["id"] for row in leads} == set(world.leads)
    assert {row["id"] for row in leads if row["is_deleted"]} == world.gone
    assert {row["id"] for row in leads if row["_fivetran_deleted"]} == world.gone
    for model, names, key in (
        ("marketo__email_templates", world.names["email"], email_of),
        ("marketo__campaigns", world.names["campaign"], campaign_of),
        (
            "marketo__programs",
            world.names["program"],
            lambda mail: dbt_tables.program_of(campaign_of(mail)),
        ),
    ):
        expected: dict[int, dict[str, Any]] = {
            number: {"id": number, "name": name} for number, name in names.items()
        }
        for metric, table in METRICS.items():
            for row in expected.values():
                row[metric] = 0
            for mail in world.mail[table]:
                expected[key(mail)][metric] += 1
        assert {row["id"]: row for row in warehouse.read(model)} == expected, model


def assert_history(warehouse: Warehouse, world: World) -> None:
    """Compare each field of each lead on each day."""
    found = {
        (row.pop("lead_id"), row.pop("day")): row
        for row in warehouse.read("marketo__lead_history", ["lead_id", "day", *HISTORY])
    }
    expected = {
        (lead.id, str(day)): values
        for lead in world.leads.values()
        for day, values in [*lead.history.items(), (world.day, lead.values)]
    }
    assert found.keys() == expected.keys()
    wrong = [
        (key, name, found[key][column], values[name])
        for key, values in expected.items()
        for name, (_, column) in FIELDS.items()
        if not same(found[key][column], values[name])
    ]
    cells = len(expected) * len(FIELDS)
    assert not wrong, f"{len(wrong)} of {cells} cells, such as {wrong[:5]}"


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, float):
        return math.isclose(found, expected)
    return bool(found == expected)


def email_of(mail: dict[str, Any]) -> int:
    return int(mail["primary_attribute_value_id"])


def campaign_of(mail: dict[str, Any]) -> int:
    return int(mail["campaign_id"])


@pytest.mark.timeout(600)
def test_empty_results_never_pass_silently(warehouse: Warehouse) -> None:
    nowhere = warehouse.try_dbt("build")
    assert nowhere.returncode != 0
    assert "Schema marketo does not exist" in nowhere.stdout
    assert "marketo_loaded_schema" in nowhere.stdout

    warehouse.sql("create schema marketo", "create table marketo.of_others (id int)")
    others = warehouse.try_dbt("build", "--select", "package:tap_marketo")
    assert others.returncode != 0
    assert "Schema marketo has no table of tap-marketo" in others.stdout

    world = World(leads=3)
    world.pass_days(1)
    warehouse.sql(*dbt_tables.load(world, marks=False))
    warehouse.sql("drop table marketo.programs", "delete from marketo.smart_campaigns")

    # dbt doesn't know the order: the package may run first, or the view of leads may be missing.
    unbuilt = warehouse.try_dbt("build", "--select", "package:marketo")
    assert unbuilt.returncode != 0
    assert "dbt build --select package:tap_marketo" in unbuilt.stdout

    said = warehouse.dbt("build", "--select", "package:tap_marketo")
    assert "View program is empty: schema marketo has no table programs" in said
    assert re.search(r"WARN 1 has_rows_campaign", said)
    assert "View campaign is empty" not in said
    assert "View lead is empty" not in said

    warehouse.sql('create table marketo.programs (id bigint, "createdAt" timestamp)')
    named = warehouse.try_dbt("build", "--select", "program")
    assert named.returncode != 0
    assert "field_names: snake_case" in named.stdout


@pytest.mark.timeout(600)
@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)  # the narrowest limits
def test_800_custom_fields_fit(warehouse: Warehouse) -> None:
    fields = [f"Custom_Field_{number}__c" for number in range(800)]
    columns = ", ".join(f'"{name.lower()}" text' for name in fields)
    described = ", ".join(
        f"({number}, 'string', '{json.dumps({'name': name})}')"
        for number, name in enumerate(fields)
    )
    values = ", ".join(f"'{number}'" for number in range(800))
    warehouse.sql(
        "create schema if not exists marketo",
        f"create table marketo.leads (id bigint, {columns})",
        f"insert into marketo.leads values (1, {values})",
        "create table marketo.lead_describe (id bigint, data_type text, rest json)",
        f"insert into marketo.lead_describe values {described}",
    )
    warehouse.dbt("run", "--select", "+lead", "lead_describe")
    (lead,) = warehouse.view("lead")
    names = {row["restname"]: row["id"] for row in warehouse.view("lead_describe")}
    assert names == {f"custom_field_{number}_c": number for number in range(800)}
    assert {name: lead[name] for name in names} == {
        name: str(number) for name, number in names.items()
    }


@pytest.mark.timeout(600)
def test_the_package_installs_from_git(warehouse: Warehouse, tmp_path: Path) -> None:
    """Install as docs/dbt.md says, from a folder of a Git repository."""
    repository = tmp_path / "repository"
    shutil.copytree(
        ROOT / "dbt", repository / "dbt", ignore=shutil.ignore_patterns("target", "logs")
    )
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "."),
        ("-c", "user.name=any", "-c", "user.email=any@example.com", "commit", "-qm", "any"),
    ):
        subprocess.run(["git", *command], cwd=repository, check=True)
    page = (ROOT / "docs" / "dbt.md").read_text()
    (given,) = re.findall(r"```yaml\n# packages.yml\n(.*?)```", page, re.DOTALL)
    packages = yaml.safe_load(given)["packages"][:1]
    packages[0] |= {"git": repository.as_uri(), "revision": "main"}
    assert packages[0]["subdirectory"] == "dbt"
    (warehouse.project / "packages.yml").write_text(json.dumps({"packages": packages}))
    (warehouse.project / "package-lock.yml").unlink()
    shutil.rmtree(warehouse.project / "dbt_packages")
    warehouse.dbt("deps")
    assert (warehouse.project / "dbt_packages" / "tap_marketo" / "macros").is_dir()

    world = World(leads=3)
    world.pass_days(1)
    warehouse.sql(*dbt_tables.load(world, marks=False))
    warehouse.dbt("build", "--select", "package:tap_marketo")
    assert {row["id"] for row in warehouse.view("lead")} == {100, 101, 102}
