"""A database with dbt: SQL and dbt run in a tool environment with any version of DuckDB."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from tests.support import postgres
from tests.support.tap_runs import own_environment
from tests.tools.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# dbt-core 1.12 depends on a package that is not on the package index.
DBT = ("dbt-core==1.11.16", "dbt-duckdb==1.11.1", "dbt-postgres==1.11.0")
VIEWS = "marketo_views"
READ = f"{VIEWS}_read"
PACKAGE = ROOT / "tests" / "support" / "marketo_package"
# Reads statements, runs them, and prints the rows of the last statement.
SQL = """
import decimal, json, sys
kind, where, statements = json.load(sys.stdin)
if kind == "duckdb":
    import duckdb
    connection = cursor = duckdb.connect(where)
else:
    import psycopg2
    connection = psycopg2.connect(where)
    cursor = connection.cursor()
for statement in statements:
    cursor.execute(statement)
rows = []
if cursor.description:
    names = [one[0] for one in cursor.description]
    rows = [dict(zip(names, row)) for row in cursor.fetchall()]
connection.commit()
def plain(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
json.dump(rows, sys.stdout, default=plain)
"""


class Warehouse:
    """A database, the views of `dbt/`, and a package that reads them."""

    def __init__(
        self, kind: str, folder: Path, programs: Path, port: int, history: list[str]
    ) -> None:
        """Write a dbt project that uses the views.

        Args:
            kind: `duckdb` or `postgres`.
            folder: Folder for all files.
            programs: Folder with the `dbt` and `python` programs.
            port: Port of PostgreSQL.
            history: Columns whose history the package keeps.
        """
        self.kind, self.folder, self.port, self.programs = kind, folder, port, programs
        self.project = folder / "project"
        self.project.mkdir(parents=True)
        shutil.copytree(PACKAGE, folder / "marketo_package")
        packages = [{"local": str(ROOT / "dbt")}, {"local": str(folder / "marketo_package")}]
        (self.project / "packages.yml").write_text(json.dumps({"packages": packages}))
        self.today = ""
        project = {
            "name": "analytics",
            "version": "1.0.0",
            "profile": "tap_marketo",
            "vars": {"lead_history_columns": history},
        }
        (self.project / "dbt_project.yml").write_text(json.dumps(project))

    def sql(self, *statements: str) -> list[dict[str, Any]]:
        """Run statements in one transaction and return the rows of the last statement."""
        where = str(self.folder / "warehouse.duckdb")
        if self.kind == "postgres":
            where = (
                f"host=127.0.0.1 port={self.port} user={postgres.USER} dbname={postgres.DATABASE}"
            )
        done = subprocess.run(
            [self.programs / "python", "-c", SQL],
            input=json.dumps([self.kind, where, statements]),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows

    def read(self, model: str, columns: Iterable[str] = ("*",)) -> list[dict[str, Any]]:
        """Rows of a model of the package that reads the views."""
        return self.sql(f"select {', '.join(columns)} from {READ}.{model}")

    def view(self, name: str) -> list[dict[str, Any]]:
        """Rows of a view."""
        return self.sql(f"select * from {VIEWS}.{name}")

    def dbt(self, *arguments: str, **variables: Any) -> str:
        """Run dbt, which must succeed.

        Returns:
            Its output.
        """
        done = self.try_dbt(*arguments, **variables)
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def try_dbt(self, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run dbt."""
        options = ["--vars", json.dumps(variables)] if variables else []
        return subprocess.run(
            [
                self.programs / "dbt",
                *arguments,
                *options,
                "--profiles-dir",
                ROOT / "dbt",
                "--target",
                self.kind,
            ],
            cwd=self.project,
            env=own_environment(
                DBT_SEND_ANONYMOUS_USAGE_STATS="false",
                NO_COLOR="1",
                DBT_USE_COLORS="false",
                MARKETO_WAREHOUSE=str(self.folder / "warehouse.duckdb"),
                PGHOST="127.0.0.1",
                PGPORT=str(self.port),
                PGUSER=postgres.USER,
                PGDATABASE=postgres.DATABASE,
                TODAY=self.today,
            ),
            capture_output=True,
            text=True,
            check=False,
        )
