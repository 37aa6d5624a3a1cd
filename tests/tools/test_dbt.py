"""The views of `dbt/`, read as the models of a dbt package for Marketo read their sources."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from marketo_sandbox import Sandbox, SandboxOptions
from marketo_sandbox.fields import described_fields
from tap_marketo.values.names import slug, snake_case
from tests.conftest import QUICK
from tests.support import postgres
from tests.support.dbt_warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tools.conftest import ToolEnvironment

# dbt-core 1.12 takes a part that is not on the package index.
DBT = ("dbt-core==1.11.16", "dbt-duckdb==1.11.1", "dbt-postgres==1.11.0", "duckdb==1.2.2")
VIEWS = "marketo_views"
ACTIVITY = (
    "id lead_id activity_date activity_type_id campaign_id primary_attribute_value"
    " primary_attribute_value_id"
)
MAIL = f"{ACTIVITY} campaign_run_id choice_number step_id test_variant email_template_id"
# Every column that the package reads, by table.
TABLES = {
    "lead": "id created_at updated_at email first_name last_name phone main_phone mobile_phone"
    " company inferred_company address_lead address city state state_code country country_code"
    " postal_code billing_street billing_city billing_state billing_state_code billing_country"
    " billing_country_code billing_postal_code inferred_city inferred_state_region"
    " inferred_country inferred_postal_code inferred_phone_area_code anonymous_ip unsubscribed"
    " email_invalid do_not_call _fivetran_deleted",
    "lead_describe": "id data_type display_name length restname restread_only soapname"
    " soapread_only",
    "campaign": "id name description type status active program_id created_at updated_at"
    " workspace_name computed_url flow_id folder_id folder_type is_system is_requestable"
    " is_communication_limit_enabled max_members smart_list_id qualification_rule_type"
    " qualification_rule_interval qualification_rule_unit recurrence_start_at recurrence_end_at"
    " recurrence_interval_type recurrence_interval recurrence_weekday_only"
    " recurrence_day_of_month recurrence_day_of_week recurrence_week_of_month _fivetran_deleted",
    "program": "id name channel description status type url workspace sfdc_id sfdc_name"
    " start_date end_date created_at updated_at _fivetran_deleted",
    "email_template_history": "id name description subject from_name from_email reply_email"
    " template status url version workspace program_id folder_id folder_type folder_value"
    " folder_folder_name operational publish_to_msi text_only web_view created_at updated_at",
    "activity_send_email": MAIL,
    "activity_email_delivered": MAIL,
    "activity_email_bounced": f"{MAIL} category subcategory details email",
    "activity_open_email": f"{MAIL} device platform user_agent is_mobile_device",
    "activity_click_email": f"{MAIL} device platform user_agent is_mobile_device link link_id",
    "activity_unsubscribe_email": f"{ACTIVITY} campaign_run_id test_variant email_template_id"
    " client_ip_address form_fields query_parameters referrer_url user_agent webform_id"
    " webpage_id",
    "activity_change_data_value": f"{ACTIVITY} api_method_name modifying_user new_value old_value"
    " reason request_id source action_result",
    "activity_delete_lead": f"{ACTIVITY} campaign",
    "activity_merge_leads": f"{ACTIVITY} master_updated merge_ids merge_source merged_in_sales",
}
STREAMS = {
    "leads",
    "lead_describe",
    "deleted_leads",
    "campaigns",
    "smart_campaigns",
    "programs",
    "emails",
    *(name for name in TABLES if name.startswith("activity_")),
} - {"activity_delete_lead"}
HISTORY = ("lead_score", "region__c", "region_c", "account_score_c", "anonymous_i_p")


def reading_models() -> dict[str, str]:
    """Each table's columns by name, as a package lists them, and the rule of the lead history."""
    tables = [{"name": name} for name in TABLES]
    sources = {"sources": [{"name": "marketo", "schema": VIEWS, "tables": tables}]}
    models = {"sources.yml": json.dumps(sources)}
    for name, columns in TABLES.items():
        listed = ", ".join([*columns.split(), "_fivetran_synced"])
        models[f"read_{name}.sql"] = f"select {listed} from {{{{ source('marketo', '{name}') }}}}"
    models["read_history.sql"] = (
        "select change.id, change.lead_id, change.old_value, field.restname"
        " from {{ source('marketo', 'activity_change_data_value') }} as change"
        " join {{ source('marketo', 'lead_describe') }} as field"
        " on change.primary_attribute_value_id = field.id"
    )
    models["read_lead_history.sql"] = (
        f"select id, {', '.join(HISTORY)} from {{{{ source('marketo', 'lead') }}}}"
    )
    return models


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgres.server() as port:
        yield port


@pytest.mark.timeout(900)  # dbt starts nine times, after it was installed
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_the_views_hold_what_the_instance_holds(
    kind: str, port: int, tmp_path: Path, tool_environment: ToolEnvironment
) -> None:
    dbt = tool_environment("dbt", *DBT)
    warehouse = Warehouse(kind, tmp_path, dbt, port, reading_models())
    with Sandbox(SandboxOptions(**QUICK)) as sandbox:
        warehouse.load(sandbox, STREAMS)
        warehouse.build()
        alive = sandbox.world.expected_leads()
        assert_same(warehouse.rows("lead"), leads(alive, set()), "lead")
        emails = versions(sandbox)

        sandbox.control.advance(3600)
        gone = set(sandbox.control.delete_leads(3))
        sandbox.instance.library.change("emails", 2)
        warehouse.load(sandbox, STREAMS)
        warehouse.build()

        assert_same(warehouse.rows("lead"), leads(alive, gone), "lead")
        assert_same(warehouse.rows("lead_describe"), fields(sandbox), "lead_describe")
        assert_same(warehouse.rows("campaign"), campaigns(sandbox), "campaign")
        programs = [
            {**snaked(one), "_fivetran_deleted": False}
            for one in sandbox.instance.library.records["programs"]
        ]
        assert_same(warehouse.rows("program"), programs, "program")
        changed = [one for one in versions(sandbox) if one not in emails]
        assert len(changed) == 2
        assert_same(
            warehouse.rows("email_template_history"),
            emails + changed,
            "email_template_history",
            "id",
            "updated_at",
        )
        for name in TABLES:
            if name.startswith("activity_"):
                assert_same(warehouse.rows(name), activities(sandbox, name), name)
                assert all(row["_fivetran_synced"] for row in warehouse.rows(name))
        assert_history(warehouse, sandbox, alive)

        # A stream that is not selected leaves an empty view behind, not an error.
        for table in ("campaigns", "activity_merge_leads", "deleted_leads", "lead_describe"):
            warehouse.execute(f"drop table marketo.{table} cascade")
        (warehouse.reader / "models" / "read_lead_history.sql").unlink()
        # As `capture_deletes` marks a lead, without the stream of deletions.
        marked = alive[-1]["id"]
        warehouse.execute(
            f"update marketo.leads set _sdc_deleted_at = '2026-01-31 12:00:00' where id = {marked}"
        )
        warehouse.build()
        assert warehouse.rows("activity_merge_leads") == []
        assert {row["id"] for row in warehouse.rows("lead") if row["_fivetran_deleted"]} == {marked}

        # Columns under Marketo's own names would be null, all of them.
        warehouse.execute("drop table marketo.programs cascade")
        warehouse.execute('create table marketo.programs (id bigint, "createdAt" timestamp)')
        done = warehouse.try_dbt("build", "--select", "program")
        assert done.returncode != 0
        assert "field_names: snake_case" in done.stdout


def assert_same(
    rows: list[dict[str, Any]], truth: list[dict[str, Any]], table: str, *keys: str
) -> None:
    """Every listed column of every row, null where the instance has no such field."""

    def by_key(records: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
        return {tuple(str(one[key]) for key in keys or ("id",)): one for one in records}

    assert len(rows) == len(truth), table
    found, expected = by_key(rows), by_key(truth)
    assert found.keys() == expected.keys(), table
    for key, row in found.items():
        for column in TABLES[table].split():
            wanted = expected[key].get(column)
            assert row[column] == (None if wanted == "" else wanted), (table, key, column)


def assert_history(warehouse: Warehouse, sandbox: Sandbox, alive: list[dict[str, Any]]) -> None:
    """A change finds its field, and the field its column of leads, by the package's own rule."""
    history = {row["id"]: row for row in warehouse.rows("history")}
    names = {one["id"]: one["rest"]["name"] for one in described_fields(sandbox.world.fields)[:-1]}
    changes = activities(sandbox, "activity_change_data_value")
    assert history.keys() == {one["id"] for one in changes}
    for one in changes:
        assert history[one["id"]]["restname"] == names[one["primary_attribute_value_id"]]
        assert history[one["id"]]["old_value"] == one.get("old_value")
    assert column_by_rule("anonymousIP") == "anonymous_i_p"
    assert column_by_rule("Region__c") == "region__c"
    columns = {row["id"]: row for row in warehouse.rows("lead_history")}
    for lead in alive:
        row = columns[lead["id"]]
        assert row["region__c"] == row["region_c"] == lead["Region__c"]
        assert row["account_score_c"] == lead["Account_Score__c"]
        assert row["anonymous_i_p"] == lead["anonymousIP"]
        assert row["lead_score"] == lead["leadScore"]


def column_by_rule(name: str) -> str:
    return name.lower() if "__c" in name else re.sub("[A-Z]", r"_\g<0>", name).lower().lstrip("_")


def snaked(record: dict[str, Any]) -> dict[str, Any]:
    return {snake_case(name): value for name, value in record.items()}


def leads(alive: list[dict[str, Any]], gone: set[int]) -> list[dict[str, Any]]:
    return [{**snaked(lead), "_fivetran_deleted": lead["id"] in gone} for lead in alive]


def fields(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        {
            **snaked(one),
            "restname": one.get("rest", {}).get("name"),
            "restread_only": one.get("rest", {}).get("readOnly"),
            "soapname": one["soap"]["name"],
            "soapread_only": one["soap"]["readOnly"],
        }
        for one in described_fields(sandbox.world.fields)
    ]


def campaigns(sandbox: Sandbox) -> list[dict[str, Any]]:
    records = sandbox.instance.library.records
    listed = {one["id"]: one for one in records["campaigns"]}
    return [
        {
            **snaked(one),
            "active": listed[one["id"]]["active"],
            "program_id": listed[one["id"]]["programId"],
            "workspace_name": listed[one["id"]]["workspaceName"],
            "folder_id": one["folder"]["value"],
            "folder_type": one["folder"]["type"],
            "recurrence_start_at": one["recurrence"]["startAt"],
            "recurrence_interval_type": one["recurrence"]["intervalType"],
            "recurrence_interval": one["recurrence"]["interval"],
            "_fivetran_deleted": False,
        }
        for one in records["smart_campaigns"]
    ]


def versions(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        {
            **snaked(one),
            **{
                name: one[source]["value"]
                for name, source in (
                    ("subject", "subject"),
                    ("from_name", "fromName"),
                    ("from_email", "fromEmail"),
                    ("reply_email", "replyEmail"),
                    ("folder_id", "folder"),
                    ("folder_value", "folder"),
                )
            },
            "publish_to_msi": one["publishToMSI"],
            "folder_type": one["folder"]["type"],
            "folder_folder_name": one["folder"]["folderName"],
        }
        for one in sandbox.instance.library.records["emails"]
    ]


def activities(sandbox: Sandbox, table: str) -> list[dict[str, Any]]:
    if table == "activity_delete_lead":
        return [
            {
                **snaked(one),
                "id": one["marketoGUID"],
                "campaign": next(
                    each["value"] for each in one["attributes"] if each["name"] == "Campaign"
                ),
            }
            for one in sandbox.instance.truth()["deleted_leads"]()
        ]
    (type_id,) = (
        one["id"] for one in sandbox.world.types if f"activity_{slug(one['name'])}" == table
    )
    return [
        {
            **snaked(one),
            **{slug(name): as_text(value) for name, value in one["attributes"].items()},
            "id": one["marketoGUID"],
            "email_template_id": one["primaryAttributeValueId"],
        }
        for one in sandbox.world.expected_activities()
        if one["activityTypeId"] == type_id
    ]


def as_text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value
