"""Missing permissions, missing features, deleted parents, an interrupted run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tap_marketo.client.errors import DailyCallsSpentError, ResponseError, UnavailableError
from tap_marketo.streams.lists.base import in_words
from tap_marketo.streams.lists.catalog import STREAMS, name_of
from tap_marketo.tap import TapMarketo
from tests.support.rest_truth import assert_same, rest_config, sync
from tests.support.tap_runs import discover, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

LISTS = {name_of(one): one for one in STREAMS if one.parent_stream_type is None}
# The route of the sandbox needs the last permission of the stream.
NEEDED = {
    "Read-Only Company and Read-Only Lead": "Read-Only Company",
    "Read-Only Sales Person and Read-Only Lead": "Read-Only Sales Person",
    "Read-Only Opportunity and Read-Only Lead": "Read-Only Opportunity",
    "Read-Only Assets, Access Design Studio and Access Email": "Access Email",
    "Read-Only Assets, Access Design Studio and Access Email Template": "Access Email Template",
    "Read-Only Assets, Access Design Studio and Access Snippet": "Access Snippet",
    "Access User Management Api and Access Users": "Access User Management Api",
}
# Without these, leads or activities cannot be read either, which is an error.
VITAL = {"Read-Only Lead", "Read-Only Activity"}


def test_each_missing_permission_is_named_once_for_each_stream(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    denied = {
        name: in_words(one.permissions)
        for name, one in LISTS.items()
        if not VITAL.issuperset(one.permissions)
    }
    denied.pop("export_jobs")  # the jobs of leads can still be read
    sandbox = start_sandbox(assets=1)
    document = selected(discover(sandbox, tmp_path), {*denied, "lead_partitions"})
    sandbox.control.deny(*(NEEDED.get(one, one) for one in denied.values()))

    run = run_tap(tmp_path, rest_config(sandbox), catalog=document)
    strict = run_tap(tmp_path, rest_config(sandbox, require_all_streams=True), catalog=document)

    assert run.returncode == 1
    assert len(run.records("lead_partitions")) == 1
    skipped = re.findall(r"Skipped stream (\w+): .*permissions? (.+?) to read", run.log)
    assert sorted(skipped) == sorted(denied.items())
    assert strict.returncode == 1
    assert "Selected streams that could not be read" in strict.log


def test_a_described_object_that_is_missing_at_discovery_is_not_offered(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=1)
    sandbox.control.deny("Read-Only Company")
    sandbox.control.fault("error", "*/salespersons/describe.json", times=-1, code="1026")

    run = run_tap(tmp_path, rest_config(sandbox), "--discover")

    assert run.returncode == 0
    assert (
        run.log.count("Skipped stream companies")
        == run.log.count("Skipped stream sales_persons")
        == 1
    )
    assert "Read-Only Company" in run.log
    assert "Read-Only Sales Person" not in run.log  # 1026 does not mean a missing permission
    assert '"companies"' not in run.output
    assert '"opportunities"' in run.output


def test_a_permission_taken_away_meanwhile_stops_one_of_the_linked_streams_alone(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=1)
    sandbox.control.fault("error", "*/companies.json", times=-1, code="603")

    run = sync(sandbox, tmp_path, "companies", "sales_persons")

    assert run.returncode == 1
    assert run.log.count("Skipped stream companies") == 1
    assert not run.records("companies")
    assert_same(run, sandbox, "sales_persons")


def test_without_the_list_of_workspaces_the_first_is_read(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=6)
    sandbox.control.deny("Access User Management Api")

    run = sync(sandbox, tmp_path, "fragments_v2", "email_templates_v2")

    assert run.returncode == 0, run.log
    assert run.log.count("workspace 1 (Default) alone") == 1
    assert {one["workspaceId"] for one in run.records("fragments_v2")} == {"1"}
    assert len(run.records("fragments_v2")) == 3


def test_a_stream_closed_in_each_workspace_is_told_of_once(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=4)
    sandbox.control.deny("Access Snippet")

    run = sync(sandbox, tmp_path, "fragments_v2", "email_templates_v2")

    assert run.log.count("Skipped stream fragments_v2") == 1
    assert len(run.records("email_templates_v2")) == 4


def test_the_first_parent_may_be_deleted(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(assets=3)
    sandbox.control.fault("error", "*/form/1/fields.json", code="1013")

    run = sync(sandbox, tmp_path, "forms", "form_fields")

    assert run.returncode == 0, run.log
    assert {one["formId"] for one in run.records("form_fields")} == {2, 3}


@pytest.mark.parametrize("code", ["1013", "610", "702", "709"])
def test_a_parent_deleted_meanwhile_costs_its_own_parts_alone(
    start_sandbox: StartSandbox, tmp_path: Path, code: str
) -> None:
    sandbox = start_sandbox(assets=4)
    sandbox.control.fault("error", "*/form/2/fields.json", code=code)

    run = sync(sandbox, tmp_path, "forms", "form_fields")

    assert run.returncode == 0, run.log
    assert len(run.records("forms")) == 4
    assert {one["formId"] for one in run.records("form_fields")} == {1, 3, 4}


def test_parts_that_broke_off_come_whole_in_the_next_run(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=5)
    names = ("forms", "form_fields", "fragments_v2", "fragment_v2_content")
    whole = sync(sandbox, tmp_path, *names)
    sandbox.control.advance(3600)
    for name in ("forms", "fragments_v2"):
        sandbox.instance.library.change(name, 5)
    sandbox.control.fault("error", "*/form/4/fields.json", times=1, code="1003")

    broken = sync(sandbox, tmp_path, *names, state=whole.state)
    states = [one["value"] for one in broken.messages if one["type"] == "STATE"]
    again = sync(sandbox, tmp_path, *names, state=(states or [whole.state])[-1])

    assert broken.returncode == 1
    assert "stream form_fields" in broken.log
    assert again.returncode == 0
    for name in names:
        assert_same(again, sandbox, name)


def test_a_stream_that_ends_early_keeps_its_bookmark(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=450)
    first = sync(sandbox, tmp_path, "landing_pages")
    sandbox.control.advance(3600)
    sandbox.instance.library.change("landing_pages", 450)
    sandbox.control.fault("error", "*/landingPages.json", skip=1, times=1, code="607")

    broken = sync(sandbox, tmp_path, "landing_pages", state=first.state)
    again = sync(sandbox, tmp_path, "landing_pages", state=broken.state)

    assert broken.returncode == 1
    assert_same(again, sandbox, "landing_pages")


def test_a_list_that_fails_stops_no_other_stream_and_comes_whole_in_the_next_run(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=450)
    names = ("campaigns", "landing_pages", "leads", "snippets")
    first = sync(sandbox, tmp_path, *names)
    sandbox.control.advance(3600)
    sandbox.instance.library.change("landing_pages", 450)
    sandbox.instance.library.change("snippets", 450)
    leads = sandbox.control.change_leads(5)
    sandbox.control.advance(60)
    sandbox.control.fault("error", "*/landingPages.json", skip=1, times=1, code="1003")

    broken = sync(sandbox, tmp_path, *names, state=first.state)
    again = sync(sandbox, tmp_path, *names, state=broken.state)

    assert broken.returncode == 1
    assert "Failed streams: landing_pages." in broken.log
    assert_same(broken, sandbox, "snippets")
    assert {one["id"] for one in broken.records("leads")} == set(leads)
    assert again.returncode == 0, again.log
    assert_same(again, sandbox, "landing_pages")


def test_only_what_concerns_all_ends_the_run(sandbox: Sandbox) -> None:
    outcome = TapMarketo(config=rest_config(sandbox)).outcome

    outcome.stream_failed("files", UnavailableError("HTTP status 503"))
    outcome.stream_failed("forms", ResponseError("Invalid data", code="1003"))
    outcome.stream_failed("programs", UnavailableError("HTTP status 503"))
    outcome.stream_failed("snippets", KeyError("whatever"))
    with pytest.raises(DailyCallsSpentError):
        outcome.stream_failed("emails", DailyCallsSpentError("Daily quota reached", code="607"))

    assert list(outcome.failed) == ["files", "forms", "programs", "snippets"]
    assert outcome.end({"files"}, stops=False) == 1


def test_a_shape_that_nobody_expected_fails_its_own_stream_alone(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=3)
    names = ("programs", "program_tags", "channels", "forms")
    odd = {"success": True, "result": [{"id": {"odd": 1}, "tags": 5}], "requestId": "a1"}
    sandbox.control.fault("body", "*/program/*", times=-1, body=odd)

    run = sync(sandbox, tmp_path, *names)

    assert run.returncode == 1
    assert "Stream program_tags failed" in run.log
    assert "Traceback" not in run.log
    assert len(run.records("channels")) == len(run.records("forms")) == 3
    assert len(run.records("programs")) == 3
