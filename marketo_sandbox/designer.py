"""Assets of the new designer: filtered by workspace and date, paged by index."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import request

from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.library import Library
    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]
PAGE = 50
KINDS = {
    "emails_v2": ("email", "Access Email"),
    "email_templates_v2": ("emailtemplate", "Access Email Template"),
    "fragments_v2": ("fragment", "Access Snippet"),
}
"""The word in the path, and the permission, by the name of the kind."""


def is_variant(number: int) -> bool:
    """Whether an email is a variant of an A/B test, counted but not given out.

    Two workspaces share the numbers, so that the second page of each holds nothing else.
    """
    return number % 5 == 4 or 2 * PAGE <= number < 4 * PAGE  # noqa: PLR2004


def records(library: Library, count: int) -> dict[str, list[Record]]:
    """The assets of each kind.

    Args:
        library: With its workspaces.
        count: How many of each.
    """
    workspaces = [one["id"] for one in library.records["workspaces"]] or [1]
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


def filtered(name: str) -> Callable[..., Answer]:
    """The endpoint that lists a kind.

    Args:
        name: Of the kind.
    """

    def answer(instance: Instance, _: Call) -> Answer:
        _refuse_foreign()
        workspace = request.args.get("workspaceId")
        if not workspace:
            raise Refused("1002", "Missing value for required parameter 'workspaceId'")
        earliest = request.args.get("modifiedAtStart", "")
        latest = request.args.get("modifiedAtEnd", "9")
        found = [
            (number, one)
            for number, one in enumerate(instance.library.records[name])
            if one["appData"]["workspaceId"] == workspace
            and earliest <= one["metadata"]["modifiedAt"] <= latest
        ]
        size = int(request.args.get("pageSize", 20))
        if size > PAGE:
            raise Refused("1003", "pageSize must not exceed 50")
        page = int(request.args.get("pageIndex", 0))
        shown = [
            one
            for number, one in found[page * size : (page + 1) * size]
            if name != "emails_v2" or not is_variant(number)
        ]
        told = [{"type": "WARNING", "code": "1000", "message": "Variants of A/B tests left out"}]
        return {
            "result": {
                "items": shown,
                "totalItems": len(found),
                "pageSize": size,
                "currentPage": page,
            },
            "errors": told if name == "emails_v2" else [],
        }

    return answer


def detail(name: str) -> Callable[..., Answer]:
    """The endpoint that gives out one asset with its content.

    Args:
        name: Of the kind.
    """

    def answer(instance: Instance, _: Call, asset_id: str) -> Answer:
        _refuse_foreign()
        for one in instance.library.records[name]:
            if one["id"] == asset_id:
                return {"result": [{**one, "data": content(one)}]}
        raise Refused("1013", "Asset not found")

    return answer


def content(one: Record) -> Record:
    """What is in an asset.

    Args:
        one: The asset.
    """
    return {
        "html": {"body": f"<p>{one['name']}</p>"},
        "text": {"body": one["name"], "syncFromHtml": True},
    }


def _refuse_foreign() -> None:
    if request.headers.get("x-app-type") != "marketo":
        raise Refused("1002", "Missing value for required header 'x-app-type'")
