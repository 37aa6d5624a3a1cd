"""Approve all draft emails of an instance, with the tap's client: a dry run unless told otherwise.

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
    """List the drafts, and approve them if told so."""
    parser = argparse.ArgumentParser(description="Approve all draft emails of an instance.")
    parser.add_argument("--approve", action="store_true", help="do it; otherwise only list them")
    arguments = parser.parse_args()
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        parser.error(f"set {', '.join(missing)}")
    try:
        # A fifth of the instance's calls, so that others get theirs.
        with MarketoClient(
            *(os.environ[name] for name in VARIABLES), max_calls_per_20_seconds=20
        ) as client:
            # The whole list first: an approved email leaves it, and the others would move up.
            drafts = list(offset_pages(client, EMAILS, {"status": "draft"}))
            failed = approve(client, drafts) if arguments.approve else show(drafts)
    except (MarketoError, ValueError) as error:
        sys.exit(f"{error}")
    sys.exit(1 if failed else 0)


def show(drafts: list[dict[str, Any]]) -> int:
    """Say what would be approved.

    Args:
        drafts: The emails.
    """
    for email in drafts:
        print(f"{email['id']}  {email['name']}")
    print(f"{len(drafts)} drafts. Nothing was approved; --approve does it.")
    return 0


def approve(client: MarketoClient, drafts: list[dict[str, Any]]) -> int:
    """Approve the drafts, one after the other.

    Args:
        client: Of the instance.
        drafts: The emails.

    Returns:
        How many are not known to be approved.

    Raises:
        MarketoError: None of the others would fare better.
    """
    failed = 0
    for email in drafts:
        told = f"{email['id']}  {email['name']}"
        try:
            client.post(f"/rest/asset/v1/email/{email['id']}/approveDraft.json")
        except AccessDeniedError as error:
            error.hint = "The role of the API user needs the permission Approve Assets."
            raise
        except OutcomeUnknownError as error:
            failed += 1
            print(f"{told}: may be approved or not ({error.reason}); run again to see.")
        except ResponseError as error:
            if type(error) is not ResponseError:  # a limit, or the way to Marketo
                raise
            failed += 1
            print(f"{told}: not approved: {error.summary}")
        else:
            print(f"{told}: approved")
    print(f"{len(drafts) - failed} of {len(drafts)} drafts approved.")
    return failed


if __name__ == "__main__":
    main()
