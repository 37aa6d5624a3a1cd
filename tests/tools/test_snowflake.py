"""Tables that target-snowflake creates, as an emulator of Snowflake describes them.

The emulator has no user stages, which the target needs to load rows, so only types are checked.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from marketo_sandbox import Sandbox, SandboxOptions
from marketo_sandbox.world.activity_types import activity_types
from tap_marketo.streams.bulk.activities import stream_names
from tests.conftest import QUICK
from tests.support.tap_runs import discover, own_environment, quick_config, run_tap, selected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tools.conftest import ToolEnvironment

REQUIREMENTS = ("meltanolabs-target-snowflake==0.20.4", "fakesnow==0.12.1")
KIOSK = stream_names(activity_types(48))[100001]
STREAMS = {"leads", "activities", KIOSK}
# The emulator needs different names.
DATABASE, SCHEMA = "RAW", "MARKETO"
DESCRIBE = f"""
import json, sys, warnings
import snowflake.connector
warnings.simplefilter("ignore")
connection = snowflake.connector.connect(
    account="any", user="any", password="any", database="{DATABASE}", schema="{SCHEMA}"
)
tables = {{}}
for table in sys.argv[1:]:
    rows = connection.cursor().execute(f"describe table {{table}}").fetchall()
    tables[table] = {{row[0]: row[1] for row in rows}}
print(json.dumps(tables))
"""
TEXT, WHOLE, FRACTION = "VARCHAR(16777216)", "NUMBER(38,0)", "FLOAT"
TIMESTAMP = "TIMESTAMP_NTZ(9)"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(**QUICK)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def tables(
    sandbox: Sandbox,
    tool_environment: ToolEnvironment,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, str]]:
    """Columns and types of the tables for the tap's streams."""
    tmp_path = tmp_path_factory.mktemp("snowflake")
    catalog = selected(discover(sandbox, tmp_path), STREAMS)
    run = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)
    assert run.returncode == 0, run.log
    schemas = "".join(
        f"{line}\n" for line in run.output.split("\n") if line.startswith('{"type":"SCHEMA"')
    )
    config = {
        "account": "any",
        "user": "any",
        "password": "any",
        "database": DATABASE,
        "default_target_schema": SCHEMA,
    }
    (tmp_path / "target.json").write_text(json.dumps(config))
    (tmp_path / "describe.py").write_text(DESCRIBE)
    (tmp_path / "warehouse").mkdir()
    fakesnow = tool_environment("snowflake", *REQUIREMENTS) / "fakesnow"

    def emulated(*arguments: str, given: str = "") -> str:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [fakesnow, "--db_path", "warehouse", *arguments],
            input=given,
            capture_output=True,
            cwd=tmp_path,
            env=own_environment(),
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    emulated("-m", "target_snowflake.target", "--config", "target.json", given=schemas)
    described: dict[str, dict[str, str]] = json.loads(
        emulated("describe.py", "LEADS", "ACTIVITIES", KIOSK.upper())
    )
    return described


def test_columns_have_the_types_of_their_values(tables: dict[str, dict[str, str]]) -> None:
    leads = tables["LEADS"]
    assert leads["ID"] == WHOLE
    assert leads["LEADSCORE"] == WHOLE
    assert leads["ANNUALREVENUE"] == FRACTION
    assert leads["LOYALTYPERCENT"] == FRACTION
    assert leads["UNSUBSCRIBED"] == "BOOLEAN"
    assert leads["DATEOFBIRTH"] == "DATE"
    assert leads["UPDATEDAT"] == TIMESTAMP
    assert leads["EMAIL"] == TEXT
    # Text, to keep leading zeros.
    assert leads["POSTALCODE"] == TEXT

    visits = tables[KIOSK.upper()]
    assert visits["MARKETOGUID"] == TEXT
    assert visits["ACTIVITYDATE"] == TIMESTAMP
    assert visits["DURATION_MIN_120D2E"] == FRACTION
    assert visits["PAID"] == "BOOLEAN"
    assert visits["VISITED_AT"] == TIMESTAMP
    assert visits["VISIT_DAY"] == "DATE"
    assert visits["LEAD_ID_D6CF3E"] == WHOLE
    assert visits["UNDECLARED_ATTRIBUTES"] == "VARIANT"

    assert tables["ACTIVITIES"]["ATTRIBUTES"] == "VARIANT"


def test_no_column_is_lost_to_another_whose_name_differs_in_case_only(
    sandbox: Sandbox, tables: dict[str, dict[str, str]]
) -> None:
    lead = next(iter(sandbox.world.expected_leads()))

    assert {name.upper() for name in lead} <= tables["LEADS"].keys()
    # No describe call lists `ecids`, but it is a column of the export.
    assert len(lead | {"ecids": None}) == sum(
        not name.startswith("_SDC_") for name in tables["LEADS"]
    )
