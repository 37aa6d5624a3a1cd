"""Companies, opportunities and similar objects, and custom objects: describe and lookup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.parameters import page, required, without_empty
from marketo_sandbox.api.route import Route
from marketo_sandbox.custom_objects import PERMISSION as CUSTOM
from marketo_sandbox.export import Refused
from marketo_sandbox.linked import KINDS, LISTS_OF_ACCOUNTS, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]
MOST_VALUES = 300
# Not available over REST if a CRM is synced natively. Source: lead-database.md
OF_CRM = frozenset({"companies", "sales_persons", "opportunities", "opportunity_roles"})


def refuse_crm(instance: Instance, name: str) -> None:
    """Refuse calls that a native CRM sync disables.

    Raises:
        Refused: 1018.
    """
    if instance.options.native_crm and name in OF_CRM:
        raise Refused("1018", "CRM Enabled")


def description(name: str) -> Record:
    """The answer of a kind's describe call.

    Args:
        name: Name of the kind.
    """
    kind = KINDS[name]
    fields = [
        {
            "name": field,
            "displayName": field.title(),
            "dataType": data_type,
            **({"length": 255} if data_type in {"string", "email"} else {}),
            "updateable": field not in {kind.id_field, "createdAt", "updatedAt"},
            "crmManaged": False,
        }
        for field, data_type in kind.fields.items()
    ]
    return {
        "name": name,
        "displayName": name.replace("_", " ").title(),
        "description": f"{name.replace('_', ' ').title()} of the instance",
        "createdAt": "2020-01-01T00:00:00Z",
        "updatedAt": "2020-01-01T00:00:00Z",
        "idField": kind.id_field,
        "dedupeFields": list(kind.dedupe),
        "searchableFields": [list(kind.dedupe), *([field] for field in kind.searchable)],
        "fields": fields,
    }


def _describe(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call) -> Answer:
        refuse_crm(instance, name)
        return {"result": [description(name)]}

    return answer


def _by_filter(name: str) -> Callable[..., Answer]:
    kind = KINDS[name]

    def answer(instance: Instance, _: Call) -> Answer:
        refuse_crm(instance, name)
        records = instance.linked.records[name]
        rows = matching(records, kind.id_field, kind.dedupe, kind.searchable)
        return _page(instance, kind, rows)

    return answer


def matching(
    records: list[Record], id_field: str, dedupe: tuple[str, ...], searchable: tuple[str, ...]
) -> list[Record]:
    """The records that match a call's field, or all dedupe fields together.

    Args:
        records: All records.
        id_field: Field with the unique id.
        dedupe: Fields that make a record unique.
        searchable: Single fields that can be filtered by.

    Raises:
        Refused: The call is invalid.
    """
    keys = parameters.body().get("input")
    if keys is not None:
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise Refused("1003", "input must be a list of objects")
        if len(keys) > MOST_VALUES:
            raise Refused("1003", "At most 300 records are allowed")
        by = (
            dedupe
            if parameters.text("filterType", "dedupeFields") == "dedupeFields"
            else (id_field,)
        )
        wanted = {tuple(str(key.get(name)) for name in by) for key in keys}
        return [
            record for record in records if tuple(str(record.get(name)) for name in by) in wanted
        ]
    field = required("filterType")
    field = {"idField": id_field, "dedupeFields": dedupe[0]}.get(field, field)
    if field.lower() == "marketoguid":
        field = "marketoGUID"
    if field not in {*searchable, id_field}:
        raise Refused("1011", f"Field '{field}' is not supported as a filter")
    required("filterValues")
    values = parameters.names("filterValues")
    if len(values) > MOST_VALUES:
        raise Refused("1003", "At most 300 filterValues are allowed")
    return [
        record
        for record in records
        if record.get(field) is not None and str(record[field]) in values
    ]


def _page(instance: Instance, kind: Kind, found: list[Record]) -> Answer:
    names = parameters.fields(kind.fields, [kind.id_field, *kind.dedupe, "createdAt", "updatedAt"])
    answer = page(found, with_more=kind.with_more)
    rows = [
        {"seq": place, **_as_shown(instance, kind, {name: row.get(name) for name in names})}
        for place, row in enumerate(answer["result"])
    ]
    return {**answer, "result": rows}


def _as_shown(instance: Instance, kind: Kind, record: Record) -> Record:
    shown = without_empty(record)
    if instance.options.rough:
        for name, data_type in kind.fields.items():
            if name in shown and data_type == "currency":
                shown[name] = str(shown[name])
        if "marketoGUID" in shown:
            shown["marketoGUID"] += " "
    return shown


def _account_lists(instance: Instance, _: Call) -> Answer:
    by = required("filterType")
    field = {"dedupeFields": "name", "name": "name"}.get(
        by, "marketoGUID" if by.lower() in {"idfield", "idfields", "marketoguid"} else ""
    )
    if not field:
        raise Refused("1011", f"Field '{by}' is not supported as a filter")
    required("filterValues")
    values = parameters.names("filterValues")
    records = instance.linked.records[LISTS_OF_ACCOUNTS]
    rows = [record for record in records if record[field] in values]
    answer = page(rows)
    return {**answer, "result": [{"seq": n, **row} for n, row in enumerate(answer["result"])]}


def _accounts_of_list(instance: Instance, _: Call, guid: str) -> Answer:
    members = instance.linked.members.get(guid)
    if members is None:
        raise Refused("1013", f"Record not found: {guid}")
    accounts = instance.linked.records["named_accounts"]
    wanted = set(members)
    rows = [account for account in accounts if account["marketoGUID"] in wanted]
    return _page(instance, KINDS["named_accounts"], rows)


# Custom objects


def _types(instance: Instance, _: Call) -> Answer:
    wanted = parameters.names("names")
    shown = [
        without_empty(kind.listed())
        for name, kind in instance.custom_objects.items()
        if not wanted or name in wanted
    ]
    return {"result": shown}


def custom_object(instance: Instance, name: str) -> Any:
    """A custom object type that must exist.

    Raises:
        Refused: 1013, it does not exist.
    """
    if name not in instance.custom_objects:
        raise Refused("1013", f"Custom object '{name}' not found")
    return instance.custom_objects[name]


def _describe_custom(instance: Instance, _: Call, name: str) -> Answer:
    return {"result": [without_empty(custom_object(instance, name).described())]}


def _custom(instance: Instance, _: Call, name: str) -> Answer:
    kind = custom_object(instance, name)
    dedupe, link = tuple(kind.listed()["dedupeFields"]), kind.link
    found = matching(kind.expected(), "marketoGUID", dedupe, (*dedupe, "marketoGUID", link))
    names = parameters.fields(kind.fields, ["marketoGUID", *dedupe, "createdAt", "updatedAt"])
    answer = page(found)
    rows = [
        {"seq": place, **{key: row.get(key) for key in names}}
        for place, row in enumerate(answer["result"])
    ]
    return {**answer, "result": rows}


_V1 = "/rest/v1"
_LISTS = "Read-Only Named Account List"
ROUTES = (
    *(
        Route(rf"{_V1}/{kind.path}/describe\.json", _describe(name), kind.permission)
        for name, kind in KINDS.items()
    ),
    *(
        Route(rf"{_V1}/{kind.path}\.json", _by_filter(name), kind.permission)
        for name, kind in KINDS.items()
    ),
    Route(rf"{_V1}/namedAccountLists\.json", _account_lists, _LISTS),
    Route(
        rf"{_V1}/namedAccountList/([^/]+)/namedAccounts\.json",
        _accounts_of_list,
        "Read-Only Named Account",
    ),
    Route(rf"{_V1}/customobjects\.json", _types, CUSTOM),
    Route(rf"{_V1}/customobjects/([^/]+)/describe\.json", _describe_custom, CUSTOM),
    Route(rf"{_V1}/customobjects/(?!schema\.)([^/]+)\.json", _custom, CUSTOM),
)
