"""Every REST stream through the command line, against what the sandbox holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.sandbox import lists
from tap_marketo.sandbox.clock import iso
from tap_marketo.sandbox.fields import described_fields
from tap_marketo.streams.catalog import STREAMS, name_of
from tests.tap_runs import TapRun, quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from tap_marketo.sandbox import Sandbox
    from tests.conftest import StartSandbox

NAMES = [name_of(stream) for stream in STREAMS]
PARENTS = {
    "program_tags": ("programs", "id", "programId"),
    "program_costs": ("programs", "id", "programId"),
    "form_fields": ("forms", "id", "formId"),
    "segments": ("segmentations", "id", "segmentationId"),
    "email_content": ("emails", "id", "emailId"),
    "snippet_content": ("snippets", "id", "snippetId"),
    "user_roles": ("users", "userid", "userid"),
}


def catalog(sandbox: Sandbox, folder: Path, *names: str) -> dict[str, Any]:
    found = run_tap(folder, quick_config(sandbox), "--discover")
    (document,) = found.messages if found.output.count("\n") == 1 else [_parse(found.output)]
    for stream in document["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in names
    return document


def _parse(text: str) -> dict[str, Any]:
    import json  # noqa: PLC0415

    return dict(json.loads(text))


def sync(sandbox: Sandbox, folder: Path, *names: str, **how: Any) -> TapRun:
    state = how.pop("state", None)
    config = quick_config(sandbox, **how)
    return run_tap(folder, config, catalog=catalog(sandbox, folder, *names), state=state)


def truth(sandbox: Sandbox, name: str) -> list[dict[str, Any]]:
    library = sandbox.instance.library
    if name == "folders":
        return [{**one, "type": one["folderId"]["type"]} for one in library.records[name]]
    if name in library.records:
        return library.records[name]
    if name == "lead_describe":
        return described_fields(sandbox.world.fields)
    if name == "deleted_leads":
        return lists.deleted_leads(sandbox.instance)
    if name == "lead_changes":
        return [
            {"marketoGUID": str(100_000 + place), "leadId": lead_id, "activityDate": iso(at)}
            for place, (at, lead_id, _) in enumerate(sorted(sandbox.world.changes))
        ]
    parent, key, column = PARENTS[name]
    numbered = name == "program_costs"
    return [
        {**part, column: one[key], **({"position": place} if numbered else {})}
        for one in library.records[parent]
        for place, part in enumerate(library.parts(name, one[key]))
    ]


def assert_same(run: TapRun, sandbox: Sandbox, name: str, keys: tuple[str, ...]) -> None:
    def by_key(records: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
        return {tuple(one[key] for key in keys): one for one in records}

    got, expected = by_key(run.records(name)), by_key(truth(sandbox, name))
    assert got.keys() == expected.keys(), name
    for key, record in expected.items():
        for column, value in record.items():
            assert got[key][column] == value, (name, column)


COMPARED = [
    one for one in STREAMS if name_of(one) in PARENTS or name_of(one) in lists._ASSET_PATHS
] + [
    one
    for one in STREAMS
    if name_of(one)
    in {
        "campaigns",
        "landing_page_redirect_rules",
        "landing_page_domains",
        "segmentations",
        "lead_partitions",
        "custom_activity_types",
        "custom_object_types",
        "users",
        "roles",
        "workspaces",
        "deleted_leads",
        "lead_changes",
        "lead_describe",
    }
]


def test_a_sync_of_everything_delivers_what_the_instance_holds(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=4)
    sandbox.control.delete_leads(3)

    run = sync(sandbox, tmp_path, *NAMES)

    assert run.returncode == 0, run.log
    for stream in COMPARED:
        assert_same(run, sandbox, name_of(stream), stream.api_keys)
    for name in ("tokens", "static_list_memberships", "api_usage_daily", "program_member_fields"):
        assert run.records(name), name
    assert len(run.records("tokens")) == 2 * len(sandbox.instance.library.records["folders"])
    assert {one["folderType"] for one in run.records("tokens")} == {"Folder", "Program"}


def test_a_second_sync_moves_only_what_changed(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(assets=8)
    names = ("programs", "program_tags", "forms", "form_fields", "smart_lists")
    first = sync(sandbox, tmp_path, *names)
    sandbox.control.advance(3600 * 24)
    sandbox.instance.library.change("programs", 1)

    second = sync(sandbox, tmp_path, *names, state=first.state)

    # The record at the bookmark comes once more.
    assert {one["id"] for one in second.records("programs")} == {1, 8}
    assert {one["programId"] for one in second.records("program_tags")} == {1, 8}
    assert {one["id"] for one in second.records("forms")} == {8}
    assert {one["formId"] for one in second.records("form_fields")} == {8}
    assert {one["id"] for one in second.records("smart_lists")} == {8}


def test_a_child_selected_later_is_filled_from_all_parents(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=5)
    first = sync(sandbox, tmp_path, "programs")

    second = sync(sandbox, tmp_path, "programs", "program_tags", state=first.state)

    assert {one["programId"] for one in second.records("program_tags")} == {1, 2, 3, 4, 5}


def test_lists_of_many_pages_come_whole(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(assets=650)
    names = {"programs": 650, "campaigns": 650, "users": 650, "folders": 1300}

    run = sync(sandbox, tmp_path, *names)

    assert {name: len(run.records(name)) for name in names} == names


def test_an_error_on_a_later_page_fails_the_run(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=450)
    documents = catalog(sandbox, tmp_path, "programs")
    sandbox.control.fault(
        "error", "*/programs.json", skip=1, times=-1, code="1003", message="Invalid data"
    )

    run = run_tap(tmp_path, quick_config(sandbox), catalog=documents)

    assert run.returncode == 1
    assert "stream programs" in run.log
    assert not [one for one in run.messages if one["type"] == "STATE"]


@pytest.mark.parametrize("code", ["603", "616", "703", "1026"])
def test_a_stream_that_may_not_be_read_is_left_out(
    start_sandbox: StartSandbox, tmp_path: Path, code: str
) -> None:
    sandbox = start_sandbox(assets=3)
    documents = catalog(sandbox, tmp_path, "landing_page_domains", "channels")
    sandbox.control.fault(
        "error", "*/landingPageDomains.json", times=-1, code=code, message="Access denied"
    )

    run = run_tap(tmp_path, quick_config(sandbox), catalog=documents)
    strict = run_tap(tmp_path, quick_config(sandbox, require_all_streams=True), catalog=documents)

    assert run.returncode == 0, run.log
    assert run.log.count("Left out: landing_page_domains") == 1
    assert ("Read-Only Redirect Rules" in run.log) == (code == "603")
    assert len(run.records("channels")) == len(strict.records("channels")) == 3
    assert strict.returncode == 1


def test_a_gap_longer_than_marketo_keeps_deletions_is_warned_about(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=1)
    first = sync(sandbox, tmp_path, "deleted_leads")
    sandbox.control.advance(3600 * 24 * 10)
    soon = sync(sandbox, tmp_path, "deleted_leads", state=first.state)
    sandbox.control.advance(3600 * 24 * 15)
    late = sync(sandbox, tmp_path, "deleted_leads", state=soon.state)

    assert "may be missing" not in first.log + soon.log
    assert "may be missing" in late.log
