"""Approve all draft emails of an instance; without --approve, only list them.

    export TAP_MARKETO_BASE_URL=... TAP_MARKETO_CLIENT_ID=... TAP_MARKETO_CLIENT_SECRET=...
    python examples/approve_draft_emails.py             # shows what it would approve
    python examples/approve_draft_emails.py --approve   # approves

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
    """List the drafts, and approve them with --approve."""
    parser = argparse.ArgumentParser(description="Approve all draft emails of an instance.")
    parser.add_argument("--approve", action="store_true", help="do it; otherwise only list them")
    arguments = parser.parse_args()
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        parser.error(f"set {', '.join(missing)}")
    try:
        # A fifth of the instance's limit leaves calls to others.
        with MarketoClient(
            *(os.environ[name] for name in VARIABLES), max_calls_per_20_seconds=20
        ) as client:
            # Read the whole list first: an approved email leaves it, and the others move up.
            drafts = list(offset_pages(client, EMAILS, {"status": "draft"}))
            failed = approve(client, drafts) if arguments.approve else show(drafts)
    except (MarketoError, ValueError) as error:
        sys.exit(f"{error}")
    sys.exit(1 if failed else 0)


def show(drafts: list[dict[str, Any]]) -> int:
    """List the emails without approving them.

    Args:
        drafts: Draft emails.
    """
    for email in drafts:
        print(f"{email['id']}  {email['name']}")
    print(f"{len(drafts)} drafts. Nothing was approved; --approve does it.")
    return 0


def approve(client: MarketoClient, drafts: list[dict[str, Any]]) -> int:
    """Approve the drafts, one after the other.

    Args:
        client: Client for the instance.
        drafts: Draft emails.

    Returns:
        Number of emails that may not be approved.

    Raises:
        MarketoError: An error that would also stop the other approvals.
    """
    failed = 0
    for email in drafts:
        label = f"{email['id']}  {email['name']}"
        try:
            client.post(f"/rest/asset/v1/email/{email['id']}/approveDraft.json")
        except AccessDeniedError as error:
            error.hint = "The role of the API user needs the permission Approve Assets."
            raise
        except OutcomeUnknownError as error:
            failed += 1
            print(f"{label}: may be approved or not ({error.reason}); run again to see.")
        except ResponseError as error:
            if type(error) is not ResponseError:  # a limit or the connection
                raise
            failed += 1
            print(f"{label}: not approved: {error.summary}")
        else:
            print(f"{label}: approved")
    print(f"{len(drafts) - failed} of {len(drafts)} drafts approved.")
    return failed


if __name__ == "__main__":
    main()
