"""What is given out by value alone: companies, sales persons, opportunities, named accounts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from datetime import datetime

    from marketo_sandbox.world import World

Record = dict[str, Any]
CREATED = {"createdAt": "datetime", "updatedAt": "datetime"}


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    Attributes:
        path: Of its endpoint, below `/rest/v1`.
        id_field: The unique id.
        dedupe: The fields that make a record one, together.
        searchable: Single fields that a query may filter by.
        fields: Data type by name.
        permission: What a caller needs.
        with_more: Whether replies say `moreResult`.
    """

    path: str
    id_field: str
    dedupe: tuple[str, ...]
    searchable: tuple[str, ...]
    fields: dict[str, str]
    permission: str
    with_more: bool = True


KINDS = {
    "companies": Kind(
        "companies",
        "id",
        ("externalCompanyId",),
        ("id", "externalCompanyId", "company"),
        {
            "id": "integer",
            "externalCompanyId": "string",
            "company": "string",
            "annualRevenue": "currency",
            "numberOfEmployees": "integer",
            **CREATED,
        },
        "Read-Only Company",
        with_more=False,
    ),
    "sales_persons": Kind(
        "salespersons",
        "id",
        ("externalSalesPersonId",),
        ("id", "externalSalesPersonId", "email"),
        {
            "id": "integer",
            "externalSalesPersonId": "string",
            "email": "email",
            "firstName": "string",
            **CREATED,
        },
        "Read-Only Sales Person",
    ),
    "opportunities": Kind(
        "opportunities",
        "marketoGUID",
        ("externalOpportunityId",),
        ("marketoGUID", "externalOpportunityId"),
        {
            "marketoGUID": "string",
            "externalOpportunityId": "string",
            "name": "string",
            "amount": "currency",
            "isWon": "boolean",
            "closeDate": "date",
            **CREATED,
        },
        "Read-Only Opportunity",
    ),
    "opportunity_roles": Kind(
        "opportunities/roles",
        "marketoGUID",
        ("externalOpportunityId", "leadId", "role"),
        ("marketoGUID", "leadId", "externalOpportunityId"),
        {
            "marketoGUID": "string",
            "externalOpportunityId": "string",
            "leadId": "integer",
            "role": "string",
            "isPrimary": "boolean",
            **CREATED,
        },
        "Read-Only Opportunity",
    ),
    "named_accounts": Kind(
        "namedaccounts",
        "marketoGUID",
        ("name",),
        ("marketoGUID", "name", "industry"),
        {
            "marketoGUID": "string",
            "name": "string",
            "industry": "string",
            "annualRevenue": "currency",
            **CREATED,
        },
        "Read-Only Named Account",
    ),
}
LISTS_OF_ACCOUNTS = "named_account_lists"


class Linked:
    """The records of each kind, as a perfect reader has them.

    Attributes:
        records: By the name of the kind.
        members: Which accounts are in which list, by its GUID.
    """

    def __init__(self, world: World, count: int) -> None:
        """Make the records of the leads that the world begins with.

        Args:
            world: With its leads.
            count: How many named accounts, and lists of them.
        """
        self.records: dict[str, list[Record]] = {name: [] for name in KINDS}
        self._companies(world)
        self._opportunities(world)
        start = min((one.created for one in world.leads.values()), default=world.clock.now())
        accounts = [
            {
                "marketoGUID": _guid("account", number),
                "name": f"Account {number}, Inc.",
                "industry": "Software",
                "annualRevenue": number * 1000.5,
                **_dated(start),
            }
            for number in range(count)
        ]
        self.records["named_accounts"] = accounts
        self.records[LISTS_OF_ACCOUNTS] = [
            {
                "marketoGUID": _guid("list", number),
                "name": f"Accounts {number}",
                "type": "default",
                "updateable": True,
                **_dated(start),
            }
            for number in range(3)
        ]
        self.members = {
            one["marketoGUID"]: [
                account["marketoGUID"]
                for place, account in enumerate(accounts)
                if place % (number + 1) == 0
            ]
            for number, one in enumerate(self.records[LISTS_OF_ACCOUNTS])
        }

    def _companies(self, world: World) -> None:
        companies, persons = "externalCompanyId", "externalSalesPersonId"
        found: dict[str, dict[str, datetime]] = {companies: {}, persons: {}}
        for lead in world.leads.values():
            for name, first in found.items():
                if lead.values.get(name):
                    first.setdefault(lead.values[name], lead.created)
        self.records["companies"] = [
            {
                "id": number,
                "externalCompanyId": external,
                "company": f"Company of {external}",
                "annualRevenue": number * 1604.47,
                "numberOfEmployees": number * 10,
                **_dated(created),
            }
            for number, (external, created) in enumerate(found[companies].items(), 1)
        ]
        self.records["sales_persons"] = [
            {
                "id": number,
                "externalSalesPersonId": external,
                "email": f"sales{number}@example.com",
                "firstName": f"Person {number}",
                **_dated(created),
            }
            for number, (external, created) in enumerate(found[persons].items(), 1)
        ]

    def _opportunities(self, world: World) -> None:
        for number, (lead_id, lead) in enumerate(world.leads.items()):
            if number % 3:
                continue
            external = f"opportunity-{number // 6}"
            if number % 6 == 0:
                self.records["opportunities"].append(
                    {
                        "marketoGUID": _guid("opportunity", number),
                        "externalOpportunityId": external,
                        "name": f"Opportunity {number}",
                        "amount": number + 0.47,
                        "isWon": number % 4 == 0,
                        "closeDate": iso(lead.created)[:10],
                        **_dated(lead.created),
                    }
                )
            self.records["opportunity_roles"].append(
                {
                    "marketoGUID": _guid("role", number),
                    "externalOpportunityId": external,
                    "leadId": lead_id,
                    "role": "Decision Maker",
                    "isPrimary": number % 2 == 0,
                    **_dated(lead.created),
                }
            )


def _dated(created: datetime) -> Record:
    return {"createdAt": iso(created), "updatedAt": iso(created + timedelta(hours=1))}


def _guid(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}"))
