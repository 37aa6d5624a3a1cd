"""Overlap of downloads and writes: whether the next file is downloaded during a write.

The sandbox sends files as slowly as the reader of the tap's stdout reads messages. Without overlap,
the run would take twice as long.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from marketo_sandbox import Sandbox, SandboxOptions

TAP = Path(sys.executable).parent / "tap-marketo"
CHUNK = 64 * 1024


def main() -> None:
    """Measure with fast and slow transfer, and with a fast and a slow reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=40.0, help="seconds to transfer, and to read"
    )
    parser.add_argument("--leads", type=int, default=12_000)
    arguments = parser.parse_args()
    size, written = measure(arguments.leads, 0, 0)[1:]
    transfer, reading = int(size / arguments.seconds), int(written / arguments.seconds)
    slow_transfer = measure(arguments.leads, transfer, 0)[0]
    slow_reader = measure(arguments.leads, 0, reading)[0]
    both = measure(arguments.leads, transfer, reading)[0]
    print("| slow transfer | slow reader | both | both / longer | in turn would be |")
    print("|---|---|---|---|---|")
    longer = max(slow_transfer, slow_reader)
    print(
        f"| {slow_transfer:.1f} s | {slow_reader:.1f} s | {both:.1f} s | {both / longer:.2f}"
        f" | {(slow_transfer + slow_reader) / longer:.2f} |"
    )


def measure(leads: int, transfer: int, reading: int) -> tuple[float, int, int]:
    """Run one sync of a year of leads.

    Args:
        leads: Number of leads in the sandbox.
        transfer: Bytes per second that the sandbox sends; 0 for no limit.
        reading: Bytes per second read from stdout; 0 for no limit.

    Returns:
        Seconds from the first message to the end, bytes of all files, bytes of all messages.
    """
    options = SandboxOptions(
        leads=leads,
        activities=10,
        job_seconds=0,
        status_refresh_seconds=0,
        calls_per_20_seconds=10_000,
        download_bytes_per_second=transfer,
    )
    with Sandbox(options) as sandbox, tempfile.TemporaryDirectory() as folder:
        config, catalog = Path(folder) / "config.json", Path(folder) / "catalog.json"
        start = sandbox.instance.clock.now() - timedelta(days=366)
        settings = {
            "base_url": sandbox.base_url,
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "start_date": start.isoformat(),
            "export_poll_interval_seconds": 0.2,
            "max_calls_per_20_seconds": 100,
        }
        config.write_text(json.dumps(settings), encoding="utf-8")
        discovered = subprocess.run(
            [TAP, "--config", config, "--discover"], check=True, capture_output=True
        )
        streams = [
            stream
            for stream in json.loads(discovered.stdout)["streams"]
            if stream["stream"] == "leads"
        ]
        catalog.write_text(json.dumps({"streams": streams}), encoding="utf-8")
        command = [TAP, "--config", config, "--catalog", catalog]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            seconds, written = read(process, reading)
        if process.returncode:
            sys.exit(f"The tap failed with exit code {process.returncode}.")
        return seconds, sum((job.file.size if job.file else 0) for job in sandbox.jobs), written


def read(process: subprocess.Popen[bytes], speed: int) -> tuple[float, int]:
    """Read all messages with a maximum speed.

    Args:
        process: Process of the tap.
        speed: Bytes per second; 0 for no limit.

    Returns:
        Seconds from the first message to the end, and bytes.
    """
    total, began = 0, 0.0
    while process.stdout and (chunk := process.stdout.read1(CHUNK)):
        began = began or time.monotonic()
        total += len(chunk)
        if speed:
            time.sleep(max(0.0, began + total / speed - time.monotonic()))
    return time.monotonic() - began, total


if __name__ == "__main__":
    main()
