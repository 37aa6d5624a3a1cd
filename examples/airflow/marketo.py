"""Load the changes in Marketo into the warehouse every night.

For Airflow 3. Airflow and Meltano need separate environments: install Meltano with
`uv tool install meltano`, not in Airflow's environment. The project's `.env`, or Airflow's
environment, has the credentials. If workers are temporary, use a state backend.
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
    # The tap continues from its state, so a run for an earlier interval would do nothing new.
    catchup=False,
    # Parallel runs would only share the same export queue.
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
) as dag:
    BashOperator(
        task_id="sync",
        bash_command="meltano run marketo-to-duckdb",
        cwd=os.environ.get("MARKETO_PROJECT", "/opt/marketo"),
        append_env=True,
        # The next run continues after the data that the target has stored by then.
        execution_timeout=timedelta(hours=12),
    )
