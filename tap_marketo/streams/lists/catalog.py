"""All list streams; new ones are added only here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo.streams.lists import (
    accounts,
    admin,
    asset_contents,
    asset_parts,
    assets,
    changes,
    database,
    designer,
    linked,
)

if TYPE_CHECKING:
    from tap_marketo.streams.bulk.lead_links import LeadLinkStream
    from tap_marketo.streams.lists.base import MarketoStream

    ListedStream = type[MarketoStream | LeadLinkStream]

GROUPS: dict[str, tuple[ListedStream, ...]] = {
    "Lead database": (
        database.LeadFieldsStream,
        database.LeadDescribeStream,
        database.ProgramMemberFieldsStream,
        database.ActivityTypesStream,
        database.CustomActivityTypesStream,
        database.CustomObjectTypesStream,
        database.LeadPartitionsStream,
        assets.StaticListsStream,
        asset_parts.StaticListMembershipsStream,
        changes.DeletedLeadsStream,
        changes.LeadChangesStream,
        linked.CompaniesStream,
        linked.SalesPersonsStream,
        linked.OpportunityRolesStream,
        linked.OpportunitiesStream,
        accounts.NamedAccountListsStream,
        accounts.NamedAccountListMembersStream,
        accounts.NamedAccountsStream,
    ),
    "Assets": (
        assets.ProgramsStream,
        asset_parts.ProgramTagsStream,
        asset_parts.ProgramCostsStream,
        assets.ChannelsStream,
        assets.TagTypesStream,
        asset_contents.TagTypeValuesStream,
        assets.FoldersStream,
        asset_parts.TokensStream,
        assets.SmartCampaignsStream,
        asset_contents.SmartCampaignRulesStream,
        assets.CampaignsStream,
        assets.SmartListsStream,
        asset_contents.SmartListRulesStream,
        assets.EmailsStream,
        asset_parts.EmailContentStream,
        asset_contents.EmailDynamicContentStream,
        asset_contents.EmailFullContentStream,
        asset_contents.EmailVariablesStream,
        assets.EmailTemplatesStream,
        asset_parts.EmailTemplateContentStream,
        asset_contents.EmailTemplateUsesStream,
        designer.EmailsV2Stream,
        designer.EmailV2ContentStream,
        designer.EmailTemplatesV2Stream,
        designer.EmailTemplateV2ContentStream,
        designer.FragmentsV2Stream,
        designer.FragmentV2ContentStream,
        assets.FormsStream,
        asset_parts.FormFieldsStream,
        asset_contents.FormUsesStream,
        assets.LandingPagesStream,
        asset_contents.LandingPageContentStream,
        asset_contents.LandingPageFullContentStream,
        asset_contents.LandingPageVariablesStream,
        assets.LandingPageTemplatesStream,
        asset_contents.LandingPageTemplateContentStream,
        assets.LandingPageRedirectRulesStream,
        assets.LandingPageDomainsStream,
        assets.SnippetsStream,
        asset_parts.SnippetContentStream,
        assets.FilesStream,
        assets.SegmentationsStream,
        asset_parts.SegmentsStream,
    ),
    "Administration": (
        admin.UsersStream,
        admin.UserRolesStream,
        asset_contents.UserDetailsStream,
        admin.RolesStream,
        admin.WorkspacesStream,
        admin.ApiUsageDailyStream,
        admin.ApiErrorsDailyStream,
        admin.ExportJobsStream,
    ),
}
STREAMS = tuple(stream for group in GROUPS.values() for stream in group)


def name_of(stream: ListedStream) -> str:
    """The name of a stream from its class.

    Args:
        stream: Class of the stream.
    """
    return str(vars(stream)["name"])


DESCRIBED = frozenset(name_of(stream) for stream in STREAMS if hasattr(stream, "describe_path"))
"""Streams whose fields the instance describes, for one call each."""
