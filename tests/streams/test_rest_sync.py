"""Every REST stream through the command line, compared with the sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tap_marketo.streams.lists.catalog import GROUPS, name_of
from tests.support.rest_truth import assert_same, rest_config, sync
from tests.support.tap_runs import discover, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import StartSandbox

# They contain the calls of the run itself.
COUNTERS = {"api_usage_daily", "api_errors_daily"}


@pytest.mark.parametrize("group", GROUPS)
def test_a_sync_of_everything_delivers_what_the_instance_holds(
    start_sandbox: StartSandbox, tmp_path: Path, group: str
) -> None:
    start = datetime.now(timezone.utc) - timedelta(days=40)
    sandbox = start_sandbox(assets=2, start=start)
    sandbox.control.delete_leads(3)
    names = {name_of(stream) for stream in GROUPS[group]} - COUNTERS

    run = sync(sandbox, tmp_path, *names, start_date=start.isoformat())

    assert run.returncode == 0, run.log
    for name in names:
        assert_same(run, sandbox, name)


def test_what_leads_of_many_windows_share_is_read_and_written_once(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(leads=200)

    run = sync(sandbox, tmp_path, "companies", "sales_persons", start_date="2025-11-01")

    assert len(sandbox.jobs) > 10
    assert_same(run, sandbox, "sales_persons")
    for name in ("companies", "sales_persons"):
        ids = [record["id"] for record in run.records(name)]
        assert len(ids) == len(set(ids))
    asked = [call for call in sandbox.log if call.path == "/rest/v1/salespersons.json"]
    assert len(asked) < 3


def test_a_second_sync_moves_only_what_changed(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(assets=8)
    names = ("programs", "program_tags", "forms", "form_fields", "smart_lists")
    first = sync(sandbox, tmp_path, *names)
    sandbox.control.advance(3600 * 24)
    sandbox.instance.library.change("programs", 1)

    second = sync(sandbox, tmp_path, *names, state=first.state)

    # The record at the bookmark is read again.
    assert {program["id"] for program in second.records("programs")} == {1, 8}
    assert {record["programId"] for record in second.records("program_tags")} == {1, 8}
    assert {record["id"] for record in second.records("forms")} == {8}
    assert {record["formId"] for record in second.records("form_fields")} == {8}
    assert {record["id"] for record in second.records("smart_lists")} == {8}


def test_a_child_selected_later_is_filled_from_all_parents(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=5)
    first = sync(sandbox, tmp_path, "programs")

    second = sync(sandbox, tmp_path, "programs", "program_tags", state=first.state)

    assert {record["programId"] for record in second.records("program_tags")} == {1, 2, 3, 4, 5}


def test_lists_of_many_pages_come_whole(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(assets=650)
    # Short pages, repeated records, an empty first page: see `rough.PAGED`.
    names = ("programs", "campaigns", "users", "folders", "emails", "forms", "snippets")

    run = sync(sandbox, tmp_path, *names)

    for name in names:
        assert_same(run, sandbox, name)


def test_pages_by_index_may_be_short_or_empty(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(assets=230)

    run = sync(sandbox, tmp_path, "emails_v2", "fragments_v2")

    assert_same(run, sandbox, "emails_v2")
    assert_same(run, sandbox, "fragments_v2")


def test_an_error_on_a_later_page_fails_the_run(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=450)
    documents = selected(discover(sandbox, tmp_path), {"programs"})
    sandbox.control.fault(
        "error", "*/programs.json", skip=1, times=-1, code="1003", message="Invalid data"
    )

    run = run_tap(tmp_path, rest_config(sandbox), catalog=documents)

    assert run.returncode == 1
    assert "stream programs" in run.log
    assert not [message for message in run.messages if message["type"] == "STATE"]


@pytest.mark.parametrize("code", ["603", "616", "703", "1026"])
def test_a_stream_that_may_not_be_read_is_left_out(
    start_sandbox: StartSandbox, tmp_path: Path, code: str
) -> None:
    sandbox = start_sandbox(assets=3)
    documents = selected(discover(sandbox, tmp_path), {"landing_page_domains", "channels"})
    sandbox.control.fault(
        "error", "*/landingPageDomains.json", times=-1, code=code, message="Access denied"
    )

    run = run_tap(tmp_path, rest_config(sandbox), catalog=documents)
    strict = run_tap(tmp_path, rest_config(sandbox, require_all_streams=True), catalog=documents)

    assert run.returncode == 1
    assert run.log.count("Skipped stream landing_page_domains") == 1
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
