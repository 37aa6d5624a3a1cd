"""A DuckDB file has every row of the sandbox, including the first."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from tests.support import meltano
from tests.support.tap_runs import (
    TapRun,
    discover,
    own_environment,
    quick_config,
    run_tap,
    selected,
)
from tests.support.warehouse import SCHEMA, assert_complete, query, tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

LOADERS = meltano.ROOT / ".meltano" / "loaders"
TARGET = LOADERS / "target-marketo-duckdb" / "venv" / "bin" / "target-marketo-duckdb"
FOREIGN = LOADERS / "target-duckdb" / "venv" / "bin" / "target-duckdb"


def test_leads_and_activities_arrive_and_then_only_changes_move(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    # Without the look-back, which repeats the activities of the last two hours.
    once = {"TAP_MARKETO_LOOKBACK_SECONDS": "0"}
    load(sandbox, tmp_path, **once)
    assert_complete(sandbox, tmp_path)
    (first,) = latest_load(tmp_path)
    known = {activity["marketoGUID"] for activity in sandbox.world.expected_activities()}

    sandbox.control.advance(3600)
    changed = sandbox.control.change_leads(5) + sandbox.control.add_leads(2)
    happened = sandbox.control.add_activities(96)
    load(sandbox, tmp_path, **once)

    assert_complete(sandbox, tmp_path)
    assert loaded_since(first, "leads", "id", tmp_path) == set(changed)
    moved = [loaded_since(first, one, "marketoGUID", tmp_path) for one in tables(tmp_path)]
    # Changed and new leads also create activities.
    new = {activity["marketoGUID"] for activity in sandbox.world.expected_activities()} - known
    assert set().union(*moved) == new
    assert new >= set(happened)


def test_leads_that_are_gone_in_marketo_are_deleted(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = {"TAP_MARKETO_CAPTURE_DELETES": "true", "TARGET_MARKETO_DUCKDB_HARD_DELETE": "true"}
    load(sandbox, tmp_path, **settings)
    sandbox.control.advance(3600)
    sandbox.control.change_leads(len(sandbox.world.leads))
    ids = sorted(sandbox.world.leads)
    sandbox.control.merge_leads(ids[50], ids[51], ids[52])
    sandbox.control.delete_leads(10)
    load(sandbox, tmp_path, **settings)

    found = {row[0] for row in query(tmp_path, f"select id from {SCHEMA}.leads")}
    assert found == set(sandbox.world.leads)


def test_a_deleted_lead_that_is_kept_keeps_its_columns(sandbox: Sandbox, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"capture_deletes": True}
    catalog = selected(discover(sandbox, tmp_path, **settings), {"leads"})
    first = pipe(sandbox, tmp_path, catalog, **settings)
    sandbox.control.advance(3600)
    truth = {lead["id"]: lead["email"] for lead in sandbox.world.expected_leads()}
    gone = sandbox.control.delete_leads(3)
    sandbox.control.merge_leads(max(truth), max(truth) - 1)
    pipe(sandbox, tmp_path, catalog, first.state, **settings)

    sql = f"select id, email, _sdc_deleted_at is null from {SCHEMA}.leads where email is not null"
    found = query(tmp_path, sql)
    assert {id_: email for id_, email, _ in found} == truth
    assert {id_ for id_, _, alive in found if not alive} == {*gone, max(truth) - 1}


def test_the_members_of_one_list_arrive(sandbox: Sandbox, tmp_path: Path) -> None:
    name = sandbox.world.lists["static"][2]
    load(sandbox, tmp_path, TAP_MARKETO_LEADS_FILTER_STATIC_LIST_NAME=name)

    found = {row[0] for row in query(tmp_path, f"select id from {SCHEMA}.leads")}
    assert found == set(sandbox.world.list_members("static", 2))


def test_the_first_row_of_a_load_is_not_lost(sandbox: Sandbox, tmp_path: Path) -> None:
    run = pipe(sandbox, tmp_path)

    first = run.records("leads")[0]["id"]
    assert query(tmp_path, f"select id from {SCHEMA}.leads where id = {first}") == [(first,)]
    assert_complete(sandbox, tmp_path)


def test_text_arrives_as_people_typed_it(sandbox: Sandbox, tmp_path: Path) -> None:
    pipe(sandbox, tmp_path)

    columns = ("id", "company", "email", "internalNotes", "leadScore", "mktoPersonNotes", "isVip")
    expected = {
        tuple(lead[column] for column in columns) for lead in sandbox.world.expected_leads()
    }
    found = query(tmp_path, f"select {', '.join(columns)} from {SCHEMA}.leads")
    assert set(found) == expected


def test_everything_selected_lands_in_full(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(leads=60, activities=300)
    catalog = discover(sandbox, tmp_path)
    names = {stream["tap_stream_id"] for stream in catalog["streams"]}
    run = pipe(sandbox, tmp_path, selected(catalog, names))

    keys = {
        stream["tap_stream_id"]: stream.get("key_properties") or [] for stream in catalog["streams"]
    }
    expected = {
        name: len({tuple(str(record[key]) for key in keys[name]) for record in run.records(name)})
        if keys[name]
        else len(run.records(name))
        for name in names
        if run.records(name)
    }
    found = {
        name: query(tmp_path, f'select count(*) from {SCHEMA}."{name}"')[0][0] for name in expected
    }
    assert len(expected) > 60
    assert found == expected
    assert found["leads"] == len(sandbox.world.leads)
    assert found["activities"] == len(sandbox.world.expected_activities())


def test_the_pinned_foreign_loader_loses_no_row(sandbox: Sandbox, tmp_path: Path) -> None:
    # With DuckDB 1.3 and later it loses the first row of every load, and reports success.
    catalog = selected(discover(sandbox, tmp_path), {"leads"})
    pipe(sandbox, tmp_path, catalog, target=FOREIGN)

    found = {row[0] for row in query(tmp_path, f"select id from {SCHEMA}.leads")}
    assert found == set(sandbox.world.leads)


def pipe(
    sandbox: Sandbox,
    folder: Path,
    catalog: Any = None,
    state: Any = None,
    target: Path = TARGET,
    **settings: Any,
) -> TapRun:
    """Load without Meltano, which is faster."""
    run = run_tap(folder, quick_config(sandbox, **settings), catalog=catalog, state=state)
    config = folder / "target.json"
    filepath = str(folder / "warehouse.duckdb")
    config.write_text(json.dumps({"filepath": filepath, "default_target_schema": SCHEMA}))
    subprocess.run(
        [target, "--config", config],
        input=run.output.encode(),
        env=own_environment(),
        check=True,
        capture_output=True,
    )
    return run


def load(sandbox: Sandbox, folder: Path, **settings: str) -> None:
    given = {"TARGET_MARKETO_DUCKDB_ADD_RECORD_METADATA": "true", **settings}
    meltano.run(sandbox, folder, "run", "marketo-to-duckdb", select=(), **given)


def latest_load(folder: Path) -> Iterable[Any]:
    return query(folder, f"select max(_sdc_batched_at) from {SCHEMA}.leads")[0]


def loaded_since(moment: object, table: str, key: str, folder: Path) -> set[Any]:
    where = f"_sdc_batched_at > '{moment}'"
    return {
        found for (found,) in query(folder, f'select {key} from {SCHEMA}."{table}" where {where}')
    }
