"""Custom objects through the command line, compared with the sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.tap_runs import quick_config, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox
    from tests.support.tap_runs import TapRun

CAR, VISIT = "custom_object_car_c", "custom_object_service_visit_c"
NAMES = {CAR: "car_c", VISIT: "Service_Visit_c"}
START = datetime.now(timezone.utc) - timedelta(days=20)


def sync(
    sandbox: Sandbox,
    folder: Path,
    catalog: dict[str, Any],
    state: dict[str, Any] | None = None,
    **settings: Any,
) -> TapRun:
    config = quick_config(sandbox, start_date=START.isoformat(), **settings)
    return run_tap(folder, config, catalog=catalog, state=state)


def by_guid(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["marketoGUID"]: one for one in records}


def truth(sandbox: Sandbox, stream: str) -> dict[str, dict[str, Any]]:
    return by_guid(sandbox.instance.custom_objects[NAMES[stream]].expected())


def filters(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [job.body["filter"] for job in sandbox.jobs if job.file]


def test_two_runs_deliver_every_record_and_the_second_only_what_changed(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START)
    selected(catalog, {CAR, VISIT})
    first = sync(sandbox, tmp_path, catalog)
    assert first.returncode == 0, first.log
    sandbox.control.advance(3600)
    changed = sandbox.control.change_custom_objects("car_c", 3)
    added = sandbox.control.add_custom_objects("car_c", 2)
    sandbox.control.advance(60)

    second = sync(sandbox, tmp_path, catalog, first.state)

    for stream in NAMES:
        got = by_guid([*first.records(stream), *second.records(stream)])
        assert got == truth(sandbox, stream)
    assert set(by_guid(second.records(CAR))) == {*changed, *added}
    assert not second.records(VISIT)


def test_only_types_that_can_be_exported_are_offered(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(leads=1)

    run = run_tap(tmp_path, quick_config(sandbox), "--discover")

    assert [
        line.partition("bulk extract does not have: ")[2]
        for line in run.log.splitlines()
        if "bulk extract does not have" in line
    ] == [
        "custom_object_tyre_c (not linked to leads), custom_object_contract_c"
        " (managed by the CRM), custom_object_draft_c (not approved)."
    ]
    assert '"custom_object_car_c"' in run.output
    assert '"custom_object_tyre_c"' not in run.output


def test_a_link_to_a_lead_id_is_a_number(catalog: dict[str, Any]) -> None:
    (car,) = (one for one in catalog["streams"] if one["tap_stream_id"] == CAR)

    assert car["schema"]["properties"]["leadId"]["type"] == ["integer", "null"]
    assert car["key_properties"] == ["marketoGUID"]
    assert car["replication_key"] == "updatedAt"


def test_a_selection_is_described_alone(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START)
    selected(catalog, {CAR}, {"vin"})
    before = len(sandbox.log)

    run = sync(sandbox, tmp_path, catalog)

    described = [one.path for one in sandbox.log[before:] if one.path.endswith("describe.json")]
    assert [one for one in described if "customobjects" in one] == [
        "/rest/v1/customobjects/car_c/describe.json"
    ]
    assert [set(one) for one in run.records(CAR)] == [{"marketoGUID", "vin", "updatedAt"}] * len(
        truth(sandbox, CAR)
    )


def test_without_the_filter_the_leads_of_a_list_serve(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START, without_updated_at=("custom_objects",))

    run = sync(sandbox, tmp_path, selected(catalog, {CAR, VISIT}), custom_object_static_list_id=2)

    assert run.returncode == 0, run.log
    members = set(sandbox.world.list_members("static", 2))
    of_list = {guid: one for guid, one in truth(sandbox, CAR).items() if one["leadId"] in members}
    assert 0 < len(of_list) < len(truth(sandbox, CAR))
    assert by_guid(run.records(CAR)) == of_list
    assert filters(sandbox) == [{"staticListId": 2}] * 2
    assert run.log.count("in static list 2 instead") == 2
    assert "replication_key_value" not in run.state["bookmarks"][CAR]


def test_without_the_filter_and_without_a_list_the_way_out_is_told(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START, without_updated_at=("custom_objects",))
    selected(catalog, {CAR, "activity_types"})

    run = sync(sandbox, tmp_path, catalog)

    assert run.returncode == 1
    (line,) = (line for line in run.log.splitlines() if "Skipped stream" in line)
    assert "custom_object_static_list_id" in line
    assert not sandbox.jobs
    assert run.records("activity_types")


@pytest.mark.parametrize("code", ["603", "616", "1026"])
def test_without_permission_or_feature_a_type_is_left_out(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any], code: str
) -> None:
    sandbox = start_sandbox(start=START)
    selected(catalog, {CAR, VISIT})
    path = "/bulk/v1/customobjects/car_c/export/create.json"
    sandbox.control.fault("error", path, times=-1, code=code, message="No")

    run = sync(sandbox, tmp_path, catalog)
    strict = sync(sandbox, tmp_path, catalog, require_all_streams=True)

    assert run.returncode == 1
    assert run.log.count(f"Skipped stream {CAR}") == 1
    # No permission helps if the subscription lacks the feature.
    assert ("Read-Only Custom Object" in run.log) == (code == "603")
    assert by_guid(run.records(VISIT)) == truth(sandbox, VISIT)
    assert not run.state["bookmarks"].get(CAR, {}).get("replication_key_value")
    assert strict.returncode == 1


def test_without_permission_discovery_offers_the_rest(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(leads=1)
    sandbox.control.deny("Read-Only Custom Object")

    run = run_tap(tmp_path, quick_config(sandbox), "--discover")

    assert run.returncode == 0
    assert run.log.count("Skipped stream custom_object_*") == 1
    assert '"leads"' in run.output


@pytest.mark.parametrize("noticed", ["before the run", "by the export"])
def test_a_type_deleted_since_discovery_is_left_out(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any], noticed: str
) -> None:
    sandbox = start_sandbox(start=START)
    selected(catalog, {CAR, VISIT})
    if noticed == "before the run":
        sandbox.control.delete_custom_object_type("car_c")
    else:
        del sandbox.world.sources["customobjects/car_c"]

    run = sync(sandbox, tmp_path, catalog)

    assert run.returncode == 0, run.log
    assert run.log.count(f"Skipped stream {CAR}") == 1
    assert by_guid(run.records(VISIT)) == truth(sandbox, VISIT)
    calls = [one for one in sandbox.log if one.path.endswith("car_c/export/create.json")]
    assert len(calls) <= 1


def test_what_the_export_refuses_is_left_out(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START)
    selected(catalog, {CAR, VISIT})
    sandbox.control.fault("error", "/bulk/*/car_c/export/create.json", times=-1, code="1003")

    run = sync(sandbox, tmp_path, catalog)

    assert run.returncode == 1  # it was selected by name
    assert run.log.count(f"Skipped stream {CAR}") == 1
    assert by_guid(run.records(VISIT)) == truth(sandbox, VISIT)


def test_a_field_deleted_since_discovery_stays_empty(
    start_sandbox: StartSandbox, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    sandbox = start_sandbox(start=START)
    selected(catalog, {CAR})
    del sandbox.instance.custom_objects["car_c"].fields["model"]

    run = sync(sandbox, tmp_path, catalog)

    assert run.returncode == 0, run.log
    assert set(by_guid(run.records(CAR))) == set(truth(sandbox, CAR))
