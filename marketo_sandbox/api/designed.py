"""Assets of the new designer: filtered by workspace and date, paged by index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from marketo_sandbox.api import parameters
from marketo_sandbox.api.parameters import number, parse_time, required, text
from marketo_sandbox.api.route import POST, Route
from marketo_sandbox.designer import KINDS, PAGE, content, is_variant
from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]
MOST_AT_ONCE = 20
_SORTS = {"name", "createdAt", "modifiedAt", "createdOn", "modifiedOn", ""}


def _filtered(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call) -> Answer:
        _refuse_foreign()
        workspace = required("workspaceId")
        assets = [
            (number_of_asset, record)
            for number_of_asset, record in enumerate(instance.library.records[name])
            if record["appData"]["workspaceId"] == workspace and _fits(record)
        ]
        assets = _sorted(assets)
        size, page = number("pageSize", 20, least=1, most=PAGE), number("pageIndex", 0)
        shown = [
            record
            for number_of_asset, record in assets[page * size : (page + 1) * size]
            if name != "emails_v2" or not is_variant(number_of_asset)
        ]
        notes = [{"type": "WARNING", "code": "1000", "message": "Variants of A/B tests left out"}]
        errors = notes if name == "emails_v2" else []
        if instance.options.designer_lists:
            return {"result": shown, "errors": errors}
        counted = {"totalItems": len(assets), "pageSize": size, "currentPage": page}
        return {"result": {"items": shown, **counted}, "errors": errors}

    return answer


def _fits(record: Record) -> bool:
    metadata = record["metadata"]
    for key in ("createdAt", "modifiedAt"):
        at = parse_time(metadata[key])
        start, end = parameters.time(f"{key}Start"), parameters.time(f"{key}End")
        if (start and at < start) or (end and at > end):
            return False
    if text("status") and record["status"] not in {
        each.upper() for each in parameters.names("status")
    }:
        return False
    if text("folderId") and record["appData"]["folderId"] != text("folderId"):
        return False
    return text("name").lower() in record["name"].lower()


def _sorted(found: list[tuple[int, Record]]) -> list[tuple[int, Record]]:
    key, order = text("sortKey"), text("sortOrder", "asc").lower()
    if key not in _SORTS or order not in {"asc", "desc"}:
        raise Refused("1003", f"Invalid value '{key or order}' for sorting")
    if not key:
        return found
    key = key.replace("On", "At")
    return sorted(
        found,
        key=lambda pair: str(pair[1]["name"] if key == "name" else pair[1]["metadata"][key]),
        reverse=order == "desc",
    )


def _find(instance: Instance, name: str, asset_id: str) -> Record:
    for record in instance.library.records[name]:
        if record["id"] == asset_id:
            return {**record, "data": content(record)}
    raise Refused("1013", "Asset not found")


def _detail(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, asset_id: str) -> Answer:
        _refuse_foreign()
        return {"result": [_find(instance, name, asset_id)]}

    return answer


def _ids() -> list[str]:
    body = parameters.json_body()
    ids = body.get("ids") or body.get("contentIds") or ([body["id"]] if "id" in body else [])
    if not isinstance(ids, list) or not 0 < len(ids) <= MOST_AT_ONCE:
        raise Refused("1003", f"Between 1 and {MOST_AT_ONCE} ids are allowed")
    return [str(number) for number in ids]


def _many(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call) -> Answer:
        _refuse_foreign()
        return {"result": [_find(instance, name, asset_id) for asset_id in _ids()]}

    return answer


def _used_by(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call) -> Answer:
        _refuse_foreign()
        for asset_id in _ids():
            _find(instance, name, asset_id)
        details = {"totalItems": 0, "pageSize": 20, "currentPage": 0}
        return {"result": [], "pageDetails": details}

    return answer


def _many_used_by(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call) -> Answer:
        _refuse_foreign()
        assets = [_find(instance, name, asset_id) for asset_id in _ids()]
        return {
            "result": [
                {"id": record["id"], "name": record["name"], "count": 0, "used": False}
                for record in assets
            ]
        }

    return answer


def _refuse_foreign() -> None:
    if request.headers.get("x-app-type") != "marketo":
        raise Refused("1002", "Missing value for required header 'x-app-type'")


_A2 = "/rest/asset/v2"
ROUTES = tuple(
    Route(rf"{_A2}/{word}/{path}", handler(name), permission, methods)
    for name, (word, permission) in KINDS.items()
    for path, handler, methods in (
        ("filter", _filtered, frozenset({"GET"})),
        ("bulk/get", _many, POST),
        ("usedby", _used_by, POST),
        ("bulk/usedby", _many_used_by, POST),
        ("([^/]+)", _detail, frozenset({"GET"})),
    )
)
