"""Kills the tap again and again while the instance changes; the target must end up complete.

`python -m tests.exports.kill_rounds --rounds 100` ends runs with kill -9 and SIGTERM at random
lines, in both orders of history, with changes in between, and compares the final values of all four
bulk kinds with the sandbox.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marketo_sandbox import Sandbox, SandboxOptions
from tests.support.tap_runs import TAP, discover, own_environment, quick_config, selected

KEYS = {
    "leads": ("id",),
    "program_members": ("programId", "leadId"),
    "activities": ("marketoGUID",),
    "custom_object_car_c": ("marketoGUID",),
}
SIGNALS = (signal.SIGKILL, signal.SIGTERM)
Row = dict[str, Any]


@dataclass
class Target:
    """Keeps the last record of each key and the last state, as a target does."""

    rows: dict[str, dict[tuple[Any, ...], Row]] = field(
        default_factory=lambda: {name: {} for name in KEYS}
    )
    state: Row = field(default_factory=dict)

    def load(self, line: bytes) -> None:
        if not line.endswith(b"\n"):
            return  # torn by kill -9
        message = json.loads(line)
        if message["type"] == "STATE":
            self.state = message["value"]
        elif message["type"] == "RECORD" and message["stream"] in KEYS:
            record = message["record"]
            key = tuple(record[name] for name in KEYS[message["stream"]])
            self.rows[message["stream"]][key] = record


def run_tap_until(
    lines_wanted: int | None, end: signal.Signals, target: Target, folder: Path
) -> int:
    """Run the tap, and end it after a number of lines."""
    (folder / "state.json").write_text(json.dumps(target.state), encoding="utf-8")
    command: list[str | Path] = [TAP]
    for name in ("config", "catalog", "state"):
        command += [f"--{name}", folder / f"{name}.json"]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env=own_environment()
        )
        assert process.stdout
        for count, line in enumerate(process.stdout, 1):
            target.load(line)
            if count == lines_wanted:
                process.send_signal(end)
        return process.wait(timeout=120)


def truth(sandbox: Sandbox) -> dict[str, dict[tuple[Any, ...], Row]]:
    """The current records of the instance."""
    found = {
        "leads": sandbox.world.expected_leads(),
        "program_members": sandbox.instance.members.expected(),
        "activities": sandbox.world.expected_activities(),
        "custom_object_car_c": sandbox.instance.custom_objects["car_c"].expected(),
    }
    return {
        name: {tuple(row[key] for key in KEYS[name]): row for row in rows}
        for name, rows in found.items()
    }


def differences(sandbox: Sandbox, target: Target) -> list[str]:
    """Differences between the values of the target and of the instance."""
    lines = []
    for name, wanted in truth(sandbox).items():
        rows = target.rows[name]
        if missing := wanted.keys() - rows.keys():
            lines.append(f"{name}: {len(missing)} of {len(wanted)} records are missing")
        for key in wanted.keys() & rows.keys():
            other = {
                column
                for column, value in wanted[key].items()
                if column in rows[key] and rows[key][column] != value
            }
            if other:
                lines.append(f"{name} {key}: stale columns {sorted(other)[:3]}")
                break
    return lines


def change(sandbox: Sandbox) -> None:
    """Change records of every kind."""
    control = sandbox.control
    control.advance(3600)
    control.change_leads(5)
    control.add_leads(2)
    control.change_members(3)
    control.change_custom_objects("car_c", 2)
    control.advance(60)


def rounds(count: int, seed: int, order: str, folder: Path) -> list[str]:
    """Kill a number of runs against one sandbox, let one finish, and return the differences."""
    draw = random.Random(seed)  # noqa: S311 - where to end, not a secret
    options: dict[str, Any] = {
        "leads": 150,
        "activities": 600,
        "job_seconds": 0.2,
        "status_refresh_seconds": 0,
    }
    options["calls_per_20_seconds"] = 100_000
    with Sandbox(SandboxOptions(**options)) as sandbox:
        config = quick_config(sandbox, backfill_order=order)
        catalog = selected(discover(sandbox, folder), set(KEYS))
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
        target = Target()
        for _ in range(count):
            run_tap_until(draw.randint(1, 700), draw.choice(SIGNALS), target, folder)
            change(sandbox)
        code = run_tap_until(None, signal.SIGTERM, target, folder)
        if code:
            return [f"exit code {code}", (folder / "log.txt").read_text()[-2000:]]
        return differences(sandbox, target)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.exports.kill_rounds")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    failed = 0
    each = 5
    for number in range(max(1, arguments.rounds // each)):
        order = ("oldest_first", "newest_first")[number % 2]
        with tempfile.TemporaryDirectory() as folder:
            wrong = rounds(each, arguments.seed + number, order, Path(folder))
        failed += bool(wrong)
        print(f"{each} kills, {order}, seed {arguments.seed + number}: {wrong or 'equal'}")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
