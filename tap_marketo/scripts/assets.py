"""E-mails, landing pages and forms: approve, withdraw, copy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient

AssetKind = Literal["email", "form", "landing_page"]
_PATHS: dict[str, str] = {"email": "email", "form": "form", "landing_page": "landingPage"}


def approve(client: MarketoClient, kind: AssetKind, asset_id: int) -> dict[str, Any]:
    """Approve the draft of an asset, which then is live.

    Args:
        client: Client for the instance.
        kind: `email`, `form` or `landing_page`.
        asset_id: Id of the asset.

    Returns:
        Marketo's answer, as a rule the id alone.

    Raises:
        OutcomeUnknownError: The draft may be approved or not: look before you repeat.
        ResponseError: It is not approved, for example because there is no draft (709).

    Source: emails.md, forms.md, landing-pages.md
    """
    return _act(client, kind, asset_id, "approveDraft")


def unapprove(client: MarketoClient, kind: AssetKind, asset_id: int) -> dict[str, Any]:
    """Withdraw the approval of an e-mail or a landing page.

    Args:
        client: Client for the instance.
        kind: `email` or `landing_page`; Marketo cannot withdraw a form.
        asset_id: Id of the asset.

    Returns:
        Marketo's answer, as a rule the id alone.

    Raises:
        ValueError: `kind` is `form`.
        OutcomeUnknownError: It may be approved or not: look before you repeat.
        ResponseError: It stays approved, for example because something uses it (709).

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
        Marketo's answer, as a rule the id alone.

    Raises:
        OutcomeUnknownError: The draft may be gone or not: look before you repeat.
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
    """Copy an asset.

    Args:
        client: Client for the instance.
        kind: `email`, `form` or `landing_page`.
        asset_id: Id of the asset to copy.
        name: Name of the copy; no other asset of the kind may have it.
        folder_id: Id of the folder or program of the copy.
        folder_type: What `folder_id` names.
        description: Description of the copy.

    Returns:
        The copy.

    Raises:
        OutcomeUnknownError: There may be a copy or not: look for its name before you repeat.
        ResponseError: There is no copy.

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
