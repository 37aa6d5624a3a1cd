"""A pipeline of tap and loader, compared with a lower bound and with other loaders.

All ways load the same file into an empty database and run in turn; figures are medians. The
comparison uses the processor time of tap and loader together, so other work on the machine matters
little. The loaded rows are compared with those of the direct script.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from export_files import LEAD_FIELDS, write_leads

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support import postgres  # noqa: E402 - a server of the tests' own

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = ROOT / "benchmarks" / "paths"
LOADERS = ROOT / ".meltano" / "loaders"
DLT = ("dlt[duckdb]==1.31.0", "pyarrow>=17")
COMPARED = ("id", "integerField1", "stringField0", "stringField5", "booleanField1", "floatField2")


@dataclass
class Way:
    """One way from the file to the database.

    Attributes:
        name: Name in the table.
        source: Command of the tap, if it has one.
        loader: Command that writes to the database.
        goal: Longest allowed time, relative to the direct script.
        runs: Costs of each run.
    """

    name: str
    source: list[Any] | None
    loader: list[Any]
    goal: str = ""
    runs: list[dict[str, float]] = field(default_factory=list)

    def median(self, figure: str) -> float:
        """The median of a figure."""
        return statistics.median(run[figure] for run in self.runs)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--leads", type=int, default=50_000, help="rows")
    parser.add_argument("--without", nargs="*", default=(), help="of dlt, postgres, target-duckdb")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        file = folder / "leads.csv"
        write_leads(file, arguments.leads)
        ways = [way for way in duckdb_ways(file, folder) if not _left_out(way, arguments.without)]
        if "postgres" not in arguments.without:
            ways += postgres_ways(file, folder, servers.enter_context(postgres.server()))
        truth: Any = None
        for _ in range(arguments.runs):
            for way in ways:
                for old in folder.glob("warehouse.duckdb*"):
                    old.unlink()
                shutil.rmtree(folder / "batch", ignore_errors=True)
                way.runs.append(run(way, folder))
                if "PostgreSQL" not in way.name:
                    loaded = rows(folder / "warehouse.duckdb")
                    truth = truth or loaded
                    assert loaded == truth, f"{way.name}: other rows than the direct script"  # noqa: S101
        report(ways, arguments.leads)


def duckdb_ways(file: Path, folder: Path) -> Iterator[Way]:
    """The ways into a DuckDB file."""
    database = folder / "warehouse.duckdb"
    config = folder / "duckdb.json"
    settings = {"filepath": str(database), "default_target_schema": "marketo"}
    config.write_text(json.dumps(settings | {"batch_size_rows": 5000}), encoding="utf-8")
    own = folder / "own.json"
    own.write_text(json.dumps(settings), encoding="utf-8")
    tap = [sys.executable, PATHS / "tap.py", "leads", file]
    parquet = [*tap, "--batch", "parquet", "--folder", folder / "batch"]
    loader = [Path(sys.executable).parent / "target-marketo-duckdb", "--config", own]
    yield Way("DuckDB: direct `read_csv` and merge", None, _direct("duckdb", file, database))
    yield Way("DuckDB: tap, target-marketo-duckdb, RECORD", tap, loader, "3")
    yield Way("DuckDB: tap, target-marketo-duckdb, Parquet", parquet, loader, "2")
    foreign = LOADERS / "target-duckdb" / "venv" / "bin" / "target-duckdb"
    if foreign.exists():
        yield Way("DuckDB: tap, target-duckdb 0.8.0", tap, [foreign, "--config", config])
    python = ROOT / ".cache" / "benchmarks" / "dlt" / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "--quiet", python.parents[1]], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *DLT], check=True)
    yield Way("DuckDB: dlt 1.31, Arrow", None, [python, PATHS / "dlt_load.py", file, database])


def postgres_ways(file: Path, folder: Path, port: int) -> Iterator[Way]:
    """The ways into PostgreSQL, without the time of the server itself."""
    config = folder / "postgres.json"
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "user": postgres.USER,
        "password": "unused",
        "database": postgres.DATABASE,
        "default_target_schema": "marketo",
    }
    shipped = {"use_copy": True, "validate_records": False, "batch_size_rows": 10_000}
    config.write_text(json.dumps(settings | shipped), encoding="utf-8")
    loader = [LOADERS / "target-postgres" / "venv" / "bin" / "target-postgres", "--config", config]
    yield Way("PostgreSQL: direct COPY and upsert", None, _direct("postgres", file, port))
    tap = [sys.executable, PATHS / "tap.py", "leads", file]
    yield Way("PostgreSQL: tap, target-postgres, RECORD", tap, loader, "12")


def run(way: Way, folder: Path) -> dict[str, float]:
    """Load once; return elapsed and processor seconds, and the peak memory of the loader."""
    log = (folder / "log").open("wb")
    began = time.monotonic()
    with log:
        tap = None
        if way.source:
            tap = subprocess.Popen(way.source, stdout=subprocess.PIPE, stderr=log)
        loader = subprocess.Popen(
            way.loader,
            stdin=tap.stdout if tap else None,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=folder,
        )
        if tap and tap.stdout:
            tap.stdout.close()
        _, status, used = os.wait4(loader.pid, 0)
        tap_seconds = 0.0
        if tap:
            _, tap_status, tap_used = os.wait4(tap.pid, 0)
            status = status or tap_status
            tap_seconds = tap_used.ru_utime + tap_used.ru_stime
    assert not status, f"{way.name}: {(folder / 'log').read_text(errors='replace')[-2000:]}"  # noqa: S101
    return {
        "elapsed": time.monotonic() - began,
        "tap": tap_seconds,
        "loader": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
    }


def rows(database: Path) -> Any:
    """Count and hash of the leads, to compare two databases."""
    columns = ", ".join(f'"{column}"::VARCHAR' for column in COMPARED)
    names = {name.casefold() for name in LEAD_FIELDS}
    with duckdb.connect(str(database), read_only=True) as connection:
        kept = connection.execute("SELECT name FROM pragma_table_info('marketo.leads')").fetchall()
        renamed = {name.replace("_", "").casefold(): name for (name,) in kept}
        assert names <= renamed.keys()  # noqa: S101
        columns = ", ".join(f'"{renamed[column.casefold()]}"::VARCHAR' for column in COMPARED)
        return connection.execute(
            f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM marketo.leads"
        ).fetchone()


def report(ways: list[Way], leads: int) -> None:
    """Print the table."""
    today = datetime.now(timezone.utc).date()
    print(
        f"{leads} leads of {len(LEAD_FIELDS)} columns; {platform.platform()}, Python"
        f" {platform.python_version()}, DuckDB {duckdb.__version__}, {today}\n"
    )
    print(
        "| way | tap CPU s | loader CPU s | loader MB | elapsed s | CPU / direct | elapsed / direct"
        " | goal |"
    )
    print("|---|---|---|---|---|---|---|---|")
    direct: Way = ways[0]
    for way in ways:
        if way.source is None and "direct" in way.name:
            direct = way
        least = direct.median("loader")
        total = way.median("tap") + way.median("loader")
        print(
            f"| {way.name} | {way.median('tap'):.2f} | {way.median('loader'):.2f}"
            f" | {way.median('megabytes'):.0f} | {way.median('elapsed'):.2f} | {total / least:.1f}"
            f" | {way.median('elapsed') / direct.median('elapsed'):.1f} | {way.goal} |"
        )


def _direct(kind: str, file: Path, where: object) -> list[Any]:
    return [sys.executable, PATHS / "direct.py", kind, file, str(where)]


def _left_out(way: Way, names: list[str]) -> bool:
    return any(f" {name} " in f"{way.name} " for name in names)


if __name__ == "__main__":
    main()
