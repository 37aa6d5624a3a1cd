"""Objects linked to leads: companies, sales persons, opportunities and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.streams.bulk.lead_links import ID, Lead, LeadLinkStream
from tap_marketo.streams.lists.described import known
from tap_marketo.streams.lists.lookups import Lookup, LookupCache
from tap_marketo.values.schema import INTEGER, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator


class CompaniesStream(LeadLinkStream):
    """Companies, found by the external id in leads. Source: companies.md."""

    name = "companies"
    path = "/rest/v1/companies.json"
    describe_path = "/rest/v1/companies/describe.json"
    permissions = ("Read-Only Company", "Read-Only Lead")
    calls = "3 per 31 days since the start date, and 1 per 300 companies"
    api_keys = ("id",)
    api_schema = known(id=INTEGER, externalCompanyId=TEXT)
    lead_field = "externalCompanyId"
    filter_type = "externalCompanyId"


class SalesPersonsStream(LeadLinkStream):
    """Sales persons, found by the external id in leads. Source: sales-persons.md."""

    name = "sales_persons"
    path = "/rest/v1/salespersons.json"
    describe_path = "/rest/v1/salespersons/describe.json"
    permissions = ("Read-Only Sales Person", "Read-Only Lead")
    calls = "3 per 31 days since the start date, and 1 per 300 sales persons"
    api_keys = ("id",)
    api_schema = known(id=INTEGER, externalSalesPersonId=TEXT)
    lead_field = "externalSalesPersonId"
    filter_type = "externalSalesPersonId"


class OpportunityRolesStream(LeadLinkStream):
    """Roles of leads in opportunities. Source: opportunity-roles.md."""

    name = "opportunity_roles"
    path = "/rest/v1/opportunities/roles.json"
    describe_path = "/rest/v1/opportunities/roles/describe.json"
    permissions = ("Read-Only Opportunity", "Read-Only Lead")
    calls = "3 per 31 days since the start date, and 1 per 300 leads"
    api_keys = ("marketoGUID",)
    api_schema = known(marketoGUID=TEXT, externalOpportunityId=TEXT, leadId=INTEGER, role=TEXT)
    lead_field = ID
    filter_type = "leadId"


class OpportunitiesStream(LeadLinkStream):
    """Opportunities in which a lead has a role. Source: opportunities.md."""

    name = "opportunities"
    path = "/rest/v1/opportunities.json"
    describe_path = "/rest/v1/opportunities/describe.json"
    permissions = ("Read-Only Opportunity", "Read-Only Lead")
    calls = "as `opportunity_roles`, which share them, and 1 per 300 opportunities"
    api_keys = ("marketoGUID",)
    api_schema = known(marketoGUID=TEXT, externalOpportunityId=TEXT)
    lead_field = ID
    filter_type = "externalOpportunityId"

    def begin(self, cache: LookupCache) -> None:
        """Look roles up with the same calls as their own stream, so that both share them."""
        super().begin(cache)
        roles = self.tap.streams.get(OpportunityRolesStream.name)
        shared = isinstance(roles, LeadLinkStream) and roles.selected
        fields = roles.fields if shared and isinstance(roles, LeadLinkStream) else []
        self._roles = Lookup(
            cache, OpportunityRolesStream.path, OpportunityRolesStream.filter_type, fields
        )

    def add(self, lead: Lead) -> Iterator[dict[str, Any]]:
        """Add a lead; yield opportunities whenever a call is full."""
        yield from self._of_roles(self._roles.add([lead.get(self.lead_field)]))

    def flush(self) -> Iterator[dict[str, Any]]:
        """Opportunities of the leads that no call has covered yet."""
        yield from self._of_roles(self._roles.flush())
        yield from super().flush()

    def _of_roles(self, roles: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for role in roles:
            yield from self._lookup.add([str(role.get("externalOpportunityId") or "")])
