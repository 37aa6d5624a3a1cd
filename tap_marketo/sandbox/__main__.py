"""`marketo-sandbox`: a local Marketo on the command line."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path

from tap_marketo.sandbox import Sandbox, SandboxOptions


def main() -> None:
    """Serve until a signal ends it."""
    arguments = _parser().parse_args()
    port_file: str | None = arguments.port_file
    values = {name: value for name, value in vars(arguments).items() if name != "port_file"}
    options = SandboxOptions(**values)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Sandbox(options) as sandbox:
        print(  # noqa: T201
            f"Marketo sandbox at {sandbox.base_url}\n"
            f"  client id      {sandbox.client_id}\n"
            f"  client secret  {sandbox.client_secret}\n"
            f"  what goes on   {sandbox.base_url}/_sandbox/summary",
            flush=True,
        )
        if port_file:
            Path(port_file).write_text(sandbox.base_url, encoding="utf-8")
        stop.wait()
    sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    defaults = SandboxOptions()
    parser = argparse.ArgumentParser(prog="marketo-sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="0 takes any free one")
    parser.add_argument("--port-file", help="where to write the base URL once it answers")
    parser.add_argument("--start", type=_moment, help="when the first lead was created")
    for name, help_text in (
        ("seed", "the same seed makes the same data"),
        ("leads", "how many"),
        ("activities", "how many"),
        ("activity-types", "how many, custom ones included"),
        ("time-scale", "sandbox seconds in a real second"),
        ("job-seconds", "how long an export job runs"),
        ("status-refresh-seconds", "how old the state of a job may be that a caller sees"),
        ("token-seconds", "life of an access token"),
        ("calls-per-20-seconds", "limit"),
        ("concurrent-calls", "limit"),
        ("daily-calls", "limit"),
        ("daily-export-mb", "limit"),
    ):
        default = getattr(defaults, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=type(default), default=default, help=help_text)
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


if __name__ == "__main__":
    main()
