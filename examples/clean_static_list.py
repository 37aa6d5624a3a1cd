"""Remove leads that cannot receive email from a static list; a dry run by default.

    export TAP_MARKETO_BASE_URL=... TAP_MARKETO_CLIENT_ID=... TAP_MARKETO_CLIENT_SECRET=...
    python examples/clean_static_list.py 1042            # lists the leads
    python examples/clean_static_list.py 1042 --remove   # removes them

The leads stay in the database. It takes one call per 300 members, and one per 300 removals. The
role of the API user needs the permission Read-Only Lead and, to remove leads, Read-Write Lead.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from tap_marketo.client import MarketoClient, token_pages
from tap_marketo.client.errors import MarketoError
from tap_marketo.scripts import remove_from_list

REASONS = ("unsubscribed", "emailInvalid", "marketingSuspended")


def main() -> None:
    """Find members that cannot receive email, and remove them with `--remove`."""
    parser = argparse.ArgumentParser(
        description="Remove leads that cannot receive email from a static list."
    )
    parser.add_argument("list_id", type=int, help="id of the static list")
    parser.add_argument(
        "--remove", action="store_true", help="remove the leads; default: list them"
    )
    arguments = parser.parse_args()
    try:
        with MarketoClient.from_env(max_calls_per_20_seconds=20) as client:
            # Read the whole list first: removals would shift its pages.
            reasons = unmailable(client, arguments.list_id)
            failed = (
                remove(client, arguments.list_id, reasons) if arguments.remove else show(reasons)
            )
    except (MarketoError, ValueError) as error:
        sys.exit(f"{error}")
    sys.exit(1 if failed else 0)


def unmailable(client: MarketoClient, list_id: int) -> dict[int, str]:
    """Members of a list that cannot receive email, with the reason.

    Args:
        client: Client for the instance.
        list_id: Id of the static list.
    """
    path = f"/rest/v1/lists/{list_id}/leads.json"
    members = token_pages(client, path, {"fields": ",".join(("id", "email", *REASONS))})
    reasons = {lead["id"]: reason(lead) for lead in members}
    return {lead: why for lead, why in reasons.items() if why}


def reason(lead: dict[str, Any]) -> str:
    """Why a lead cannot receive email; empty if it can.

    Args:
        lead: Lead with the relevant fields.
    """
    if not lead.get("email"):
        return "no email address"
    return ", ".join(name for name in REASONS if lead.get(name))


def show(reasons: dict[int, str]) -> int:
    """Print the members that would be removed.

    Args:
        reasons: Reasons by lead.
    """
    for lead, why in reasons.items():
        print(f"{lead}  {why}")
    print(f"{len(reasons)} members cannot receive email. Run with --remove to remove them.")
    return 0


def remove(client: MarketoClient, list_id: int, reasons: dict[int, str]) -> int:
    """Remove members.

    Args:
        client: Client for the instance.
        list_id: Id of the static list.
        reasons: Reasons by lead.

    Returns:
        Number of members that were not removed.
    """
    done = remove_from_list(client, list_id, reasons)
    for outcome in done:
        result = "removed" if outcome.ok else f"{outcome.status}: {'; '.join(outcome.reasons)}"
        print(f"{outcome.item}  {reasons[outcome.item]}  {result}")
    removed = sum(outcome.ok for outcome in done)
    print(f"{removed} of {len(done)} members removed.")
    return len(done) - removed


if __name__ == "__main__":
    main()
