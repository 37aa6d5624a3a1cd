"""Remove from a static list who cannot be mailed: a dry run unless told otherwise.

    export TAP_MARKETO_BASE_URL=... TAP_MARKETO_CLIENT_ID=... TAP_MARKETO_CLIENT_SECRET=...
    python examples/clean_static_list.py 1042            # shows whom it would remove
    python examples/clean_static_list.py 1042 --remove   # removes them

Leads stay in the database; only their membership ends. One call for 300 members, and one for 300
removals. The role of the API user needs the permissions Read-Only Lead and, to remove, Read-Write
Lead.
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
    """Find the members who cannot be mailed, and remove them if told so."""
    parser = argparse.ArgumentParser(description="Remove who cannot be mailed from a static list.")
    parser.add_argument("list_id", type=int, help="id of the static list")
    parser.add_argument("--remove", action="store_true", help="do it; otherwise only show whom")
    arguments = parser.parse_args()
    try:
        with MarketoClient.from_env(max_calls_per_20_seconds=20) as client:
            # The whole list first: a removed lead leaves it, and the pages would shift.
            found = unmailable(client, arguments.list_id)
            failed = remove(client, arguments.list_id, found) if arguments.remove else show(found)
    except (MarketoError, ValueError) as error:
        sys.exit(f"{error}")
    sys.exit(1 if failed else 0)


def unmailable(client: MarketoClient, list_id: int) -> dict[int, str]:
    """The members of a list who cannot be mailed, with the reason.

    Args:
        client: Client for the instance.
        list_id: Id of the static list.
    """
    path = f"/rest/v1/lists/{list_id}/leads.json"
    members = token_pages(client, path, {"fields": ",".join(("id", "email", *REASONS))})
    reasons = {lead["id"]: reason(lead) for lead in members}
    return {lead: why for lead, why in reasons.items() if why}


def reason(lead: dict[str, Any]) -> str:
    """Why a lead cannot be mailed; empty when it can be.

    Args:
        lead: With the fields that decide.
    """
    if not lead.get("email"):
        return "no e-mail address"
    return ", ".join(name for name in REASONS if lead.get(name))


def show(found: dict[int, str]) -> int:
    """Show who would be removed.

    Args:
        found: Reasons by lead.
    """
    for lead, why in found.items():
        print(f"{lead}  {why}")
    print(f"{len(found)} members cannot be mailed. Nobody was removed; --remove does it.")
    return 0


def remove(client: MarketoClient, list_id: int, found: dict[int, str]) -> int:
    """Remove members.

    Args:
        client: Client for the instance.
        list_id: Id of the static list.
        found: Reasons by lead.

    Returns:
        How many were not removed.
    """
    done = remove_from_list(client, list_id, found)
    for one in done:
        told = "removed" if one.ok else f"{one.status}: {'; '.join(one.reasons)}"
        print(f"{one.item}  {found[one.item]}  {told}")
    removed = sum(one.ok for one in done)
    print(f"{removed} of {len(done)} members removed.")
    return len(done) - removed


if __name__ == "__main__":
    main()
