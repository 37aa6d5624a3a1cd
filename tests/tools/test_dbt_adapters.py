"""SQL that differs between databases, rendered by dbt for databases that do not run here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.tap_runs import own_environment

if TYPE_CHECKING:
    from tests.tools.conftest import ToolEnvironment

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = (
    "dbt-core==1.11.16",
    "dbt-snowflake==1.11.5",
    "dbt-bigquery==1.12.1",
    "dbt-redshift==1.11.2",
    "dbt-databricks==1.12.7",
    "sqlglot==30.30.0",
)
OUTPUTS: dict[str, dict[str, Any]] = {
    "snowflake": {
        "account": "none",
        "user": "any",
        "password": "any",
        "database": "raw",
        "schema": "views",
        "warehouse": "any",
    },
    "bigquery": {"method": "oauth-secrets", "token": "any", "project": "raw", "dataset": "views"},
    "redshift": {
        "host": "localhost",
        "port": 5439,
        "user": "any",
        "password": "any",
        "dbname": "raw",
        "schema": "views",
    },
    "databricks": {
        "host": "localhost",
        "http_path": "/sql/1.0",
        "token": "any",
        "catalog": "raw",
        "schema": "views",
    },
}
# A function that only the database's macro uses.
OWN = {
    "snowflake": "regexp_substr_all",
    "bigquery": "json_query_array",
    "redshift": "split_to_array",
    "databricks": "explode",
}
SQL = """
{%- set nested = api.Column('folder', 'VARIANT') -%}
{%- set text = api.Column('folder', 'VARCHAR') -%}
{%- set zoned = api.Column('loaded', 'TIMESTAMP WITH TIME ZONE') -%}
select
    {{ tap_marketo.converted(tap_marketo.property(nested, 'value'), 'int') }} as whole,
    {{ tap_marketo.converted(tap_marketo.property(text, 'startAt'), 'time') }} as moment,
    {{ tap_marketo.converted(tap_marketo.attribute(text, 'Campaign'), 'bool') }} as flag,
    {{ tap_marketo.attribute(nested, 'Campaign') }} as {{ tap_marketo.alias('campaign') }},
    {{ tap_marketo.converted('loaded', 'time', zoned) }} as utc,
    {{ tap_marketo.history_value('old_value', 'data_type') }} as old_value
from loaded;
{{ tap_marketo.numbers_in('merges', 'id', 'merge_ids') }}
"""
PARSE = "import sqlglot, sys; print(len(sqlglot.parse(sys.stdin.read(), dialect=sys.argv[1])))"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", OUTPUTS)
def test_macros_render_to_sql_of_the_database(
    kind: str, tmp_path: Path, tool_environment: ToolEnvironment
) -> None:
    programs = tool_environment("dbt-adapters", *REQUIREMENTS)
    output = {"type": kind, **OUTPUTS[kind]}
    profile = {"warehouse": {"target": kind, "outputs": {kind: output}}}
    project = {"name": "analytics", "version": "1.0.0", "profile": "warehouse"}
    for name, content in (
        ("profiles", profile),
        ("dbt_project", project),
        ("packages", {"packages": [{"local": str(ROOT / "dbt")}]}),
    ):
        (tmp_path / f"{name}.yml").write_text(json.dumps(content))
    said = ""
    for arguments in (
        ("deps",),
        ("compile", "--inline", SQL, "--no-introspect", "--no-populate-cache", "--quiet"),
    ):
        done = subprocess.run(
            [programs / "dbt", *arguments, "--profiles-dir", tmp_path],
            cwd=tmp_path,
            env=own_environment(DBT_SEND_ANONYMOUS_USAGE_STATS="false", DBT_USE_COLORS="false"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:]
        said = done.stdout
    sql = said[said.index("select") :]
    assert OWN[kind] in sql
    assert ('"CAMPAIGN"' in sql) == (kind == "snowflake")
    parsed = subprocess.run(
        [programs / "python", "-c", PARSE, kind],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    assert parsed.stdout.strip() == "2", parsed.stderr[-3000:]
