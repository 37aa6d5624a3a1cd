"""The tap without a target, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.export_runs import filled
from tests.support.tap_runs import (
    TapRun,
    discover,
    is_activity_type,
    quick_config,
    run_tap,
    selected,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox


def by_key(records: Iterable[dict[str, Any]], key: str) -> dict[Any, dict[str, Any]]:
    return {record[key]: record for record in records}


def test_a_sync_delivers_the_instance(sandbox: Sandbox, tmp_path: Path) -> None:
    run = run_tap(tmp_path, quick_config(sandbox))

    assert run.returncode == 0, run.log
    # Formula fields have empty columns, which the expected records lack.
    assert by_key(map(filled, run.records("leads")), "id") == by_key(
        map(filled, sandbox.world.expected_leads()), "id"
    )
    expected = by_key(sandbox.world.expected_activities(), "marketoGUID")
    delivered = by_key(run.activities(), "marketoGUID")
    assert delivered.keys() == expected.keys()
    for guid, activity in delivered.items():
        assert {name: activity[name] for name in ("leadId", "activityDate", "activityTypeId")} == {
            name: expected[guid][name] for name in ("leadId", "activityDate", "activityTypeId")
        }


def test_the_combined_stream_holds_the_same_activities(sandbox: Sandbox, tmp_path: Path) -> None:
    run = run_tap(
        tmp_path,
        quick_config(sandbox),
        catalog=selected(discover(sandbox, tmp_path), {"activities"}),
    )

    assert run.returncode == 0, run.log
    assert by_key(run.records("activities"), "marketoGUID") == by_key(
        sandbox.world.expected_activities(), "marketoGUID"
    )


def test_a_second_run_delivers_what_has_changed(sandbox: Sandbox, tmp_path: Path) -> None:
    # Without the look-back, which repeats the activities of the last two hours.
    config = quick_config(sandbox, lookback_seconds=0)
    first = run_tap(tmp_path, config)
    known = by_key(sandbox.world.expected_activities(), "marketoGUID").keys()
    sandbox.control.advance(86400)
    changed = {*sandbox.control.change_leads(5), *sandbox.control.add_leads(2)}
    happened = set(sandbox.control.add_activities(9))

    second = run_tap(tmp_path, config, state=first.state)

    assert second.returncode == 0, second.log
    assert {record["id"] for record in second.records("leads")} == changed
    # Changed and new leads also create activities.
    new = by_key(sandbox.world.expected_activities(), "marketoGUID").keys() - known
    assert {record["marketoGUID"] for record in second.activities()} == new
    assert happened <= new


def test_a_second_run_without_changes_delivers_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    first = run_tap(tmp_path, quick_config(sandbox))
    sandbox.control.advance(3600)

    second = run_tap(tmp_path, quick_config(sandbox), state=first.state)

    assert second.returncode == 0, second.log
    assert second.records("leads") == []
    assert second.activities() == []


def test_only_what_is_selected_arrives(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = selected(discover(sandbox, tmp_path), {"leads"}, {"id", "email", "updatedAt"})

    run = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)

    assert run.returncode == 0, run.log
    assert {tuple(sorted(record)) for record in run.records("leads")} == {
        ("email", "id", "updatedAt")
    }
    assert run.activities() == []


def test_columns_are_snake_case_on_request(sandbox: Sandbox, tmp_path: Path) -> None:
    run = run_tap(tmp_path, quick_config(sandbox, field_names="snake_case"))

    assert run.returncode == 0, run.log
    emails = {record["id"]: record["email"] for record in run.records("leads")}
    assert emails == {lead["id"]: lead["email"] for lead in sandbox.world.expected_leads()}
    first_names = {record["id"]: record["first_name"] for record in run.records("leads")}
    assert first_names == {lead["id"]: lead["firstName"] for lead in sandbox.world.expected_leads()}
    assert {record["marketo_guid"] for record in run.activities()} == {
        activity["marketoGUID"] for activity in sandbox.world.expected_activities()
    }


def test_discovery_offers_a_stream_for_each_activity_type(sandbox: Sandbox, tmp_path: Path) -> None:
    streams = {stream["tap_stream_id"]: stream for stream in discover(sandbox, tmp_path)["streams"]}

    assert {"leads", "activities", "activity_visit_webpage", "activity_send_email"} <= set(streams)
    # Bulk extract has no deletions, so their type has no stream.
    types = [kind for kind in sandbox.world.types if kind["name"] != "Delete Lead"]
    assert sum(map(is_activity_type, streams)) == len(types)
    assert streams["leads"]["key_properties"] == ["id"]
    assert streams["leads"]["replication_key"] == "updatedAt"
    assert streams["activity_send_email"]["key_properties"] == ["marketoGUID"]


def test_about_describes_every_setting(tmp_path: Path) -> None:
    about = json.loads(run_tap(tmp_path, {}, "--about", "--format=json").output)

    assert {"base_url", "client_id", "client_secret", "start_date"} <= set(
        about["settings"]["properties"]
    )
    assert {"catalog", "discover", "state", "about", "batch", "stream-maps"} <= set(
        about["capabilities"]
    )


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"base_url": None}, "base_url"),
        ({"base_url": "http://marketo.example"}, "base_url"),
        ({"client_secret": ""}, "client_secret"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"export_window_days": 32}, "export_window_days"),
        ({"max_concurrent_calls": "many"}, "max_concurrent_calls"),
    ],
)
def test_a_wrong_setting_is_named_before_any_call(
    start_sandbox: StartSandbox, tmp_path: Path, settings: dict[str, Any], named: str
) -> None:
    sandbox = start_sandbox(leads=1, activities=0)
    config = {**quick_config(sandbox), **settings}

    run = run_tap(tmp_path, {name: value for name, value in config.items() if value is not None})

    assert run.returncode != 0
    assert run.output == ""
    assert complaints(run, named)
    assert "Traceback" not in run.log
    assert sandbox.log == []
    assert sandbox.instance.tokens.issued == 0


def test_wrong_credentials_are_one_sentence_without_the_secret(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(leads=1, activities=0)

    run = run_tap(tmp_path, quick_config(sandbox, client_secret="hush-hush-hush"))  # noqa: S106

    assert run.returncode != 0
    assert "Traceback" not in run.log
    assert "client_secret" in run.log or "credentials" in run.log.lower()
    assert "hush-hush-hush" not in run.log + run.output


def complaints(run: TapRun, setting: str) -> list[str]:
    return [line for line in run.log.splitlines() if setting in line]


def test_discovery_of_a_large_instance_takes_few_calls(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(activity_types=60)
    for number in range(1000 - len(sandbox.world.fields)):
        sandbox.world.fields[f"custom{number}__c"] = "string"

    streams = {stream["stream"]: stream for stream in discover(sandbox, tmp_path)["streams"]}

    assert sum(is_activity_type(name) for name in streams) >= 59
    assert len(streams["leads"]["schema"]["properties"]) >= 990
    # One call for leads, one for all activities, and one for each other object with its own fields.
    asked = [call.path for call in sandbox.log]
    assert [path for path in asked if not path.endswith("/describe.json")][:2] == [
        "/rest/v1/leads/describe2.json",
        "/rest/v1/activities/types.json",
    ]
    assert len(asked) == len(set(asked))
