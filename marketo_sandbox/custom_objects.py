"""Custom objects: a few types with records linked to leads, and the filters of their exports."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso
from marketo_sandbox.export import LIST_FILTER, Refused, cell, date_range, list_members
from marketo_sandbox.world.track import FIRST_LEAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from marketo_sandbox.world import World

PERMISSION = "Read-Only Custom Object"
SYSTEM = {"marketoGUID": "string", "createdAt": "datetime", "updatedAt": "datetime"}
# By API name: fields besides the system's, linked object, managed by a CRM, state.
TYPES: tuple[tuple[str, dict[str, str], tuple[str, str], bool, str], ...] = (
    (
        "car_c",
        {
            "vin": "string",
            "leadId": "link",
            "model": "string",
            "price": "currency",
            "boughtOn": "date",
            "isLeased": "boolean",
            "mileage": "integer",
            "notes": "text",
        },
        ("Lead", "Id"),
        False,
        "approved",
    ),
    (
        "Service_Visit_c",
        {"visitNumber": "string", "email": "link", "duration": "float", "visitedAt": "datetime"},
        ("Lead", "Email Address"),
        False,
        "approvedWithDraft",
    ),
    # Linked to another object, or copied from the CRM: bulk extract refuses both.
    ("tyre_c", {"code": "string", "vin": "link"}, ("car_c", "vin"), False, "approved"),
    ("contract_c", {"sfdcId": "string", "leadId": "link"}, ("Lead", "Id"), True, "approved"),
    ("draft_c", {"code": "string", "leadId": "link"}, ("Lead", "Id"), False, "draft"),
)
_MODELS = ("Kombi", 'The "Sport"', "Coupé, red", "line one\nline two", None)


@dataclass
class Item:
    """A record with its lead and the time of its last change."""

    values: dict[str, Any]
    lead_id: int
    changed: datetime


@dataclass
class CustomObjects:
    """One type with its records.

    Attributes:
        api_name: API name of the type.
        fields: Data types by name.
        related_to: Object and field of its link.
        of_crm: Whether a CRM manages it.
        state: Approval state.
        permission: Permission that a caller needs.
        display_name: Display name; derived from the API name by default.
    """

    world: World
    api_name: str
    fields: dict[str, str]
    related_to: tuple[str, str]
    of_crm: bool
    state: str
    permission: str = PERMISSION
    display_name: str = ""

    def __post_init__(self) -> None:
        """Add the fields that every type has."""
        self.fields = {**self.fields, **SYSTEM}

    @property
    def link(self) -> str:
        """The link field of its records."""
        return self._link()

    @property
    def items(self) -> list[Item]:
        """The records."""
        return self._items

    def put(self, values: dict[str, Any]) -> None:
        """Add a record.

        Args:
            values: Values of all its fields.
        """
        linked = values.get(self._link())
        if self.related_to[1] != "Id" and linked:
            linked = next(iter(self.world.leads.with_email({str(linked).lower()})), 0)
        lead_id = int(str(linked)) if str(linked or "").isdigit() else 0
        self._items.append(Item(values, lead_id, self.world.second()))

    def take(self, values: dict[str, Any]) -> None:
        """Remove a record.

        Args:
            values: Dictionary of the record itself.
        """
        self._items[:] = [item for item in self._items if item.values is not values]

    @cached_property
    def _items(self) -> list[Item]:
        """The records; initially every second lead has one."""
        with self.world.lock:
            created = self.world.scene.created
            owners = [owner for owner in range(self.world.scene.leads) if owner % 2 == 0]
            return [
                self._item(place, FIRST_LEAD + number, created(number))
                for place, number in enumerate(owners)
            ]

    def add(self, count: int) -> list[str]:
        """Create records now.

        Args:
            count: Number of records.

        Returns:
            Ids of these records.
        """
        with self.world.lock:
            leads = list(self.world.leads)
            first = len(self._items)
            now = self.world.clock.now()
            for number in range(count):
                self._items.append(self._item(first + number, leads[number % len(leads)], now))
            return [item.values["marketoGUID"] for item in self._items[first:]]

    def change(self, count: int) -> list[str]:
        """Change records now.

        Args:
            count: Number of records, oldest first.

        Returns:
            Ids of these records.
        """
        with self.world.lock:
            now = self.world.clock.now().replace(microsecond=0)
            for item in self._items[:count]:
                item.changed = now
                item.values["updatedAt"] = iso(now)
            return [item.values["marketoGUID"] for item in self._items[:count]]

    def expected(self) -> list[dict[str, Any]]:
        """Every record with all fields, as a correct reader returns it."""
        with self.world.lock:
            return [dict(item.values) for item in self._items]

    def listed(self) -> dict[str, Any]:
        """The type in the list of types."""
        link, key = self._link(), next(iter(self.fields))
        name, to = self.related_to
        return {
            "name": self.api_name,
            "displayName": self.display_name
            or self.api_name.removesuffix("_c").replace("_", " ").title(),
            "pluralName": f"{self.api_name.removesuffix('_c')}s",
            "description": None,
            "idField": "marketoGUID",
            "dedupeFields": [key],
            "searchableFields": [[key], ["marketoGUID"], [link]],
            "relationships": [
                {"field": link, "type": "child", "relatedTo": {"name": name, "field": to}}
            ],
            "state": self.state,
            "version": "draft" if self.state == "draft" else "approved",
            "createdAt": iso(self.world.clock.midnight() - timedelta(days=400)),
            "updatedAt": iso(self.world.clock.midnight() - timedelta(days=400)),
        }

    def described(self) -> dict[str, Any]:
        """The type in its describe call."""
        fields = [
            {
                "name": name,
                "displayName": name,
                "dataType": kind,
                "length": 255,
                "updateable": name not in SYSTEM,
                "crmManaged": self.of_crm and name not in SYSTEM,
            }
            for name, kind in self.fields.items()
        ]
        return {**self.listed(), "fields": fields}

    def check(self, fields: Sequence[str], filters: dict[str, Any]) -> None:
        """Check the body of a create call.

        Args:
            fields: API names of the fields.
            filters: Filters of the call.

        Raises:
            Refused: The call is invalid. Source: bulk-custom-object-extract.md
        """
        if self.of_crm or self.related_to[0] != "Lead" or self.state == "draft":
            raise Refused("1003", f"Custom object {self.api_name} cannot be exported")
        for name in fields:
            if name not in self.fields:
                raise Refused("1006", f"Field '{name}' not found")
        if len(filters) != 1:
            raise Refused("1003", "Exactly one filter is allowed")
        ((name, value),) = filters.items()
        if name == "updatedAt":
            if "custom_objects" in self.world.options.without_updated_at:
                raise Refused("1035", "Unsupported filter type for target subscription: updatedAt")
            date_range(value)
        elif not LIST_FILTER.fullmatch(name):
            raise Refused("1003", f"Invalid filter: {name}")
        else:
            list_members(self.world, name, value)

    def header(self, fields: Sequence[str], filters: dict[str, Any]) -> list[str]:
        """The header of a file."""
        del filters
        return list(fields)

    def rows(self, fields: Sequence[str], filters: dict[str, Any]) -> Iterator[list[str]]:
        """The rows of a file."""
        ((name, value),) = filters.items()
        members = set() if name == "updatedAt" else set(list_members(self.world, name, value))
        for item in self._items:
            if name == "updatedAt":
                start, end = date_range(value)
                changed = max(item.changed, datetime.fromisoformat(
                    item.values["updatedAt"].replace("Z", "+00:00")
                ))  # fmt: skip
                matches = start <= changed.replace(microsecond=0) <= end
            else:
                matches = item.lead_id in members
            if matches:
                yield [cell(item.values[name]) for name in fields]

    def _link(self) -> str:
        return next(name for name, kind in self.fields.items() if kind == "link")

    def _item(self, number: int, lead_id: int, at: datetime) -> Item:
        at = at.replace(microsecond=0)
        made: dict[str, Any] = {
            "string": f"{self.api_name}-{number}",
            "currency": number * 100.5,
            "float": number + 0.25,
            "date": iso(at)[:10],
            "datetime": iso(at),
            "boolean": number % 2 == 0,
            "integer": number,
            "text": _MODELS[number % len(_MODELS)],
        }
        values = {name: made.get(kind) for name, kind in self.fields.items()}
        values[self._link()] = (
            lead_id if self.related_to[1] == "Id" else f"person{lead_id}@example.com"
        )
        guid = uuid.uuid5(uuid.NAMESPACE_OID, f"{self.api_name} {number}")
        values |= {"marketoGUID": str(guid), "createdAt": iso(at), "updatedAt": iso(at)}
        return Item(values, lead_id, at)


def all_types(world: World) -> dict[str, CustomObjects]:
    """The types of the instance by API name.

    Args:
        world: World with its leads.
    """
    return {type_[0]: CustomObjects(world, *type_) for type_ in TYPES}
