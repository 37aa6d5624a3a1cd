"""Every night: what has changed in Marketo, into the warehouse.

For Airflow 3. Airflow and Meltano need environments of their own: install Meltano beside Airflow
(`uv tool install meltano`), not in it. The project's `.env`, or Airflow's environment, holds the
credentials; the state belongs into a state backend where workers come and go.
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
    # The tap knows from its state where to go on, and a run of last week's interval would repeat
    # what today's does.
    catchup=False,
    # Two runs of one pipeline would take turns in the same export queue.
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
) as dag:
    BashOperator(
        task_id="sync",
        bash_command="meltano run marketo-to-duckdb",
        cwd=os.environ.get("MARKETO_PROJECT", "/opt/marketo"),
        append_env=True,
        # What the target has stored by then stays, and the next run goes on from there.
        execution_timeout=timedelta(hours=12),
    )
