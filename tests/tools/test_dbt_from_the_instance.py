"""Numbers from tap, loader and dbt, compared with the instance."""

from __future__ import annotations

import json
import subprocess
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from marketo_sandbox import Sandbox, SandboxOptions
from tap_marketo.values.names import snake_case
from tests.conftest import QUICK
from tests.support import postgres
from tests.support.dbt_warehouse import DBT, Warehouse
from tests.support.tap_runs import discover, own_environment, quick_config, run_tap, selected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tools.conftest import ToolEnvironment

ROOT = Path(__file__).resolve().parents[2]
MAIL = {
    "sends": ("activity_send_email", 6),
    "deliveries": ("activity_email_delivered", 7),
    "bounces": ("activity_email_bounced", 8),
    "unsubscribes": ("activity_unsubscribe_email", 9),
    "opens": ("activity_open_email", 10),
    "clicks": ("activity_click_email", 11),
}
STREAMS = {
    "leads",
    "lead_describe",
    "deleted_leads",
    "smart_campaigns",
    "campaigns",
    "programs",
    "emails",
    "activity_change_data_value",
    "activity_merge_leads",
    *(stream for stream, _ in MAIL.values()),
}
HISTORY = {
    "lead_status": "leadStatus",
    "title": "title",
    "city": "city",
    "region_c": "Region__c",
    "department": "department",
    "industry": "industry",
    "lead_source": "leadSource",
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with postgres.server() as port:
        yield port


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_numbers_are_those_of_the_instance(
    kind: str, port: int, tmp_path: Path, tool_environment: ToolEnvironment
) -> None:
    programs = tool_environment("dbt-2.0.1", *DBT, "duckdb==2.0.1")
    warehouse = Warehouse(kind, tmp_path, programs, port, list(HISTORY))
    world = SandboxOptions(**{**QUICK, "leads": 60, "activities": 1500})
    with Sandbox(world) as sandbox:
        catalog = selected(
            discover(sandbox, tmp_path, field_names="snake_case", capture_deletes=True), STREAMS
        )
        state = load(sandbox, warehouse, catalog, None)
        sandbox.control.advance(3600)
        gone, back = sandbox.control.delete_leads(2)
        sandbox.control.advance(60)
        state = load(sandbox, warehouse, catalog, state)
        sandbox.control.advance(3600)
        sandbox.control.restore_leads(back)
        winner, *losers = sorted(sandbox.world.leads)[5:8]
        sandbox.control.merge_leads(winner, *losers)
        sandbox.control.change_leads(10)
        sandbox.control.advance(60)
        load(sandbox, warehouse, catalog, state)

        today = sandbox.instance.clock.now().date() + timedelta(days=1)
        warehouse.today = str(today)
        warehouse.dbt("deps")
        warehouse.dbt("build", "--select", "package:tap_marketo")
        warehouse.dbt("build", "--select", "package:marketo")

        truth = {name: list(read()) for name, read in sandbox.instance.truth().items()}
        leads = {row["id"]: row for row in warehouse.read("marketo__leads")}
        alive = {row["id"] for row in leads.values() if not row["is_deleted"]}
        assert alive == {lead["id"] for lead in truth["leads"]}
        assert leads.keys() - alive == {gone, *losers}
        assert_mail(warehouse, truth)
        assert_history(warehouse, truth, today)


def load(
    sandbox: Sandbox,
    warehouse: Warehouse,
    catalog: dict[str, Any],
    state: dict[str, Any] | None,
) -> dict[str, Any] | None:
    """Run the tap and the loader, and return the state."""
    config = quick_config(sandbox, field_names="snake_case", capture_deletes=True)
    run = run_tap(warehouse.folder, config, catalog=catalog, state=state)
    assert run.returncode == 0, run.log
    if warehouse.kind == "duckdb":
        target = ROOT / ".venv" / "bin" / "target-marketo-duckdb"
        settings = {
            "filepath": str(warehouse.folder / "warehouse.duckdb"),
            "default_target_schema": "marketo",
            "add_record_metadata": True,
        }
    else:
        loader = ROOT / ".meltano" / "loaders" / "target-postgres"
        target = loader / "venv" / "bin" / "target-postgres"
        settings = {
            "host": "127.0.0.1",
            "port": warehouse.port,
            "user": postgres.USER,
            "password": "unused",
            "database": postgres.DATABASE,
            "default_target_schema": "marketo",
        }
    (warehouse.folder / "target.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [target, "--config", warehouse.folder / "target.json"],
        input=run.output.encode(),
        env=own_environment(),
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return run.state


def assert_mail(warehouse: Warehouse, truth: dict[str, list[dict[str, Any]]]) -> None:
    """Compare the numbers: a send counts once for each campaign run, email and lead."""
    program_of = {one["id"]: one["programId"] for one in truth["campaigns"]}
    found: dict[str, dict[Any, Counter[str]]] = {
        name: defaultdict(Counter) for name in ("email_templates", "campaigns", "programs")
    }
    sent = set()
    activities = sorted(truth["activities"], key=lambda one: one["activityTypeId"] != 6)
    for activity in activities:
        for metric, (_, kind) in MAIL.items():
            if activity["activityTypeId"] != kind:
                continue
            email, campaign = activity["primaryAttributeValueId"], activity["campaignId"]
            key = (email, campaign, activity["attributes"]["Campaign Run ID"], activity["leadId"])
            if (metric == "sends") == (key in sent):
                continue  # sent again, or the send is too old to be read
            sent.add(key)
            found["email_templates"][email][metric] += 1
            found["campaigns"][campaign][metric] += 1
            if program_of[campaign] is not None:
                found["programs"][program_of[campaign]][metric] += 1
    assert sent
    for model, counts in found.items():
        rows = {row["id"]: row for row in warehouse.read(f"marketo__{model}")}
        assert counts.keys() <= rows.keys()
        for number, row in rows.items():
            expected = {metric: counts[number][metric] for metric in MAIL}
            assert {metric: row[metric] for metric in MAIL} == expected, (model, number)


def assert_history(
    warehouse: Warehouse, truth: dict[str, list[dict[str, Any]]], today: date
) -> None:
    """Compute the history forward from new values; the models go backward from old ones."""
    names = {
        record["id"]: record["rest"]["name"]
        for record in truth["lead_describe"]
        if "rest" in record
    }
    changes: dict[tuple[int, str], list[tuple[str, Any, Any]]] = defaultdict(list)
    for activity in sorted(truth["activities"], key=lambda one: str(one["activityDate"])):
        if activity["activityTypeId"] == 13:
            values = activity["attributes"]
            changes[activity["leadId"], names[activity["primaryAttributeValueId"]]].append(
                (activity["activityDate"], values.get("Old Value"), values.get("New Value"))
            )
    assert {snake_case(name).replace("__c", "_c") for _, name in changes} <= HISTORY.keys()
    rows = warehouse.read("marketo__lead_history", ["lead_id", "day", *HISTORY])
    wrong, cells = [], 0
    found = {(row["lead_id"], row["day"]): row for row in rows}
    for lead in truth["leads"]:
        day = date.fromisoformat(lead["createdAt"][:10])
        while day <= today:
            for column, name in HISTORY.items():
                expected = lead[name]
                for at, old, new in reversed(changes[lead["id"], name]):
                    if at[:10] <= str(day):
                        expected = new
                        break
                    expected = old
                cells += 1
                if (found[lead["id"], str(day)][column] or None) != (expected or None):
                    wrong.append((lead["id"], str(day), name))
            day += timedelta(days=1)
    assert cells > 10_000
    assert not wrong, f"{len(wrong)} of {cells} cells, such as {wrong[:5]}"
