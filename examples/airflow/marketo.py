"""Load the changes in Marketo into the warehouse every night.

For Airflow 3. Airflow and Meltano need separate environments, so install Meltano outside Airflow's
(`uv tool install meltano`). Put the credentials into the project's `.env` or Airflow's environment.
Use a state backend if workers are replaced.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    dag_id="marketo",
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    # The tap resumes from its state, so a run for an earlier interval would only repeat work.
    catchup=False,
    # Two runs of one pipeline would compete for the same export queue.
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
) as dag:
    BashOperator(
        task_id="sync",
        bash_command="meltano run marketo-to-duckdb",
        cwd=os.environ.get("MARKETO_PROJECT", "/opt/marketo"),
        append_env=True,
        # Loaded data stays, and the next run resumes there.
        execution_timeout=timedelta(hours=12),
    )
