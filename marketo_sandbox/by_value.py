"""How linked objects are read: described, and found by value, 300 values a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from marketo_sandbox.export import Refused
from marketo_sandbox.linked import KINDS, LISTS_OF_ACCOUNTS, Kind, Record
from marketo_sandbox.rough import DATABASE, spelled

if TYPE_CHECKING:
    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]
PAGE = 300


def describe(name: str) -> Any:
    """The endpoint that describes a kind.

    Args:
        name: Of the kind.
    """
    kind = KINDS[name]

    def answer(*_: Any) -> Answer:
        fields = [
            {"name": one, "displayName": one.title(), "dataType": data_type, "updateable": True}
            for one, data_type in kind.fields.items()
        ]
        searchable = [[one] for one in kind.searchable]
        return {
            "result": [
                {
                    "name": name,
                    "idField": kind.id_field,
                    "dedupeFields": list(kind.dedupe),
                    "searchableFields": [list(kind.dedupe), *searchable],
                    "fields": fields,
                }
            ]
        }

    return answer


def by_filter(name: str) -> Any:
    """The endpoint that gives out records by value.

    Args:
        name: Of the kind.
    """
    kind = KINDS[name]

    def key(one: Record) -> tuple[str, ...]:
        return tuple(str(one.get(name)) for name in kind.dedupe)

    def answer(instance: Instance, _: Call) -> Answer:
        asked: Record = request.get_json(silent=True) or request.values.to_dict()
        records = instance.linked.records[name]
        if "input" in asked:
            wanted = {key(one) for one in asked["input"]}
            found = [one for one in records if key(one) in wanted]
        else:
            found = _matching(kind, asked, records)
        return _page(instance, kind, asked, found)

    return answer


def _matching(kind: Kind, asked: Record, records: list[Record]) -> list[Record]:
    field = asked.get("filterType", "")
    if not field:
        raise Refused("1002", "Missing value for required parameter 'filterType'")
    field = {"idField": kind.id_field, "dedupeFields": kind.dedupe[0]}.get(field, field)
    if field not in kind.searchable:
        raise Refused("1011", f"Field '{field}' is not supported as a filter")
    values = [one for one in asked.get("filterValues", "").split(",") if one]
    if not values:
        raise Refused("1002", "Missing value for required parameter 'filterValues'")
    if len(values) > PAGE:
        raise Refused("1003", "At most 300 filterValues are allowed")
    return [one for one in records if str(one[field]) in values]


def _page(instance: Instance, kind: Kind, asked: Record, found: list[Record]) -> Answer:
    named = asked.get("fields") or (kind.id_field, *kind.dedupe, "createdAt", "updatedAt")
    names = named.split(",") if isinstance(named, str) else named
    for name in names:
        if name not in kind.fields:
            raise Refused("1006", f"Field '{name}' not found")
    size = min(int(asked.get("batchSize", PAGE)), PAGE)
    start = int(str(asked.get("nextPageToken", "0=")).rstrip("="))
    rows = [
        {"seq": place, **_as_shown(instance, kind, {name: one[name] for name in names})}
        for place, one in enumerate(found[start : start + size])
    ]
    more = start + size < len(found)
    answer: Answer = {"result": rows}
    if more:
        answer["nextPageToken"] = f"{start + size}="
    return {**answer, "moreResult": more} if kind.with_more else answer


def _as_shown(instance: Instance, kind: Kind, one: Record) -> Record:
    shown = dict(spelled(one, DATABASE))
    if instance.options.rough:
        for name, data_type in kind.fields.items():
            if name in shown and data_type == "currency":
                shown[name] = str(shown[name])
        if "marketoGUID" in shown:
            shown["marketoGUID"] += " "
    return shown


def account_lists(instance: Instance, _: Call) -> Answer:
    """Lists of named accounts, by name or id."""
    field = {"dedupeFields": "name", "idField": "marketoGUID", "idFields": "marketoGUID"}.get(
        request.values.get("filterType", "")
    )
    if field is None:
        raise Refused("1003", "filterType must be dedupeFields or idField")
    values = request.values.get("filterValues", "").split(",")
    records = instance.linked.records[LISTS_OF_ACCOUNTS]
    found = [{"seq": 0, **one} for one in records if one[field] in values]
    return {"result": spelled(found, DATABASE), "moreResult": False}


def accounts_of_list(instance: Instance, _: Call, guid: str) -> Answer:
    """The named accounts of a list."""
    members = instance.linked.members.get(guid)
    if members is None:
        raise Refused("1013", f"Record not found: {guid}")
    accounts = instance.linked.records["named_accounts"]
    found = [one for one in accounts if one["marketoGUID"] in members]
    return _page(instance, KINDS["named_accounts"], request.values.to_dict(), found)
