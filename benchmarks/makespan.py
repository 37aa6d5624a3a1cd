"""Duration of a sync of a year, compared with the minimum that Marketo's queue allows.

All durations are in sandbox time, which runs faster than real time. The minimum is the sum of the
job durations over two slots, plus one refresh of the status.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from marketo_sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from marketo_sandbox.queue import Job

REFRESH = 60.0
TAP = Path(sys.executable).parent / "tap-marketo"


def main() -> None:
    """Run the sync with four jobs in the queue, and with one at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=40.0, help="sandbox seconds per real second")
    parser.add_argument("--seconds", type=float, nargs=2, default=(120.0, 600.0))
    parser.add_argument("--jobs", type=int, nargs="*", default=(4, 1), help="export_max_jobs")
    arguments = parser.parse_args()
    print("| export_max_jobs | jobs | bound | makespan | ratio | calls a window | polls | queued |")
    print("|---|---|---|---|---|---|---|---|")
    for max_jobs in arguments.jobs:
        print(measure(max_jobs, arguments.scale, tuple(arguments.seconds)), flush=True)


def measure(max_jobs: int, scale: float, seconds: tuple[float, float]) -> str:
    """Run one sync, and return its row of the table.

    Args:
        max_jobs: Value of the setting `export_max_jobs`.
        scale: Sandbox seconds per real second.
        seconds: Range of the job durations.
    """
    options = SandboxOptions(
        leads=2000,
        activities=10_000,
        time_scale=scale,
        job_seconds=seconds,
        status_refresh_seconds=REFRESH,
        calls_per_20_seconds=10_000,
    )
    with Sandbox(options) as sandbox, tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        start = sandbox.instance.clock.now() - timedelta(days=366)
        config.write_text(
            json.dumps(
                {
                    "base_url": sandbox.base_url,
                    "client_id": sandbox.client_id,
                    "client_secret": sandbox.client_secret,
                    "start_date": start.isoformat(),
                    "export_poll_interval_seconds": REFRESH / scale,
                    "export_max_jobs": max_jobs,
                    "max_calls_per_20_seconds": 100,
                }
            ),
            encoding="utf-8",
        )
        subprocess.run(
            [TAP, "--config", config],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = sandbox.instance.clock.now()
        return _row(
            max_jobs, sandbox, sandbox.jobs, (end - sandbox.jobs[0].created).total_seconds()
        )


def _row(max_jobs: int, sandbox: Sandbox, jobs: list[Job], makespan: float) -> str:
    bound = sum(job.seconds for job in jobs) / 2 + REFRESH
    polls = sum(call.path.endswith("/export.json") for call in sandbox.log)
    bulk = sum(call.path.startswith("/bulk/") for call in sandbox.log)
    queued = max(sandbox.instance.queue.most_queued.values())
    return (
        f"| {max_jobs} | {len(jobs)} | {bound:.0f} s | {makespan:.0f} s | {makespan / bound:.2f}"
        f" | {(bulk - polls) / len(jobs):.2f} | {polls} | {queued} |"
    )


if __name__ == "__main__":
    main()
