"""Names and bookmarks of REST streams: snake_case, lookback, workspaces, full tables."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tap_marketo.client import MarketoClient
from tests.support.rest_truth import assert_same, sync, truth
from tests.support.tap_runs import quick_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import StartSandbox


def test_columns_may_be_in_snake_case(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    start = datetime.now(timezone.utc) - timedelta(days=20)
    sandbox = start_sandbox(start=start, assets=2)
    names = (
        "programs",
        "program_tags",
        "emails_v2",
        "email_v2_content",
        "companies",
        "opportunities",
        "named_account_lists",
        "named_accounts",
        "named_account_list_members",
        "user_roles",
        "users",
    )

    how = {"field_names": "snake_case", "start_date": start.isoformat()}

    run = sync(sandbox, tmp_path, *names, **how)
    again = sync(sandbox, tmp_path, *names, **how, state=run.state)

    assert run.returncode == again.returncode == 0, run.log + again.log
    assert {"id", "updated_at", "sfdc_name"} <= run.records("programs")[0].keys()
    assert {"program_id", "tag_type"} <= run.records("program_tags")[0].keys()
    assert {"workspace_id", "modified_at", "app_data"} <= run.records("emails_v2")[0].keys()
    assert "sync_from_html" in run.records("email_v2_content")[0]
    assert {"external_company_id", "annual_revenue"} <= run.records("companies")[0].keys()
    assert {"marketo_guid", "is_won"} <= run.records("opportunities")[0].keys()
    members = run.records("named_account_list_members")
    assert members[0].keys() == {"named_account_list_id", "marketo_guid"}
    assert "were present in the" not in run.log


def test_a_lookback_reads_what_is_older_than_the_bookmark(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=6)
    names = ("programs", "forms", "fragments_v2")
    first = sync(sandbox, tmp_path, *names)

    plain = sync(sandbox, tmp_path, *names, state=first.state)
    wide = sync(sandbox, tmp_path, *names, state=first.state, lookback_seconds=400 * 86400)

    for name, at_bookmark in (("programs", 1), ("forms", 1), ("fragments_v2", 2)):
        assert len(plain.records(name)) == at_bookmark
        assert_same(wide, sandbox, name)


def test_each_workspace_goes_on_from_its_own_bookmark(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(assets=6)
    first = sync(sandbox, tmp_path, "fragments_v2", "fragment_v2_content")
    sandbox.control.advance(86400)
    sandbox.instance.library.change("fragments_v2", 1)

    second = sync(sandbox, tmp_path, "fragments_v2", "fragment_v2_content", state=first.state)

    expected = truth(sandbox, "fragments_v2")
    changed = {expected[0]["id"], expected[4]["id"], expected[5]["id"]}
    assert {record["id"] for record in second.records("fragments_v2")} == changed
    assert {record["id"] for record in second.records("fragment_v2_content")} == changed


def test_opportunities_change_without_their_leads(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    start = datetime.now(timezone.utc) - timedelta(days=40)
    sandbox = start_sandbox(start=start, assets=1)
    first = sync(sandbox, tmp_path, "opportunities", start_date=start.isoformat())
    sandbox.control.advance(3600)
    sandbox.instance.linked.records["opportunities"][0]["amount"] = 99.5

    second = sync(
        sandbox, tmp_path, "opportunities", start_date=start.isoformat(), state=first.state
    )

    assert_same(second, sandbox, "opportunities")
    assert second.records("opportunities")[0]["amount"] == 99.5


def test_linked_streams_share_one_export_and_the_answers_about_roles(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    start = datetime.now(timezone.utc) - timedelta(days=20)
    sandbox = start_sandbox(start=start, leads=700, assets=1)
    names = ("companies", "opportunities", "opportunity_roles", "sales_persons")

    run = sync(sandbox, tmp_path, *names, start_date=start.isoformat())

    for name in names:
        assert_same(run, sandbox, name)
    assert len(sandbox.jobs) == 1
    asked = [call.path.rpartition("/")[2] for call in sandbox.log if call.method == "GET"]
    assert asked.count("roles.json") == 3  # 700 leads, 300 a call
    assert asked.count("opportunities.json") == 1


def test_linked_streams_follow_leads_by_creation_where_no_other_filter_is(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    start = datetime.now(timezone.utc) - timedelta(days=40)
    sandbox = start_sandbox(start=start, assets=1, without_updated_at=("leads",))

    run = sync(sandbox, tmp_path, "companies", start_date=start.isoformat())

    assert run.returncode == 0, run.log
    assert "by createdAt instead" in run.log
    assert_same(run, sandbox, "companies")


def test_a_catalog_may_follow_changed_leads_alone(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    from tests.support.tap_runs import discover, run_tap, selected  # noqa: PLC0415

    start = datetime.now(timezone.utc) - timedelta(days=20)
    sandbox = start_sandbox(start=start, assets=1)
    document = selected(discover(sandbox, tmp_path), {"companies"})
    for stream in document["streams"]:
        if stream["tap_stream_id"] == "companies":
            stream["replication_method"] = "INCREMENTAL"
            stream["metadata"][0]["metadata"]["forced-replication-method"] = "INCREMENTAL"
    config = quick_config(sandbox, start_date=start.isoformat())
    first = run_tap(tmp_path, config, catalog=document)
    sandbox.control.advance(3600)

    second = run_tap(tmp_path, config, catalog=document, state=first.state)

    assert_same(first, sandbox, "companies")
    assert second.returncode == 0, second.log
    assert second.records("companies") == []


def test_a_question_too_long_for_a_url_is_sent_as_a_form(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(assets=1)
    company = sandbox.instance.linked.records["companies"][0]["externalCompanyId"]
    values = ",".join([company, *(f"{number:040}" for number in range(299))])
    client = MarketoClient(sandbox.base_url, sandbox.client_id, sandbox.client_secret)

    reply = client.get(
        "/rest/v1/companies.json", {"filterType": "externalCompanyId", "filterValues": values}
    )

    assert [record["externalCompanyId"] for record in reply.result] == [company]
    assert sandbox.log[-1].method == "POST"


def test_usage_has_a_row_for_each_day(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(assets=1)
    sync(sandbox, tmp_path, "lead_partitions")
    for _ in range(2):
        sandbox.control.advance(86400)
        sync(sandbox, tmp_path, "lead_partitions")

    run = sync(sandbox, tmp_path, "api_usage_daily", "api_errors_daily")

    days = [record["date"] for record in run.records("api_usage_daily")]
    assert len(days) == len(set(days)) == 3
    assert all(len(day) == 10 for day in days)
    assert len(run.records("api_errors_daily")) == 3
