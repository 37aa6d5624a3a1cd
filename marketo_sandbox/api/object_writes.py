"""Writes of companies, opportunities and similar objects, and of custom objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marketo_sandbox.api.items import choice, items, typed, write_each
from marketo_sandbox.api.objects import custom_object, refuse_crm
from marketo_sandbox.api.route import POST, Route
from marketo_sandbox.clock import iso
from marketo_sandbox.export import Refused
from marketo_sandbox.linked import KINDS, LISTS_OF_ACCOUNTS
from marketo_sandbox.world.chance import guid

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]
ACTIONS = ("createOrUpdate", "createOnly", "updateOnly")
_SYSTEM = frozenset({"createdAt", "updatedAt"})


@dataclass(frozen=True)
class Table:
    """A table of records to write.

    Attributes:
        id_field: Field with the unique id.
        dedupe: Fields that make a record unique.
        fields: Data types by name.
        records: The records.
    """

    id_field: str
    dedupe: tuple[str, ...]
    fields: dict[str, str]
    records: list[Record]

    def find(self, by: tuple[str, ...], item: Record) -> Record | None:
        """The record of an item.

        Raises:
            Refused: 1003, its key is incomplete.
        """
        for name in by:
            if item.get(name) in {None, ""}:
                raise Refused("1003", f"Value for required field '{name}' is missing")
        key = [str(item[name]).strip() for name in by]
        for record in self.records:
            if [str(record.get(name)) for name in by] == key:
                return record
        return None

    def values(self, item: Record) -> Record:
        """The values of an item, converted to the types of their fields.

        Raises:
            Refused: 1006 or 1001.
        """
        values = {}
        for name, value in item.items():
            if name not in self.fields:
                raise Refused("1006", f"Field '{name}' not found")
            if name != self.id_field and name not in _SYSTEM:
                values[name] = typed(self.fields[name], name, value)
        return values


def save(
    instance: Instance, table: Table, item: Record, action: str, by: tuple[str, ...]
) -> Record:
    """Create or update a record.

    Args:
        instance: Instance with its clock.
        table: Table of the record.
        item: Values of the record.
        action: Allowed action.
        by: Fields by which it is found.

    Returns:
        The id and the outcome.

    Raises:
        Refused: Nothing was written.
    """
    with instance.world.lock:
        values, existing = table.values(item), table.find(by, item)
        now = iso(instance.world.second())
        if existing and action == "createOnly":
            raise Refused("1005", "Record already exists")
        if existing:
            existing |= {**values, "updatedAt": now}
            return {"status": "updated", table.id_field: existing[table.id_field]}
        if action == "updateOnly" or by == (table.id_field,):
            raise Refused("1013", "Record not found")
        record: Record = {**dict.fromkeys(table.fields), **values}
        record[table.id_field] = _new_id(instance, table)
        table.records.append({**record, "createdAt": now, "updatedAt": now})
        return {"status": "created", table.id_field: record[table.id_field]}


def _new_id(instance: Instance, table: Table) -> Any:
    if table.id_field == "id":
        return max((record["id"] for record in table.records), default=0) + 1
    return guid(instance.options.seed, "written", instance.next_run())


def _by(table: Table, parameter: str) -> tuple[str, ...]:
    chosen = choice(parameter, {"dedupeFields", "idField"}, "dedupeFields")
    return table.dedupe if chosen == "dedupeFields" else (table.id_field,)


def _sync(table_of: Callable[..., Table]) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, *names: str) -> Answer:
        table, records = table_of(instance, *names), items()
        action, by = choice("action", ACTIONS, ACTIONS[0]), _by(table, "dedupeBy")
        return {"result": write_each(records, lambda item: save(instance, table, item, action, by))}

    return answer


def _delete(table_of: Callable[..., Table]) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, *names: str) -> Answer:
        table, records = table_of(instance, *names), items()
        by = _by(table, "deleteBy")

        def delete(item: Record) -> Record:
            record = table.find(by, item)
            if record is None:
                raise Refused("1013", "Record not found")
            table.records.remove(record)
            return {"status": "deleted", table.id_field: record[table.id_field]}

        return {"result": write_each(records, delete)}

    return answer


def _kind(name: str) -> Callable[..., Table]:
    def table(instance: Instance) -> Table:
        refuse_crm(instance, name)
        kind = KINDS[name]
        return Table(kind.id_field, kind.dedupe, kind.fields, instance.linked.records[name])

    return table


def _custom_object(instance: Instance, name: str) -> CustomTable:
    return CustomTable(custom_object(instance, name))


class CustomTable(Table):
    """Records of a custom object, which keep their link and time."""

    def __init__(self, kind: Any) -> None:
        """Store the type.

        Args:
            kind: A custom object type.
        """
        dedupe = tuple(kind.listed()["dedupeFields"])
        super().__init__("marketoGUID", dedupe, kind.fields, _Items(kind))


class _Items(list[Record]):
    """The values of a type's records; changes of the list change the type."""

    def __init__(self, kind: Any) -> None:
        super().__init__(item.values for item in kind.items)
        self._kind = kind

    def append(self, record: Record, /) -> None:
        super().append(record)
        self._kind.put(record)

    def remove(self, record: Record, /) -> None:
        super().remove(record)
        self._kind.take(record)


def _account_lists(instance: Instance) -> Table:
    fields = {"marketoGUID": "string", "name": "string", "type": "string", "updateable": "boolean",
              "createdAt": "datetime", "updatedAt": "datetime"}  # fmt: skip
    return Table("marketoGUID", ("name",), fields, instance.linked.records[LISTS_OF_ACCOUNTS])


def _list_members(*, leave: bool) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, list_guid: str) -> Answer:
        table = _kind("named_accounts")(instance)
        if list_guid not in {
            record["marketoGUID"] for record in instance.linked.records[LISTS_OF_ACCOUNTS]
        }:
            raise Refused("1013", f"Record not found: {list_guid}")
        members = instance.linked.members.setdefault(list_guid, [])

        def move(item: Record) -> Record:
            found = table.find(("marketoGUID",), item)
            if found is None or (leave and found["marketoGUID"] not in members):
                raise Refused("1013", "Record not found")
            if leave:
                members.remove(found["marketoGUID"])
            elif found["marketoGUID"] not in members:
                members.append(found["marketoGUID"])
            status = "removed" if leave else "added"
            return {"status": status, "marketoGUID": found["marketoGUID"]}

        return {"result": write_each(items(), move)}

    return answer


def _right(permission: str) -> str:
    return permission.replace("Read-Only", "Read-Write")


_V1 = "/rest/v1"
_ACCOUNT, _LISTS = "Read-Write Named Account", "Read-Write Named Account List"
_CUSTOM = "Read-Write Custom Object"
ROUTES = (
    *(
        Route(rf"{_V1}/{kind.path}\.json", _sync(_kind(name)), _right(kind.permission), POST)
        for name, kind in KINDS.items()
    ),
    *(
        Route(
            rf"{_V1}/{kind.path}/delete\.json", _delete(_kind(name)), _right(kind.permission), POST
        )
        for name, kind in KINDS.items()
    ),
    Route(rf"{_V1}/namedAccountLists\.json", _sync(_account_lists), _LISTS, POST),
    Route(rf"{_V1}/namedAccountLists/delete\.json", _delete(_account_lists), _LISTS, POST),
    Route(
        rf"{_V1}/namedAccountList/([^/]+)/namedAccounts\.json",
        _list_members(leave=False),
        _ACCOUNT,
        POST,
    ),
    Route(
        rf"{_V1}/namedAccountList/([^/]+)/namedAccounts/remove\.json",
        _list_members(leave=True),
        _ACCOUNT,
        POST,
    ),
    Route(rf"{_V1}/customobjects/(?!schema\.)([^/]+)\.json", _sync(_custom_object), _CUSTOM, POST),
    Route(rf"{_V1}/customobjects/([^/]+)/delete\.json", _delete(_custom_object), _CUSTOM, POST),
)
