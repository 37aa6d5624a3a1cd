"""Writes of assets: approve, unapprove, delete and clone emails and landing pages; tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.assets import existing
from marketo_sandbox.api.parts import folder
from marketo_sandbox.api.route import POST, Route
from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused
from marketo_sandbox.quirks import ASSETS, spelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]
_KINDS = {"emails": "email", "landing_pages": "landingPage"}
TOKEN_TYPES = ("date", "number", "rich text", "score", "sfdc campaign", "text")


def _state(name: str, old: str, new: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, number: str) -> Answer:
        asset = existing(instance, name, number)
        if asset["status"] != old:
            raise Refused("709", f"The asset is not {old}")
        asset |= {"status": new, "updatedAt": iso(instance.world.second())}
        return {"result": [{"id": asset["id"]}]}

    return answer


def _delete(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, number: str) -> Answer:
        asset = existing(instance, name, number)
        if asset["status"] == "approved":
            raise Refused("709", "An approved asset cannot be deleted")
        instance.library.records[name].remove(asset)
        return {"result": [{"id": asset["id"]}]}

    return answer


def _clone(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, number: str) -> Answer:
        asset, new = existing(instance, name, number), parameters.required("name")
        where = parameters.folder("folder")
        if where is None:
            raise Refused("1002", "Missing value for required parameter 'folder'")
        parent = folder(instance, str(where[0]), where[1])
        records = instance.library.records[name]
        if any(record["name"] == new for record in records):
            raise Refused("709", "An asset of this name is there already")
        now = iso(instance.world.second())
        made = {
            **asset,
            "id": max(record["id"] for record in records) + 1,
            "name": new,
            "description": parameters.text("description") or asset["description"],
            "status": "draft",
            "folder": {"type": where[1], "value": where[0], "folderName": parent["name"]},
            "createdAt": now,
            "updatedAt": now,
        }
        records.append(made)
        return {"result": [spelled(made, ASSETS)]}

    return answer


def _token(instance: Instance, _: Call, number: str) -> Answer:
    kind = parameters.text("folderType", "Folder").title()
    folder(instance, number, kind)
    name, form = parameters.required("name"), parameters.required("type")
    if form not in TOKEN_TYPES:
        raise Refused("1003", f"Invalid value '{form}' for type")
    tokens = instance.library.tokens(kind, int(number))
    made = {
        "name": name,
        "type": form,
        "value": parameters.text("value"),
        "computedUrl": f"/{number}",
    }
    tokens[:] = [*(token for token in tokens if token["name"] != name), made]
    return {"result": [{"folder": {"type": kind, "value": int(number)}, "tokens": [made]}]}


def _delete_token(instance: Instance, _: Call, number: str) -> Answer:
    kind = parameters.text("folderType", "Folder").title()
    folder(instance, number, kind)
    name = parameters.required("name")
    tokens = instance.library.tokens(kind, int(number))
    if name not in {token["name"] for token in tokens}:
        raise Refused("702", f"Token '{name}' not found")
    tokens[:] = [token for token in tokens if token["name"] != name]
    return {"result": [{"id": int(number)}]}


_A1 = "/rest/asset/v1"
_APPROVE, _WRITE = "Approve Assets", "Read-Write Asset"
ROUTES = (
    *(
        Route(rf"{_A1}/{word}/(\d+)/{step}\.json", handler(name), right, POST)
        for name, word in _KINDS.items()
        for step, handler, right in (
            ("approveDraft", lambda name: _state(name, "draft", "approved"), _APPROVE),
            ("unapprove", lambda name: _state(name, "approved", "draft"), _APPROVE),
            ("delete", _delete, _WRITE),
            ("clone", _clone, _WRITE),
        )
    ),
    Route(rf"{_A1}/folder/(\d+)/tokens\.json", _token, _WRITE, POST),
    Route(rf"{_A1}/folder/(\d+)/tokens/delete\.json", _delete_token, _WRITE, POST),
)
