"""`marketo-sandbox`: a local Marketo on the command line."""

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
    ("seed", "the same seed makes the same data"),
    ("leads", "how many"),
    ("activities", "how many"),
    ("activity-types", "how many, custom ones included"),
    ("assets", "how many of each kind"),
    ("time-scale", "sandbox seconds in a real second"),
    ("status-refresh-seconds", "how old the state of a job may be that a caller sees"),
    ("token-seconds", "life of an access token"),
    ("import-seconds", "how long a bulk import runs"),
    ("largest-export-days", "exports of more days fail; 0 lets none fail"),
    ("late-sends", "seconds after its date at which Send Email can be read"),
    ("calls-per-20-seconds", "limit"),
    ("concurrent-calls", "limit"),
    ("daily-calls", "limit"),
    ("daily-export-mb", "limit"),
    ("download-bytes-per-second", "slows the transfer of files; 0 does not"),
)
MOMENTS = (
    ("now", "the time there at the start, instead of the real one"),
    ("start", "when the first lead was created, instead of a year before"),
)
SWITCHES = (
    ("without-smart-lists", "the subscription lacks the filters for smart lists"),
    ("ignore-header-names", "columnHeaderNames has no effect"),
    ("attributes-as-list", "activity attributes as the specification spells them"),
    ("plain-quota-text", "a spent allocation is told without a number"),
    ("rough", "awkward values in the data, and lists whose pages are odd"),
    ("native-crm", "a CRM is synced natively: companies and their kin are off (1018)"),
    ("designer-lists", "lists of the new designer without counts, as its guides show them"),
    ("token-in-query", "the access token is taken from the query too"),
    ("without-retention", "no activity is ever too old to be read"),
)


def main() -> None:
    """Serve until a signal ends it."""
    parser = _parser()
    values = vars(parser.parse_args())
    port_file: str | None = values.pop("port_file", None)
    values["retention"] = not values.pop("without_retention")
    for name in ("without_updated_at", "hidden_fields"):
        values[name] = tuple(values[name])
    users: list[tuple[str, str, tuple[str, ...] | None]] = values.pop("user")
    if users:
        values["users"] = {one: secret for one, secret, _ in users}
        values["permissions"] = {one: may for one, _, may in users if may is not None}
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
            f"  what goes on   {sandbox.base_url}/_sandbox/summary",
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
    add("--port", type=int, default=8765, help="0 takes any free one")
    add("--host", default=defaults.host, help="address on which it listens")
    add("--port-file", default=argparse.SUPPRESS, help="file for the base URL, once it answers")
    for name, help_text in MOMENTS:
        add(f"--{name}", type=_moment, default=argparse.SUPPRESS, help=help_text)
    add("--job-seconds", type=_seconds, default=defaults.job_seconds,
        help="how long an export job runs; 5-20 draws from a range")  # fmt: skip
    for name, help_text in NUMBERS:
        default = getattr(defaults, name.replace("-", "_"))
        add(f"--{name}", type=type(default), default=default, help=help_text)
    add("--without-updated-at", action="append", choices=OBJECT_TYPES, default=[],
        help="an object type whose updatedAt filter the subscription lacks (1035)")  # fmt: skip
    add("--canceled-spelling", choices=("Cancelled", "Canceled"),
        default=defaults.canceled_spelling, help="of a cancelled job")  # fmt: skip
    add("--tls", default=defaults.tls, metavar="FILE",
        help="serve HTTPS; FILE becomes the certificate of its throw-away authority")  # fmt: skip
    add("--member-booleans", choices=("words", "digits"), default=defaults.member_booleans,
        help="how files of program members spell booleans")  # fmt: skip
    add("--hidden-fields", action="append", default=[], metavar="NAME",
        help="a lead field that describe lists and exports refuse (1003)")  # fmt: skip
    add("--user", action="append", type=_user, default=[], metavar="ID:SECRET[:PERMISSION,...]",
        help="an API user, and what it may do; several instead of the two of old")  # fmt: skip
    add("--member-headers", choices=("display", "rest"), default=defaults.member_headers,
        help="names in the header of files of program members")  # fmt: skip
    for name, help_text in SWITCHES:
        add(f"--{name}", action="store_true", help=help_text)
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


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
