"""Members of one list, with any bookmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.export_runs import filled
from tests.support.tap_runs import TapRun, discover, quick_config, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox


def members(
    sandbox: Sandbox, folder: Path, leads_filter: dict[str, Any], state: Any = None
) -> TapRun:
    catalog = selected(discover(sandbox, folder, leads_filter=leads_filter), {"leads"})
    return run_tap(
        folder, quick_config(sandbox, leads_filter=leads_filter), catalog=catalog, state=state
    )


@pytest.mark.parametrize(
    ("leads_filter", "kind"),
    [
        ({"static_list_id": 2}, "static"),
        ({"static_list_name": "Static List 2"}, "static"),
        ({"smart_list_id": 2}, "smart"),
        ({"smart_list_name": "Smart List 2"}, "smart"),
    ],
)
def test_only_the_members_of_the_list_are_written(
    sandbox: Sandbox, tmp_path: Path, leads_filter: dict[str, Any], kind: str
) -> None:
    run = members(sandbox, tmp_path, leads_filter)

    assert run.returncode == 0, run.log
    leads = sandbox.world.expected_leads()
    listed = set(sandbox.world.list_members(kind, 2))
    expected = {lead["id"]: filled(lead) for lead in leads if lead["id"] in listed}
    assert 0 < len(expected) < len(leads)
    records = run.records("leads")
    assert {record["id"]: filled(record) for record in records} == expected
    assert len(records) == len(expected)
    assert "the bookmark does not move" in run.log


def test_the_stream_is_a_full_table(sandbox: Sandbox, tmp_path: Path) -> None:
    (leads,) = [
        one
        for one in discover(sandbox, tmp_path, leads_filter={"static_list_id": 2})["streams"]
        if one["stream"] == "leads"
    ]
    assert leads["replication_method"] == "FULL_TABLE"


def test_a_bookmark_neither_matters_nor_moves(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = selected(discover(sandbox, tmp_path), {"leads"})
    before = run_tap(tmp_path, quick_config(sandbox), catalog=catalog).state
    run = members(sandbox, tmp_path, {"static_list_id": 1}, before)

    assert len(run.records("leads")) == len(sandbox.world.list_members("static", 1))
    mark = before["bookmarks"]["leads"]["replication_key_value"]
    assert run.state["bookmarks"]["leads"]["replication_key_value"] == mark
    sandbox.control.advance(60)
    changed = sandbox.control.change_leads(4)
    after = run_tap(tmp_path, quick_config(sandbox), catalog=catalog, state=run.state)
    assert {one["id"] for one in after.records("leads")} == set(changed)


def test_an_export_of_the_usual_runs_is_left_to_them(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = selected(discover(sandbox, tmp_path), {"leads"})
    whole = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)
    (job,) = next(
        jobs
        for one in whole.messages
        if one["type"] == "STATE" and len(jobs := one["value"].get("export_jobs", [])) == 1
    )
    run = members(sandbox, tmp_path, {"static_list_id": 1}, {"export_jobs": [job]})

    assert run.state["export_jobs"] == [job]


def test_an_unknown_list_is_one_clear_error(sandbox: Sandbox, tmp_path: Path) -> None:
    run = members(sandbox, tmp_path, {"static_list_name": "No such list"})

    assert run.returncode == 1
    assert "Check the name or id of the list in leads_filter" in run.log
    assert "Traceback" not in run.log


def test_smart_lists_may_be_beyond_the_subscription(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    run = members(start_sandbox(without_smart_lists=True), tmp_path, {"smart_list_id": 1})

    assert run.returncode == 1
    assert "this subscription cannot export smart lists. Use a static list" in run.log
    assert "Traceback" not in run.log


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"leads_filter": {"static_list_id": 1, "smart_list_id": 1}}, "must name one list"),
        ({"leads_filter": {"static_list_id": 1}, "capture_deletes": True}, "cannot be combined"),
        ({"leads_filter": {"list": 1}}, "leads_filter"),
    ],
)
def test_contradictions_are_refused(
    sandbox: Sandbox, tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    run = run_tap(tmp_path, quick_config(sandbox, **settings))

    assert run.returncode == 1
    assert message in run.log
    assert sandbox.log == []
