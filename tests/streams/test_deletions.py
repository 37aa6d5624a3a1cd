"""Leads that are gone in Marketo are gone for whoever applies the records in their order."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.tap_runs import TapRun, discover, quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from tap_marketo.sandbox import Sandbox

MARK = "_sdc_deleted_at"


@pytest.fixture
def catalog(sandbox: Sandbox, tmp_path: Path) -> dict[str, Any]:
    whole = discover(sandbox, tmp_path, capture_deletes=True)
    return {"streams": [one for one in whole["streams"] if one["stream"] == "leads"]}


def sync(
    sandbox: Sandbox, folder: Path, catalog: dict[str, Any], before: TapRun | None = None
) -> TapRun:
    run = run_tap(
        folder,
        quick_config(sandbox, capture_deletes=True),
        catalog=catalog,
        state=before.state if before else None,
    )
    assert run.returncode == 0, run.log
    return run


def alive(*runs: TapRun) -> dict[int, dict[str, Any]]:
    """What a target with deletes holds."""
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


def test_without_the_setting_there_is_no_such_column(sandbox: Sandbox, tmp_path: Path) -> None:
    found = discover(sandbox, tmp_path)
    (leads,) = [one for one in found["streams"] if one["stream"] == "leads"]
    assert MARK not in leads["schema"]["properties"]


def test_the_mark_cannot_be_deselected(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    narrow = copy.deepcopy(catalog)
    for entry in narrow["streams"][0]["metadata"]:
        if entry["breadcrumb"] and entry["metadata"].get("inclusion") != "automatic":
            entry["metadata"]["selected"] = False
    first = sync(sandbox, tmp_path, narrow)

    assert {name for one in first.records("leads") for name in one} == {"id", "updatedAt", MARK}


def test_the_missing_permission_is_named(
    sandbox: Sandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox.control.deny("Read-Only Activity")
    run = run_tap(tmp_path, quick_config(sandbox, capture_deletes=True), catalog=catalog)

    assert run.returncode == 1
    assert "capture_deletes needs the permission Read-Only Activity" in run.log
    assert len(run.records("leads")) == len(sandbox.world.leads)
