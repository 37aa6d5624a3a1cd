"""Leads deleted in Marketo are deleted in a target that applies the records in order."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.tap_runs import TapRun, discover, quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox

MARK = "_sdc_deleted_at"


@pytest.fixture
def catalog(sandbox: Sandbox, tmp_path: Path) -> dict[str, Any]:
    whole = discover(sandbox, tmp_path, capture_deletes=True)
    return {"streams": [stream for stream in whole["streams"] if stream["stream"] == "leads"]}


def sync(
    sandbox: Sandbox,
    folder: Path,
    catalog: dict[str, Any],
    before: TapRun | None = None,
    *,
    code: int = 0,
    **settings: Any,
) -> TapRun:
    run = run_tap(
        folder,
        quick_config(sandbox, capture_deletes=True, **settings),
        catalog=catalog,
        state=before.state if before else None,
    )
    assert run.returncode == code, run.log
    return run


def alive(*runs: TapRun) -> dict[int, dict[str, Any]]:
    """The rows of a target that deletes."""
    table: dict[int, dict[str, Any]] = {}
    for run in runs:
        for record in run.records("leads"):
            table[record["id"]] = table.get(record["id"], {}) | record
    return {key: row for key, row in table.items() if row[MARK] is None}


def test_deleted_and_merged_leads_are_told_once(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.advance(3600)
    ids = sorted(sandbox.world.leads)
    deleted = sandbox.control.delete_leads(3)
    sandbox.control.merge_leads(ids[10], ids[20], ids[21])
    sandbox.control.advance(60)  # the last seconds before the previous read are read again
    second = sync(sandbox, tmp_path, catalog, first)
    sandbox.control.advance(3600)
    third = sync(sandbox, tmp_path, catalog, second)

    marked = [record for record in second.records("leads") if record[MARK]]
    assert {record["id"] for record in marked} == {*deleted, ids[20], ids[21]}
    assert all(set(record) == {"id", MARK} for record in marked)
    assert set(alive(first, second)) == set(sandbox.world.leads)
    assert [record for record in third.records("leads") if record[MARK]] == []


def test_a_lead_that_is_changed_and_then_deleted_ends_deleted(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.advance(60)
    sandbox.control.change_leads(len(sandbox.world.leads))
    sandbox.control.delete_leads(5)
    second = sync(sandbox, tmp_path, catalog, first)

    assert set(alive(first, second)) == set(sandbox.world.leads)


def test_a_first_sync_tells_nothing_of_leads_that_nobody_has(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox.control.delete_leads(3)
    sandbox.control.advance(3600)
    first = sync(sandbox, tmp_path, catalog)

    assert {record["id"] for record in first.records("leads")} == set(sandbox.world.leads)


def test_a_first_sync_that_was_cut_short_tells_of_leads_deleted_since(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox.control.spend_quota(400)
    paused = sync(sandbox, tmp_path, catalog, when_quota_is_spent="stop", export_daily_quota_mb=400)
    sandbox.control.advance(3600)
    gone = sandbox.control.delete_leads(3)
    sandbox.control.restore_quota()
    second = sync(sandbox, tmp_path, catalog, paused)

    assert {record["id"] for record in second.records("leads") if record[MARK]} == set(gone)


def test_leads_deleted_right_after_the_first_sync_are_told_by_the_next(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.delete_leads(2)
    second = sync(sandbox, tmp_path, catalog, first)

    assert set(alive(first, second)) == set(sandbox.world.leads)


def test_deletions_that_marketo_has_forgotten_are_warned_about(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.advance(20 * 86_400)
    second = sync(sandbox, tmp_path, catalog, first)

    assert "Marketo forgets them after 14 days" in second.log
    assert "Marketo forgets" not in first.log


def marked(run: TapRun) -> set[int]:
    return {record["id"] for record in run.records("leads") if record[MARK]}


def test_a_lead_that_was_restored_is_not_told_as_deleted(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.advance(60)
    gone, back = sandbox.control.delete_leads(2)
    sandbox.control.advance(60)
    sandbox.control.restore_leads(back)
    second = sync(sandbox, tmp_path, catalog, first)
    sandbox.control.advance(60)
    sandbox.control.restore_leads(gone)
    third = sync(sandbox, tmp_path, catalog, second)

    assert "WARNING" not in second.log
    assert marked(second) == {gone}
    assert back in alive(first, second)
    assert set(alive(first, second, third)) == set(sandbox.world.leads)


def test_the_schema_of_a_tombstone_names_no_other_column(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.advance(60)
    sandbox.control.change_leads(5)
    sandbox.control.delete_leads(1)
    second = sync(sandbox, tmp_path, catalog, first)

    columns: set[str] = set()
    for message in second.messages:
        if message["type"] == "SCHEMA":
            columns = set(message["schema"]["properties"])
        if message["type"] == "RECORD":
            assert set(message["record"]) == columns
    assert columns == {"id", MARK}


def test_a_map_need_not_know_of_tombstones(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    maps = {"leads": {"domain": "email.partition('@')[2] if email else None", "email": None}}
    first = sync(sandbox, tmp_path, catalog, stream_maps=maps)
    sandbox.control.advance(60)
    gone = sandbox.control.delete_leads(2)
    second = sync(sandbox, tmp_path, catalog, first, stream_maps=maps)

    assert first.records("leads")[0]["domain"] == "example.com"
    assert marked(second) == set(gone)
    assert all(set(record) == {"id", MARK} for record in second.records("leads") if record[MARK])


def test_whoever_begins_late_gets_the_last_14_days_and_a_warning(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    whole = discover(sandbox, tmp_path)
    leads = {"streams": [stream for stream in whole["streams"] if stream["stream"] == "leads"]}
    without = run_tap(tmp_path, quick_config(sandbox), catalog=leads)
    old = sandbox.control.delete_leads(1)
    sandbox.control.advance(15 * 86_400)
    new = sandbox.control.delete_leads(1)
    run = sync(sandbox, tmp_path, catalog, without)

    assert "stay in the target: compare its ids" in run.log
    assert set(new) <= marked(run)
    assert not marked(run) & set(old)


def test_deletions_wait_until_every_window_is_written(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.advance(60)
    gone = sandbox.control.delete_leads(3)
    sandbox.control.spend_quota()
    paused = sync(sandbox, tmp_path, catalog, first, code=1, when_quota_is_spent="stop")
    assert "This run wrote nothing" in paused.log
    sandbox.control.restore_quota()
    second = sync(sandbox, tmp_path, catalog, paused)

    assert marked(paused) == set()
    assert marked(second) == set(gone)


def test_without_the_setting_there_is_no_such_column(sandbox: Sandbox, tmp_path: Path) -> None:
    found = discover(sandbox, tmp_path)
    (leads,) = [stream for stream in found["streams"] if stream["stream"] == "leads"]
    assert MARK not in leads["schema"]["properties"]


def test_the_mark_cannot_be_deselected(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    narrow = copy.deepcopy(catalog)
    for entry in narrow["streams"][0]["metadata"]:
        if entry["breadcrumb"] and entry["metadata"].get("inclusion") != "automatic":
            entry["metadata"]["selected"] = False
    first = sync(sandbox, tmp_path, narrow)

    assert {name for lead in first.records("leads") for name in lead} == {"id", "updatedAt", MARK}


def test_the_missing_permission_is_named(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox.control.deny("Read-Only Activity")
    run = run_tap(tmp_path, quick_config(sandbox, capture_deletes=True), catalog=catalog)

    assert run.returncode == 1
    assert "capture_deletes needs the permission Read-Only Activity" in run.log
    assert len(run.records("leads")) == len(sandbox.world.leads)
