"""The example for Airflow, imported and run once by Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import documentation, meltano
from tests.support.warehouse import assert_complete

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tests.tools.conftest import ToolEnvironment


def test_a_run_of_the_dag_loads_everything(
    sandbox: Sandbox, tool_environment: ToolEnvironment, tmp_path: Path
) -> None:
    airflow = tool_environment("airflow", "apache-airflow==3.3.2") / "airflow"
    home = tmp_path / "airflow"
    home.mkdir()
    project = tmp_path / "project"
    project.mkdir()

    printed = documentation.shell(
        f"{airflow} db migrate\n{airflow} dags test marketo",
        sandbox,
        home,
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(meltano.ROOT / "examples" / "airflow"),
        MARKETO_PROJECT=str(meltano.project(project)),
    )

    assert "state=success" in printed
    assert_complete(sandbox, project)
