"""Objects returned only by value: companies, sales persons, opportunities, named accounts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso
from marketo_sandbox.world.leads import company_name, company_of, sales_person_of
from marketo_sandbox.world.track import FIRST_LEAD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from marketo_sandbox.world import World

Record = dict[str, Any]
CREATED = {"createdAt": "datetime", "updatedAt": "datetime"}


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    Attributes:
        path: Path of its endpoint, below `/rest/v1`.
        id_field: Field with the unique id.
        dedupe: Fields that together make a record unique.
        searchable: Single fields that a query may filter by.
        fields: Data types by name.
        permission: Permission that a caller needs.
        with_more: Whether replies contain `moreResult`.
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
    """The records of each kind, as a correct reader returns them."""

    def __init__(self, world: World, count: int) -> None:
        """Store the arguments; records of the initial leads are created on demand.

        Args:
            world: World with its leads.
            count: Number of named accounts and of their lists.
        """
        self._world, self._count = world, count

    @cached_property
    def records(self) -> dict[str, list[Record]]:
        """The records, created on first use."""
        start = self._world.library.start
        accounts = [
            {
                "marketoGUID": _guid("account", number),
                "name": f"Account {number}, Inc.",
                "industry": "Software",
                "annualRevenue": number * 1000.5,
                **_dated(start),
            }
            for number in range(self._count)
        ]
        lists = [
            {
                "marketoGUID": _guid("list", number),
                "name": f"Accounts {number}",
                "type": "default",
                "updateable": True,
                **_dated(start),
            }
            for number in range(3)
        ]
        return {
            **self._companies(),
            **self._opportunities(),
            "named_accounts": accounts,
            LISTS_OF_ACCOUNTS: lists,
        }

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """Accounts in each list."""
        return {
            record["marketoGUID"]: [
                account["marketoGUID"]
                for place, account in enumerate(self.records["named_accounts"])
                if place % (number + 1) == 0
            ]
            for number, record in enumerate(self.records[LISTS_OF_ACCOUNTS])
        }

    def _first_leads(self) -> Iterator[tuple[int, int, datetime]]:
        scene = self._world.scene
        for number in range(scene.leads):
            yield number, FIRST_LEAD + number, scene.created(number)

    def _companies(self) -> dict[str, list[Record]]:
        companies: dict[str, tuple[str, datetime]] = {}
        persons: dict[str, datetime] = {}
        for _, lead_id, created in self._first_leads():
            external, person = company_of(lead_id), sales_person_of(lead_id)
            if external:
                companies.setdefault(external, (company_name(lead_id), created))
            if person:
                persons.setdefault(person, created)
        return {
            "companies": [
                {
                    "id": number,
                    "externalCompanyId": external,
                    "company": name,
                    "annualRevenue": number * 1604.47,
                    "numberOfEmployees": number * 10,
                    **_dated(created),
                }
                for number, (external, (name, created)) in enumerate(companies.items(), 1)
            ],
            "sales_persons": [
                {
                    "id": number,
                    "externalSalesPersonId": external,
                    "email": f"sales{number}@example.com",
                    "firstName": f"Person {number}",
                    **_dated(created),
                }
                for number, (external, created) in enumerate(persons.items(), 1)
            ],
        }

    def _opportunities(self) -> dict[str, list[Record]]:
        opportunities: list[Record] = []
        roles: list[Record] = []
        for number, lead_id, created in self._first_leads():
            if number % 3:
                continue
            external = f"opportunity-{number // 6}"
            if number % 6 == 0:
                opportunities.append(
                    {
                        "marketoGUID": _guid("opportunity", number),
                        "externalOpportunityId": external,
                        "name": f"Opportunity {number}",
                        "amount": number + 0.47,
                        "isWon": number % 4 == 0,
                        "closeDate": iso(created)[:10],
                        **_dated(created),
                    }
                )
            roles.append(
                {
                    "marketoGUID": _guid("role", number),
                    "externalOpportunityId": external,
                    "leadId": lead_id,
                    "role": "Decision Maker",
                    "isPrimary": number % 2 == 0,
                    **_dated(created),
                }
            )
        return {"opportunities": opportunities, "opportunity_roles": roles}


def _dated(created: datetime) -> Record:
    return {"createdAt": iso(created), "updatedAt": iso(created + timedelta(hours=1))}


def _guid(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}"))
