"""The examples for schedulers, run as the schedulers do, and a state outside the machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support import documentation, meltano
from tests.support.warehouse import assert_complete

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox

EXAMPLES = meltano.ROOT / "examples"
SELECT = '["leads.*", "activity_*.*"]'


@pytest.fixture
def steps() -> dict[str, Any]:
    """The only job of the example for GitHub Actions."""
    text = (EXAMPLES / "github-actions" / "marketo-sync.yml").read_text(encoding="utf-8")
    job: dict[str, Any] = yaml.safe_load(text)["jobs"]["sync"]
    return job


def test_a_fresh_machine_goes_on_from_the_state_backend(
    sandbox: Sandbox, steps: dict[str, Any], tmp_path: Path
) -> None:
    *preparation, sync = [step["run"] for step in steps["steps"] if "run" in step]
    assert all(documentation.PREPARATION.match(one) for one in preparation)
    # Values that the job takes from the repository's variables and secrets.
    given = {
        "MELTANO_STATE_BACKEND_URI": f"file://{tmp_path}/state",
        "TARGET_MARKETO_DUCKDB_FILEPATH": str(tmp_path / "warehouse.duckdb"),
        "TAP_MARKETO__SELECT": SELECT,
    }

    def fresh_machine(name: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        script = sync.replace("postgres", "duckdb")
        documentation.shell(script, sandbox, meltano.project(folder), **given)

    fresh_machine("first")
    jobs = len(sandbox.jobs)
    sandbox.control.advance(3600)
    sandbox.control.change_leads(3)
    sandbox.control.add_activities(20)
    fresh_machine("second")

    assert_complete(sandbox, tmp_path)
    # One job for leads and one for activities: of the last hour, not of the year.
    assert len(sandbox.jobs) == jobs + 2


def test_the_workflow_hands_over_what_the_plugins_need(steps: dict[str, Any]) -> None:
    given = steps["steps"][-1]["env"].keys()

    assert {"MELTANO_STATE_BACKEND_URI", "TAP_MARKETO_BASE_URL"} <= given
    assert {"TAP_MARKETO_CLIENT_ID", "TAP_MARKETO_CLIENT_SECRET"} <= given
    assert {
        f"TARGET_POSTGRES_{name}" for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")
    } <= given


def test_the_script_for_cron_is_quiet_and_keeps_a_log(sandbox: Sandbox, tmp_path: Path) -> None:
    script = str(shutil.copy(EXAMPLES / "cron" / "marketo-sync.sh", meltano.project(tmp_path)))

    printed = documentation.shell(script, sandbox, tmp_path, TAP_MARKETO__SELECT=SELECT)

    assert printed == ""
    (log,) = (tmp_path / "logs").iterdir()
    assert "Block run completed" in log.read_text(encoding="utf-8")
    assert_complete(sandbox, tmp_path)


def test_the_script_for_cron_tells_what_went_wrong(sandbox: Sandbox, tmp_path: Path) -> None:
    script = str(shutil.copy(EXAMPLES / "cron" / "marketo-sync.sh", meltano.project(tmp_path)))

    with pytest.raises(AssertionError, match="Marketo refused client_id and client_secret"):
        documentation.shell(script, sandbox, tmp_path, TAP_MARKETO_CLIENT_SECRET="wrong")  # noqa: S106
