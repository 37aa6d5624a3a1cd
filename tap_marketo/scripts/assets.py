"""Emails, landing pages and forms: approve, unapprove, discard drafts, clone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient

AssetKind = Literal["email", "form", "landing_page"]
_PATHS: dict[str, str] = {"email": "email", "form": "form", "landing_page": "landingPage"}


def approve(client: MarketoClient, kind: AssetKind, asset_id: int) -> dict[str, Any]:
    """Approve the draft of an asset and so make it live.

    Args:
        client: Client for the instance.
        kind: `email`, `form` or `landing_page`.
        asset_id: Id of the asset.

    Returns:
        Marketo's answer, usually only the id.

    Raises:
        OutcomeUnknownError: The draft may or may not be approved: check before repeating.
        ResponseError: The draft is not approved, for example because there is none (709).

    Source: emails.md, forms.md, landing-pages.md
    """
    return _act(client, kind, asset_id, "approveDraft")


def unapprove(client: MarketoClient, kind: AssetKind, asset_id: int) -> dict[str, Any]:
    """Withdraw the approval of an email or a landing page.

    Args:
        client: Client for the instance.
        kind: `email` or `landing_page`; Marketo cannot unapprove a form.
        asset_id: Id of the asset.

    Returns:
        Marketo's answer, usually only the id.

    Raises:
        ValueError: `kind` is `form`.
        OutcomeUnknownError: The asset may or may not be approved: check before repeating.
        ResponseError: The asset stays approved, for example because it is in use (709).

    Source: emails.md, landing-pages.md
    """
    if kind == "form":
        raise ValueError("Marketo has no call that withdraws the approval of a form")
    return _act(client, kind, asset_id, "unapprove")


def discard_draft(client: MarketoClient, kind: AssetKind, asset_id: int) -> dict[str, Any]:
    """Discard the draft of an asset; the approved version stays.

    Args:
        client: Client for the instance.
        kind: `email`, `form` or `landing_page`.
        asset_id: Id of the asset.

    Returns:
        Marketo's answer, usually only the id.

    Raises:
        OutcomeUnknownError: The draft may or may not be discarded: check before repeating.
        ResponseError: The draft stays.

    Source: emails.md, forms.md, landing-pages.md
    """
    return _act(client, kind, asset_id, "discardDraft")


def clone(
    client: MarketoClient,
    kind: AssetKind,
    asset_id: int,
    *,
    name: str,
    folder_id: int,
    folder_type: Literal["Folder", "Program"] = "Folder",
    description: str | None = None,
) -> dict[str, Any]:
    """Clone an asset.

    Args:
        client: Client for the instance.
        kind: `email`, `form` or `landing_page`.
        asset_id: Id of the asset to copy.
        name: Name of the copy, unique among assets of the kind.
        folder_id: Id of the folder or program of the copy.
        folder_type: Type of the container that `folder_id` names.
        description: Description of the copy.

    Returns:
        The copy.

    Raises:
        OutcomeUnknownError: The copy may or may not exist: look for its name before repeating.
        ResponseError: No copy was created.

    Source: emails.md, forms.md, landing-pages.md
    """
    form = {"name": name, "folder": json.dumps({"id": int(folder_id), "type": folder_type})}
    if description is not None:
        form["description"] = description
    return _act(client, kind, asset_id, "clone", form)


def _act(
    client: MarketoClient,
    kind: AssetKind,
    asset_id: int,
    action: str,
    form: dict[str, str] | None = None,
) -> dict[str, Any]:
    if kind not in _PATHS:
        raise ValueError(f"kind must be one of {', '.join(_PATHS)}")
    path = f"/rest/asset/v1/{_PATHS[kind]}/{int(asset_id)}/{action}.json"
    reply = client.post(path, data=form)
    return reply.result[0] if reply.result else {}
