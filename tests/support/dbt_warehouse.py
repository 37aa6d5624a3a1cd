"""A database that the tap has filled, with the views of `dbt/` and a project that reads them."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg2

from tests.support import postgres
from tests.support.tap_runs import own_environment, quick_config, run_tap, selected
from tests.tools.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox

SCHEMA_READ = "marketo_views_read"


class Warehouse:
    """A database with the tap's streams, the project's views, and a project that reads them."""

    def __init__(
        self, kind: str, folder: Path, programs: Path, port: int, models: dict[str, str]
    ) -> None:
        """Write the project.

        Args:
            kind: `duckdb` or `postgres`.
            folder: For everything.
            programs: Where dbt is.
            port: Of PostgreSQL.
            models: SQL of the project that reads, by name; each `read_` table is one.
        """
        self.kind, self.folder, self.port = kind, folder, port
        self.dbt = programs / "dbt"
        self.state: dict[str, Any] | None = None
        reader = folder / "reader"
        (reader / "models").mkdir(parents=True)
        project = {
            "name": "reader",
            "version": "1.0.0",
            "profile": "tap_marketo",
            "models": {"reader": {"+materialized": "table", "+schema": "read"}},
        }
        (reader / "dbt_project.yml").write_text(json.dumps(project))
        packages = {"packages": [{"local": str(ROOT / "dbt")}]}
        (reader / "packages.yml").write_text(json.dumps(packages))
        for name, text in models.items():
            (reader / "models" / name).write_text(text)
        self.reader = reader

    def load(self, sandbox: Sandbox, streams: set[str]) -> None:
        """Let the tap and the target run.

        Args:
            sandbox: The instance.
            streams: What to select.
        """
        config = quick_config(sandbox, field_names="snake_case")
        found = json.loads(run_tap(self.folder, config, "--discover").output)
        run = run_tap(self.folder, config, catalog=selected(found, streams), state=self.state)
        assert run.returncode == 0, run.log
        self.state = run.state
        target = f"target-{self.kind}"
        (self.folder / "target.json").write_text(json.dumps(self._target()))
        subprocess.run(
            [
                ROOT / ".meltano" / "loaders" / target / "venv" / "bin" / target,
                "--config",
                self.folder / "target.json",
            ],
            input=run.output.encode(),
            env=own_environment(),
            check=True,
            capture_output=True,
        )

    def build(self) -> None:
        """Make the views, and then let the other project read them."""
        self._run("deps")
        self._run("build", "--select", "package:tap_marketo")
        self._run("run", "--select", "package:reader")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What the other project has read."""
        sql = f"select * from {SCHEMA_READ}.read_{table}"
        if self.kind == "duckdb":
            with duckdb.connect(str(self._file), read_only=True) as file:
                found = file.sql(sql)
                names, rows = found.columns, found.fetchall()
        else:
            with closing(self._connect()) as server, server.cursor() as cursor:
                cursor.execute(sql)
                names = [one.name for one in cursor.description or ()]
                rows = cursor.fetchall()
        return [{name: plain(cell) for name, cell in zip(names, row, strict=True)} for row in rows]

    def execute(self, sql: str) -> None:
        """Change what is loaded."""
        if self.kind == "duckdb":
            with duckdb.connect(str(self._file)) as file:
                file.sql(sql)
        else:
            with closing(self._connect()) as server, server, server.cursor() as cursor:
                cursor.execute(sql)

    @property
    def _file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def _connect(self) -> Any:
        return psycopg2.connect(
            host="127.0.0.1", port=self.port, user=postgres.USER, dbname=postgres.DATABASE
        )

    def _target(self) -> dict[str, Any]:
        if self.kind == "duckdb":
            return {
                "filepath": str(self._file),
                "default_target_schema": "marketo",
                "add_metadata_columns": True,
            }
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": postgres.USER,
            "password": "unused",
            "database": postgres.DATABASE,
            "default_target_schema": "marketo",
        }

    def _run(self, *arguments: str) -> None:
        done = self.try_dbt(*arguments)
        assert done.returncode == 0, done.stdout[-5000:]

    def try_dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call dbt."""
        return subprocess.run(
            [self.dbt, *arguments, "--profiles-dir", ROOT / "dbt", "--target", self.kind],
            cwd=self.reader,
            env=own_environment(
                DBT_SEND_ANONYMOUS_USAGE_STATS="false",
                MARKETO_WAREHOUSE=str(self._file),
                PGHOST="127.0.0.1",
                PGPORT=str(self.port),
                PGUSER=postgres.USER,
                PGDATABASE=postgres.DATABASE,
            ),
            capture_output=True,
            text=True,
            check=False,
        )


def plain(cell: Any) -> Any:
    """A cell as the truth has it; the loader of DuckDB stores empty text as none."""
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "") + "Z"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return None if cell == "" else cell
