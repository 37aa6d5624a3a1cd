"""Approve all draft emails of an instance with the tap's client; a dry run by default.

    export TAP_MARKETO_BASE_URL=... TAP_MARKETO_CLIENT_ID=... TAP_MARKETO_CLIENT_SECRET=...
    python examples/approve_draft_emails.py             # lists the drafts
    python examples/approve_draft_emails.py --approve   # approves them

The role of the API user needs the permissions Read-Only Asset and Approve Assets.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from tap_marketo.client import MarketoClient, offset_pages
from tap_marketo.client.errors import (
    AccessDeniedError,
    MarketoError,
    OutcomeUnknownError,
    ResponseError,
)

EMAILS = "/rest/asset/v1/emails.json"
VARIABLES = ("TAP_MARKETO_BASE_URL", "TAP_MARKETO_CLIENT_ID", "TAP_MARKETO_CLIENT_SECRET")


def main() -> None:
    """List the drafts, and approve them with `--approve`."""
    parser = argparse.ArgumentParser(description="Approve all draft emails of an instance.")
    parser.add_argument(
        "--approve", action="store_true", help="approve the drafts; default: list them"
    )
    arguments = parser.parse_args()
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        parser.error(f"set {', '.join(missing)}")
    try:
        # Use a fifth of the instance's rate limit, to leave calls for others.
        with MarketoClient(
            *(os.environ[name] for name in VARIABLES), max_calls_per_20_seconds=20
        ) as client:
            # Read the whole list first: approvals would shift its pages.
            drafts = list(offset_pages(client, EMAILS, {"status": "draft"}))
            failed = approve(client, drafts) if arguments.approve else show(drafts)
    except (MarketoError, ValueError) as error:
        sys.exit(f"{error}")
    sys.exit(1 if failed else 0)


def show(drafts: list[dict[str, Any]]) -> int:
    """Print the drafts that would be approved.

    Args:
        drafts: Draft emails.
    """
    for email in drafts:
        print(f"{email['id']}  {email['name']}")
    print(f"{len(drafts)} drafts. Run with --approve to approve them.")
    return 0


def approve(client: MarketoClient, drafts: list[dict[str, Any]]) -> int:
    """Approve the drafts one by one.

    Args:
        client: Client for the instance.
        drafts: Draft emails.

    Returns:
        Number of drafts that may not be approved.

    Raises:
        MarketoError: An error that would fail the other drafts, too.
    """
    failed = 0
    for email in drafts:
        title = f"{email['id']}  {email['name']}"
        try:
            client.post(f"/rest/asset/v1/email/{email['id']}/approveDraft.json")
        except AccessDeniedError as error:
            error.hint = "The role of the API user needs the permission Approve Assets."
            raise
        except OutcomeUnknownError as error:
            failed += 1
            print(f"{title}: may or may not be approved ({error.reason}). Run again to check.")
        except ResponseError as error:
            if type(error) is not ResponseError:  # a limit, or the way to Marketo
                raise
            failed += 1
            print(f"{title}: not approved: {error.summary}")
        else:
            print(f"{title}: approved")
    print(f"{len(drafts) - failed} of {len(drafts)} drafts approved.")
    return failed


if __name__ == "__main__":
    main()
