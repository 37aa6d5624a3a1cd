"""The command `migrate-state`, and a run of the tap with its state."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from marketo_sandbox.clock import iso
from tap_marketo.exports.window import SECOND
from tap_marketo.streams.bulk.activities import stream_names
from tap_marketo.values.times import parse_timestamp
from tests.support.foreign_states import AIRBYTE, HOTGLUE, STITCH, per_stream
from tests.support.tap_runs import TAP, own_environment, quick_config, run_tap

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

DELETE_LEAD = 37


def migrate(
    folder: Path, state: Any, *arguments: str, config: dict[str, Any] | None = None
) -> subprocess.CompletedProcess[str]:
    if config:
        (folder / "config.json").write_text(json.dumps(config))
        arguments = ("--config", "config.json", *arguments)
    return subprocess.run(
        [TAP, "migrate-state", *arguments],
        input=json.dumps(state),
        cwd=folder,
        env=own_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def bookmarks(origin: str, world: Any, last_run: datetime) -> Any:
    """The state that a connector would have saved after a run that ended at this time."""
    names = [one["name"] for one in world.types if one["id"] != DELETE_LEAD]
    if origin == "stitch":
        start = iso(last_run - timedelta(days=20))
        return {
            "bookmarks": {
                "leads": {"updatedAt": iso(last_run), "export_id": None},
                "programs": {"updatedAt": iso(last_run)},
                **{
                    f"activities_{name.lower().replace(' ', '_')}": {"activityDate": start}
                    for name in names
                },
            }
        }
    latest = latest_activities(world)
    by_name = {one["name"]: iso(latest[one["id"]]) for one in world.types if one["id"] in latest}
    if origin == "hotglue":
        return {
            "bookmarks": {
                "leads": {"replication_key_value": iso(last_run)},
                **{
                    f"event_{name.replace(' ', '_')}": {"replication_key_value": value}
                    for name, value in by_name.items()
                },
            }
        }
    return [
        {"stream_descriptor": {"name": name}, "stream_state": state}
        for name, state in {
            "leads": {"updatedAt": iso(last_run)},
            "programs": {"updatedAt": iso(last_run)},
            **{airbytes(name): {"activityDate": value} for name, value in by_name.items()},
        }.items()
    ]


def latest_activities(world: Any) -> dict[int, datetime]:
    return {
        one["id"]: max(act.at for act in world.activities if act.type_id == one["id"])
        for one in world.types
        if one["id"] != DELETE_LEAD
    }


def airbytes(name: str) -> str:
    """Blanks are dropped, and capitals get an underscore."""
    if any(word in name.split() for word in ("SFDC", "ID", "CRM")):
        return f"activities_{name.lower().replace(' ', '_')}"
    letters = (f"_{one.lower()}" if one.isupper() else one for one in name if one != " ")
    return "activities_" + "".join(letters).strip("_")


@pytest.mark.parametrize("origin", ["stitch", "airbyte", "hotglue"])
def test_the_tap_goes_on_where_the_other_connector_stopped(
    start_sandbox: StartSandbox, tmp_path: Path, origin: str
) -> None:
    sandbox = start_sandbox(leads=400, activities=2000, rough=False)
    world = sandbox.world
    last_run = sandbox.instance.clock.now().replace(microsecond=0)
    theirs = bookmarks(origin, world, last_run)
    latest = latest_activities(world)
    sandbox.control.advance(5 * 86400)
    sandbox.control.change_leads(20)
    sandbox.control.add_leads(3)
    sandbox.control.add_activities(100)
    sandbox.instance.library.change("programs", 1)
    # The migration does not affect the repetition by the look-back.
    config = quick_config(sandbox, start_date="2020-01-01T00:00:00Z", lookback_seconds=0)

    done = migrate(tmp_path, theirs, config=config)
    assert done.returncode == 0, done.stderr
    state = json.loads(done.stdout)
    run = run_tap(tmp_path, config, state=state)

    assert run.returncode == 0, run.log
    begin = begins(state)
    assert {one["id"] for one in run.records("leads")} == {
        lead_id for lead_id, lead in world.leads.items() if lead.changed >= begin["leads"]
    }
    assert {one["marketoGUID"] for one in run.activities()} == {
        one.guid
        for one in world.activities
        if one.type_id != DELETE_LEAD and one.at >= begin[stream_of(sandbox)[one.type_id]]
    }
    # All new records, and no repetition beyond the documented one.
    for type_id, at in latest.items():
        assert begin[stream_of(sandbox)[type_id]] >= at - timedelta(days=20)
    assert begin["leads"] >= last_run - timedelta(days=2)
    if origin != "hotglue":
        assert {one["id"] for one in run.records("programs")} == {1}
    assert len(run.activities()) >= 100


def begins(state: dict[str, Any]) -> dict[str, datetime]:
    return {
        name: parse_timestamp(one["replication_key_value"]) + SECOND
        for name, one in state["bookmarks"].items()
    }


def stream_of(sandbox: Sandbox) -> dict[int, str]:
    return stream_names(one for one in sandbox.world.types if one["id"] != DELETE_LEAD)


@pytest.mark.parametrize("state", [STITCH, per_stream(AIRBYTE), HOTGLUE])
def test_the_tap_refuses_the_state_of_another_connector(
    sandbox: Sandbox, tmp_path: Path, state: Any
) -> None:
    run = run_tap(tmp_path, quick_config(sandbox), state=state)

    assert run.returncode == 1
    assert "migrate-state" in run.log
    assert "Traceback" not in run.log
    assert run.output == ""
    assert sandbox.log == []


def test_a_torn_state_is_one_sentence(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_text('{"bookmarks": {')

    run = run_tap(tmp_path, quick_config(sandbox), "--state", "torn.json")

    assert run.returncode == 1
    assert "not JSON" in run.log
    assert "Traceback" not in run.log


def test_the_state_can_be_written_for_meltano(tmp_path: Path) -> None:
    done = migrate(tmp_path, {"singer_state": STITCH}, "--meltano")

    assert json.loads(done.stdout)["singer_state"]["bookmarks"]["leads"]
    assert "leads → leads: from 2026-03-09T02:00:05Z on" in done.stderr


def test_a_state_of_nobody_is_refused(tmp_path: Path) -> None:
    done = migrate(tmp_path, {"bookmarks": {"leads": {"replication_key_value": "2026-01-01"}}})

    assert done.returncode == 1
    assert done.stdout == ""
    assert "--from: stitch, airbyte, hotglue" in done.stderr


def test_whose_it_is_can_be_said(tmp_path: Path) -> None:
    state = {"bookmarks": {"leads": {"replication_key_value": "2026-03-09T17:30:00Z"}}}

    done = migrate(tmp_path, state, "--from", "hotglue")

    assert json.loads(done.stdout)["bookmarks"]["leads"]["replication_key_value"] == (
        "2026-03-07T23:59:59Z"
    )


def test_a_state_of_which_nothing_is_left_fails(tmp_path: Path) -> None:
    done = migrate(tmp_path, {"bookmarks": {"leads": {"updatedAt": None}}})

    assert done.returncode == 1
    assert done.stdout == ""
    assert "leads: has no bookmark yet" in done.stderr
