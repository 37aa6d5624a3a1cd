"""`marketo-sandbox`: run a local Marketo."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from marketo_sandbox.options import OBJECT_TYPES, SandboxOptions

NUMBERS = (
    ("seed", "random seed; the same seed creates the same data"),
    ("leads", "number of leads"),
    ("activities", "number of activities"),
    ("activity-types", "number of activity types, including custom ones"),
    ("assets", "number of assets of each kind"),
    ("time-scale", "sandbox seconds per real second"),
    ("status-refresh-seconds", "maximum age of a job's visible status"),
    ("token-seconds", "lifetime of an access token"),
    ("import-seconds", "duration of a bulk import"),
    ("largest-export-days", "fail exports of more days; 0 for no limit"),
    ("late-sends", "seconds until a Send Email activity can be read"),
    ("calls-per-20-seconds", "rate limit"),
    ("concurrent-calls", "concurrency limit"),
    ("daily-calls", "daily call limit"),
    ("daily-export-mb", "daily export allocation"),
    ("download-bytes-per-second", "speed of file downloads; 0 for no limit"),
)
TIMES = (
    ("now", "sandbox time at the start (default: the real time)"),
    ("start", "creation time of the first lead (default: a year before)"),
)
SWITCHES = (
    ("without-smart-lists", "the subscription lacks the filters for smart lists"),
    ("ignore-header-names", "columnHeaderNames has no effect"),
    ("attributes-as-list", "format activity attributes as in the specification"),
    ("plain-quota-text", "omit the number in the error of a spent allocation"),
    ("rough", "add awkward values to the data, and gaps to pages of lists"),
    ("native-crm", "sync a CRM natively: refuse companies and similar objects (1018)"),
    ("designer-lists", "list assets of the new designer without counts, as in its guides"),
    ("token-in-query", "accept the access token in the query, too"),
    ("without-retention", "never purge old activities"),
)


def main() -> None:
    """Run the sandbox until a signal stops it."""
    parser = _parser()
    values = vars(parser.parse_args())
    port_file: str | None = values.pop("port_file", None)
    values["retention"] = not values.pop("without_retention")
    for name in ("without_updated_at", "hidden_fields"):
        values[name] = tuple(values[name])
    users: list[tuple[str, str, tuple[str, ...] | None]] = values.pop("user")
    if users:
        values["users"] = {user: secret for user, secret, _ in users}
        values["permissions"] = {user: rights for user, _, rights in users if rights is not None}
    try:
        options = SandboxOptions(**values)
    except ValueError as error:
        parser.error(str(error))
    try:
        from marketo_sandbox import Sandbox  # noqa: PLC0415 - it needs Flask
    except ImportError as error:
        sys.exit(str(error))
    logging.basicConfig(format="%(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Sandbox(options) as sandbox:
        if port_file:
            Path(port_file).write_text(sandbox.base_url, encoding="utf-8")
        print(  # noqa: T201
            f"Marketo sandbox at {sandbox.base_url}\n"
            f"  client id      {sandbox.client_id}\n"
            f"  client secret  {sandbox.client_secret}\n"
            f"  status         {sandbox.base_url}/_sandbox/summary",
            flush=True,
        )
        stop.wait()
    sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    defaults = SandboxOptions()
    parser = argparse.ArgumentParser(
        prog="marketo-sandbox",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add: Any = parser.add_argument
    add("--port", type=int, default=8765, help="port; 0 for any free port")
    add("--host", default=defaults.host, help="address to listen on")
    add("--port-file", default=argparse.SUPPRESS, help="file for the base URL, once it listens")
    for name, help_text in TIMES:
        add(f"--{name}", type=_time, default=argparse.SUPPRESS, help=help_text)
    add("--job-seconds", type=_seconds, default=defaults.job_seconds,
        help="duration of an export job; 5-20 for a random one in this range")  # fmt: skip
    for name, help_text in NUMBERS:
        default = getattr(defaults, name.replace("-", "_"))
        add(f"--{name}", type=type(default), default=default, help=help_text)
    add("--without-updated-at", action="append", choices=OBJECT_TYPES, default=[],
        help="object type without an updatedAt filter (1035)")  # fmt: skip
    add("--canceled-spelling", choices=("Cancelled", "Canceled"),
        default=defaults.canceled_spelling, help="status of a cancelled job")  # fmt: skip
    add("--tls", default=defaults.tls, metavar="FILE",
        help="serve HTTPS, and write its temporary authority's certificate to FILE")  # fmt: skip
    add("--member-booleans", choices=("words", "digits"), default=defaults.member_booleans,
        help="format of booleans in files of program members")  # fmt: skip
    add("--hidden-fields", action="append", default=[], metavar="NAME",
        help="lead field that describe calls list and exports refuse (1003)")  # fmt: skip
    add("--user", action="append", type=_user, default=[], metavar="ID:SECRET[:PERMISSION,...]",
        help="API user with its permissions, instead of the default users")  # fmt: skip
    add("--member-headers", choices=("display", "rest"), default=defaults.member_headers,
        help="names in the header of files of program members")  # fmt: skip
    for name, help_text in SWITCHES:
        add(f"--{name}", action="store_true", help=help_text)
    return parser


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _user(text: str) -> tuple[str, str, tuple[str, ...] | None]:
    client_id, _, rest = text.partition(":")
    secret, colon, permissions = rest.partition(":")
    if not client_id or not secret:
        raise ValueError(text)
    return client_id, secret, tuple(permissions.split(",")) if colon else None


def _seconds(text: str) -> float | tuple[float, float]:
    least, dash, most = text.partition("-")
    return (float(least), float(most)) if dash else float(least)


if __name__ == "__main__":
    main()
