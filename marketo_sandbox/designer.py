"""Assets of the new designer: filtered by workspace and date, paged by index."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from marketo_sandbox.library import Library

Record = dict[str, Any]
PAGE = 50
KINDS = {
    "emails_v2": ("email", "Access Email"),
    "email_templates_v2": ("emailtemplate", "Access Email Template"),
    "fragments_v2": ("fragment", "Access Snippet"),
}
"""Path segment and permission, by kind."""


def is_variant(number: int) -> bool:
    """Whether an email is a variant of an A/B test, which is counted but not returned.

    Two workspaces share the numbers, so the second page of each contains only variants.
    """
    return number % 5 == 4 or 2 * PAGE <= number < 4 * PAGE  # noqa: PLR2004


def records(library: Library, count: int) -> dict[str, list[Record]]:
    """The assets of each kind.

    Args:
        library: Library with its workspaces.
        count: Number of assets of each kind.
    """
    workspaces = [workspace["id"] for workspace in library.records["workspaces"]] or [1]
    start = library.start
    return {
        name: [
            _record(name, number, workspaces[number % len(workspaces)], start)
            for number in range(count)
        ]
        for name in KINDS
    }


def _record(name: str, number: int, workspace: int, start: Any) -> Record:
    created = start + timedelta(hours=number)
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {number}")),
        "name": f"{name} {number}",
        "description": None if number % 2 else f"description {number}",
        "appType": "marketo",
        "status": ("DRAFT", "APPROVED")[number % 2],
        "state": ("draft", "approved")[number % 2],
        "metadata": {
            "createdBy": "ada@example.com",
            "createdAt": iso(created),
            "modifiedAt": iso(created + timedelta(hours=1)),
        },
        "appData": {"editorType": "NEW", "folderId": "15", "workspaceId": str(workspace)},
        "externalId": str(number),
    }


def content(asset: Record) -> Record:
    """The content of an asset.

    Args:
        asset: The asset.
    """
    return {
        "html": {"body": f"<p>{asset['name']}</p>"},
        "text": {"body": asset["name"], "syncFromHtml": True},
    }
