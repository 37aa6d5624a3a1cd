"""The catalog when describe calls fail, and a run with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.tap import TapMarketo
from tests.support.tap_runs import quick_config, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

COMPANIES = "/rest/v1/companies/describe.json"
ODD: dict[str, Any] = {"success": True, "result": [{"fields": 7}]}


@pytest.fixture
def small(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox(leads=1, activities=0, assets=1)


def offered(sandbox: Sandbox) -> set[str]:
    return set(TapMarketo(config=quick_config(sandbox), setup_mapper=False).streams)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": "1018", "message": "CRM Enabled"},
        {"kind": "error", "code": "1003", "message": "Invalid data"},
        {"kind": "error", "code": "1011", "message": "Not supported"},
        {"kind": "error", "code": "709", "message": "Business rule"},
        {"kind": "error", "code": "610", "message": "Requested resource not found"},
        {"kind": "http", "status": 400},
        {"kind": "body", "body": ODD},
    ],
)
def test_a_description_that_fails_costs_its_own_stream_alone(
    small: Sandbox, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    small.control.fault(path=COMPANIES, times=-1, **fault)

    found = offered(small)

    assert "companies" not in found
    assert {"leads", "activities", "opportunities", "programs"} <= found
    warnings = [one.getMessage() for one in caplog.records if "companies" in one.getMessage()]
    assert len(warnings) == 1
    assert "permission" not in warnings[0]
    assert fault.get("message", "") in warnings[0]


@pytest.mark.parametrize(
    ("permission", "streams"),
    [
        ("Read-Only Lead", {"leads"}),
        ("Read-Only Activity", {"activities", "activity_send_email"}),
    ],
)
def test_a_main_stream_stays_on_offer_and_then_fails_the_run(
    small: Sandbox, tmp_path: Path, permission: str, streams: set[str]
) -> None:
    small.control.deny(permission)
    discovered = run_tap(tmp_path, quick_config(small), "--discover")
    catalog = json.loads(discovered.output)
    assert discovered.returncode == 0, discovered.log
    assert discovered.log.count(f"needs the permission {permission}") == 1

    run = run_tap(tmp_path, quick_config(small), catalog=selected(catalog, {*streams, "channels"}))

    assert run.returncode == 1
    assert len(run.records("channels")) == 1
    last = [line for line in run.log.splitlines() if "Failed streams" in line]
    assert all(name in last[0] for name in streams)
    assert "tap-marketo doctor" in last[0]
    assert permission in run.log


def test_a_denial_of_everything_is_one_warning(
    small: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    small.control.fault("error", "/rest/*", times=-1, code="603", message="Access denied")

    assert {"leads", "activities", "programs"} <= offered(small)

    warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "denied every call" in warnings[0]


def test_nothing_selected_is_said(small: Sandbox, tmp_path: Path) -> None:
    discovered = run_tap(tmp_path, quick_config(small), "--discover")
    catalog = selected(json.loads(discovered.output), set())

    run = run_tap(tmp_path, quick_config(small), catalog=catalog)

    assert run.returncode == 0
    assert "No stream is selected" in run.log


def test_only_what_the_catalog_selects_is_described(small: Sandbox, tmp_path: Path) -> None:
    discovered = run_tap(tmp_path, quick_config(small), "--discover")
    catalog = selected(json.loads(discovered.output), {"channels"})
    before = len(small.log)

    run = run_tap(tmp_path, quick_config(small), catalog=catalog)

    assert run.returncode == 0, run.log
    assert {one.path for one in small.log[before:]} == {"/rest/asset/v1/channels.json"}


def test_a_stream_or_column_that_is_gone_is_said(small: Sandbox, tmp_path: Path) -> None:
    discovered = run_tap(tmp_path, quick_config(small), "--discover")
    catalog = selected(json.loads(discovered.output), {"channels"})
    (channels,) = (one for one in catalog["streams"] if one["tap_stream_id"] == "channels")
    channels["schema"]["properties"]["renamed"] = {"type": ["null", "string"]}
    channels["metadata"].append(
        {"breadcrumb": ["properties", "renamed"], "metadata": {"selected": True}}
    )
    gone = {
        **channels,
        "tap_stream_id": "activity_gone",
        "stream": "activity_gone",
    }
    catalog["streams"].append(gone)

    run = run_tap(tmp_path, quick_config(small), catalog=catalog)
    strict = run_tap(tmp_path, quick_config(small, require_all_streams=True), catalog=catalog)

    assert run.returncode == 0, run.log
    assert "Stream activity_gone is selected, but not in Marketo any more" in run.log
    assert "not in Marketo any more, or renamed there: renamed" in run.log
    assert strict.returncode == 1
    assert len(strict.records("channels")) == 1


def test_a_stream_map_for_a_deselected_stream_does_nothing(small: Sandbox, tmp_path: Path) -> None:
    discovered = run_tap(tmp_path, quick_config(small), "--discover")
    catalog = selected(json.loads(discovered.output), {"channels"})
    maps = {"leads": {"email": None}, "channels": {"name": "name.upper()"}}

    run = run_tap(tmp_path, quick_config(small, stream_maps=maps), catalog=catalog)

    assert run.returncode == 0, run.log
    assert all(one["name"].isupper() for one in run.records("channels"))
