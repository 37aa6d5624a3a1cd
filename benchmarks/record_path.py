"""Record throughput of the tap, compared with other taps and with a lower bound in plain Python.

All paths read the same files and run in turn, each in its own process; figures are medians. The
comparison uses processor time, so other work on the machine matters little. The other taps get
temporary environments.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from export_files import write_activities, write_leads

HERE = Path(__file__).resolve().parent
PATHS = HERE / "paths"
CACHE = HERE.parent / ".cache" / "benchmarks"
STITCH = "tap-marketo==2.9.4"

GOALS = {
    ("leads", "stitch"): 8.0,
    ("activities", "stitch"): 9.0,
    ("leads", "stock"): 6.0,
    ("activities", "stock"): 8.0,
    ("leads", "bound"): 0.85,
    ("activities", "bound"): 0.80,
    ("split", "bound"): 0.6,
    ("leads jsonl.gz", "stock jsonl.gz"): 4.5,
    ("activities jsonl.gz", "stock jsonl.gz"): 5.0,
    ("leads parquet", "stock parquet"): 4.0,
}


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--leads", type=int, default=200_000, help="rows")
    parser.add_argument("--activities", type=int, default=500_000, help="rows")
    parser.add_argument("--only", help="only comparisons whose name contains this text")
    parser.add_argument("--guard", action="store_true", help="fail far below the bound")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"leads": folder / "leads.csv", "activities": folder / "activities.csv"}
        write_leads(files["leads"], arguments.leads)
        write_activities(files["activities"], arguments.activities)
        files["split"] = files["activities"]
        rows = {
            "leads": arguments.leads,
            "activities": arguments.activities,
            "split": arguments.activities,
        }
        if arguments.guard:
            guard(files, arguments.runs)
            return
        today = datetime.now(timezone.utc).date()
        print(f"{platform.platform()}, Python {platform.python_version()}, {today}\n")
        print("| comparison | other, 1000/s | tap, 1000/s | ratio | goal | tap's peak MB |")
        print("|---|---|---|---|---|---|")
        for (kind, other), goal in GOALS.items():
            if arguments.only and arguments.only not in f"{kind} {other}":
                continue
            data, *batch = kind.split()
            tap_cost, other_cost = compare(data, other, batch, files[data], folder, arguments.runs)
            count = rows[data] / 1000
            print(
                f"| {kind} / {other} | {count / other_cost['processor']:.1f}"
                f" | {count / tap_cost['processor']:.1f}"
                f" | {other_cost['processor'] / tap_cost['processor']:.2f} | {goal}"
                f" | {tap_cost['megabytes']:.0f} |",
                flush=True,
            )


def compare(
    data: str, other: str, batch: list[str], file: Path, folder: Path, runs: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Run the tap and another path in turn.

    Args:
        data: `leads`, `activities`, or `split` for activities with a stream per type.
        other: `stitch`, `stock` or `bound`, and a format of BATCH files.
        batch: Format of BATCH files, if any.
        file: File to read.
        folder: Folder for BATCH files.
        runs: Number of runs of each.

    Returns:
        Median costs of the tap and of the other.
    """
    other, *_ = other.split()
    options = (
        ["--batch", batch[0].removesuffix(".gz"), "--folder", str(folder / "batch")]
        if batch
        else []
    )
    kind = "activities" if data == "split" else data
    tap_costs, other_costs = [], []
    for _ in range(runs):
        tap_costs.append(run(sys.executable, "tap", data, file, options))
        python = stitch() if other == "stitch" else sys.executable
        other_costs.append(run(python, other, kind, file, options))
    return median(tap_costs), median(other_costs)


def run(
    python: str | Path, path: str, kind: str, file: Path, options: list[str]
) -> dict[str, float]:
    """Run one process and measure its cost.

    Args:
        python: Interpreter of its environment.
        path: Name of the script.
        kind: Kind of the file.
        file: File to read.
        options: Other arguments.
    """
    done = subprocess.run(
        [python, PATHS / f"{path}.py", kind, file, *options],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    cost: dict[str, float] = json.loads(done.stderr.strip().rsplit("\n", 1)[-1])
    return cost


def median(costs: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure.

    Args:
        costs: Costs of several runs.
    """
    return {name: statistics.median(cost[name] for cost in costs) for name in costs[0]}


def guard(files: dict[str, Path], runs: int) -> None:
    """Exit with an error if the tap is far slower than the bound.

    Args:
        files: Files by kind.
        runs: Number of runs of each.
    """
    for data in ("leads", "activities", "split"):
        tap_cost, other_cost = compare(data, "bound", [], files[data], files[data].parent, runs)
        ratio = other_cost["processor"] / tap_cost["processor"]
        wanted = GOALS[data, "bound"] * 0.6
        print(f"{data}: {ratio:.2f} of the bound, required: {wanted:.2f}")
        if ratio < wanted:
            sys.exit(1)


def stitch() -> Path:
    """The interpreter of an environment with Stitch's tap, created if missing."""
    environment = CACHE / STITCH
    python = environment / "bin" / "python"
    if not (environment / ".complete").exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", environment], check=True)
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", STITCH]
        subprocess.run(pip, check=True)
        (environment / ".complete").touch()
    return python


if __name__ == "__main__":
    main()
