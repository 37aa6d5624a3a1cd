"""Program members through the command line, compared with the sandbox."""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.tap_runs import TAP, own_environment, quick_config, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox
    from tests.support.tap_runs import TapRun

NAME = "program_members"
START = datetime.now(timezone.utc) - timedelta(days=20)
Members = dict[tuple[int, int], dict[str, Any]]


def config(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    return quick_config(sandbox, **{"start_date": START.isoformat(), **settings})


def sync(
    sandbox: Sandbox,
    folder: Path,
    catalog: dict[str, Any],
    state: dict[str, Any] | None = None,
    **settings: Any,
) -> TapRun:
    selected(catalog, {NAME})
    run = run_tap(folder, config(sandbox, **settings), catalog=catalog, state=state)
    assert run.returncode == 0, run.log
    return run


def by_key(records: list[dict[str, Any]]) -> Members:
    return {(one["programId"], one["leadId"]): one for one in records}


def loaded(*runs: TapRun) -> Members:
    return by_key([one for run in runs for one in run.records(NAME)])


def truth(sandbox: Sandbox) -> Members:
    return by_key(sandbox.instance.members.expected())


def filters(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [job.body["filter"] for job in sandbox.jobs if job.file]


@pytest.mark.parametrize(
    "dialect",
    [
        {"member_headers": "display"},
        {"member_headers": "display", "ignore_header_names": True},
        {"member_headers": "rest", "ignore_header_names": True},
    ],
)
def test_whatever_the_header_every_member_comes_with_its_values(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any], dialect: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START, **dialect)

    assert loaded(sync(sandbox, tmp_path, catalog)) == truth(sandbox)


def test_a_second_run_brings_what_changed_and_a_new_program_in_full(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START)
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.advance(3600)
    changed = {(program, lead) for program, lead in sandbox.control.change_members(7)}
    new = sandbox.control.add_program(5)
    sandbox.control.advance(60)

    second = sync(sandbox, tmp_path, catalog, first.state)

    assert loaded(first, second) == truth(sandbox)
    new_members = {key for key in truth(sandbox) if key[0] == new}
    assert len(new_members) == 5
    assert set(loaded(second)) == changed | new_members


def test_an_old_program_that_becomes_visible_is_exported_in_full(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START)
    sandbox.control.hide_program(2)
    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.show_program(2)
    sandbox.control.advance(3600)
    jobs = len(sandbox.jobs)

    second = sync(sandbox, tmp_path, catalog, first.state)

    assert 2 not in first.state["bookmarks"][NAME]["programs"]
    assert loaded(first, second) == truth(sandbox)
    assert [one["programIds"] for one in filters(sandbox)[jobs:] if len(one["programIds"]) == 1]
    assert second.state["bookmarks"][NAME]["programs"] == list(range(1, 13))


def test_ten_programs_share_a_job(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START, assets=23)

    sync(sandbox, tmp_path, catalog)

    assert {len(one["programIds"]) for one in filters(sandbox)} == {10, 3}
    assert len(filters(sandbox)) == 3


def test_members_older_than_the_creation_that_their_program_shows_come_too(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START)
    assert truth(sandbox)  # creates the members
    for program in sandbox.instance.library.records["programs"]:
        program["createdAt"] = f"{datetime.now(timezone.utc).isoformat()[:19]}Z"

    assert loaded(sync(sandbox, tmp_path, catalog)) == truth(sandbox)


def test_without_the_filter_all_members_are_exported_and_no_bookmark_moves(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START, without_updated_at=(NAME,))

    first = sync(sandbox, tmp_path, catalog)
    sandbox.control.change_members(3)
    second = sync(sandbox, tmp_path, catalog, first.state)

    assert first.log.count("Exporting all members of 12 programs instead") == 1
    assert len(first.records(NAME)) == len(second.records(NAME)) == len(truth(sandbox))
    assert loaded(second) == truth(sandbox)
    assert all(set(one) == {"programIds"} for one in filters(sandbox))
    assert "replication_key_value" not in first.state["bookmarks"][NAME]
    assert "export_jobs" not in second.state


@pytest.mark.parametrize("lacking", [(), (NAME,)], ids=["windows", "undated"])
def test_an_interrupted_run_is_continued_and_nothing_is_exported_twice(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any], lacking: tuple[str, ...]
) -> None:
    selected(catalog, {NAME})
    sandbox = start_sandbox(start=START, assets=45, job_seconds=0.1, without_updated_at=lacking)
    lines = interrupted(
        sandbox, tmp_path, catalog, after=sum(one < 11 for one, _ in truth(sandbox))
    )
    messages = [json.loads(line) for line in lines]
    state = [one["value"] for one in messages if one["type"] == "STATE"][-1]
    assert state["bookmarks"][NAME]["written"]

    run = run_tap(tmp_path, config(sandbox), catalog=catalog, state=state)

    assert run.returncode == 0, run.log
    before = [one["record"] for one in messages if one["type"] == "RECORD"]
    assert by_key([*before, *run.records(NAME)]) == truth(sandbox)
    exported = [json.dumps(one) for one in filters(sandbox)]
    assert len(exported) == len(set(exported))
    assert "export_jobs" not in run.state
    assert "taken over from an earlier run" in run.log


def interrupted(sandbox: Sandbox, folder: Path, catalog: dict[str, Any], after: int) -> list[bytes]:
    """The output lines of a run that is ended in its second file."""
    for name, content in (("config", config(sandbox)), ("catalog", catalog)):
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    process = subprocess.Popen(
        [TAP, "--config", folder / "config.json", "--catalog", folder / "catalog.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=own_environment(),
    )
    assert process.stdout
    lines, records = [], 0
    for line in process.stdout:
        lines.append(line)
        records += b'"RECORD"' in line
        if records == after + 1:
            process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    return lines


def test_a_program_that_goes_while_the_run_goes_on_stops_nothing(
    start_sandbox: StartSandbox,
    tmp_path: Path,
    catalog: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    selected(catalog, {NAME})
    sandbox = start_sandbox(start=START)
    everybody, gone = truth(sandbox), (3, 11, 12)
    # They are deleted after the programs are listed and before the first job is created.
    ask = sandbox.instance.members.check

    def go_first(fields: list[str], filters: dict[str, Any]) -> None:
        if not went:
            went.extend(gone)
            for number in gone:
                sandbox.control.delete_program(number)
        ask(fields, filters)

    went: list[int] = []
    monkeypatch.setattr(sandbox.instance.members, "check", go_first)

    run = run_tap(tmp_path, config(sandbox), catalog=catalog)

    assert run.returncode == 0, run.log
    assert loaded(run) == {key: one for key, one in everybody.items() if key[0] not in gone}
    assert "Programs that are gone are left out" in run.log
    assert run.state["bookmarks"][NAME]["replication_key_value"]


@pytest.mark.parametrize("permission", ["Read-Only Asset", "Read-Only Lead"])
def test_without_permission_it_is_left_out(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any], permission: str
) -> None:
    selected(catalog, {NAME, "activity_types"})
    sandbox = start_sandbox(start=START)
    sandbox.control.deny(permission)

    run = run_tap(tmp_path, config(sandbox), catalog=catalog)

    assert run.returncode == 1
    assert run.log.count(f"Skipped stream {NAME}") == 1
    assert "Read-Only Lead and Read-Only Asset" in run.log
    assert run.records("activity_types")


def test_a_field_deleted_since_discovery_stays_empty(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    selected(catalog, {NAME})
    sandbox = start_sandbox(start=START)
    del sandbox.instance.members.fields["seatNumber__c"]

    run = run_tap(tmp_path, config(sandbox), catalog=catalog)

    assert run.returncode == 0, run.log
    assert set(loaded(run)) == set(truth(sandbox))
    assert "seatNumber__c" in run.log


def test_nobody_pays_for_a_stream_that_is_not_selected(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    selected(catalog, {"activity_types"})
    sandbox = start_sandbox(start=START)
    before = len(sandbox.log)

    run_tap(tmp_path, config(sandbox), catalog=catalog)

    paths = [call.path for call in sandbox.log[before:]]
    assert not [one for one in paths if "members" in one or "customobjects" in one]
