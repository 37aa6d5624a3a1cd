"""Assets that are listed without a parent, from programs to files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.paging import Paging
from tap_marketo.streams.lists.base import FILTERED, UPDATED, MarketoStream
from tap_marketo.values.schema import BOOLEAN, INTEGER, TEXT, TIMESTAMP, group, many, record

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

# Marketo spells folders in several ways: by `id` or by `value`, with or without a name.
FOLDER = group(id=INTEGER, value=INTEGER, type=TEXT, folderName=TEXT, name=TEXT)
HEADER = group(type=TEXT, value=TEXT)
_NAMED = {"id": INTEGER, "name": TEXT, "description": TEXT}
_DATED = {"createdAt": TIMESTAMP, "updatedAt": TIMESTAMP}
_ASSET = {**_NAMED, **_DATED, "url": TEXT, "folder": FOLDER, "workspace": TEXT}
_DRAFTED = {**_ASSET, "status": TEXT}


class AssetStream(MarketoStream):
    """A list of assets, paged by offset, with `id` as key."""

    paging = Paging.OFFSET
    api_keys: ClassVar[tuple[str, ...]] = ("id",)


class ProgramsStream(AssetStream):
    """Programs, without tags and costs. Source: programs.md."""

    name = "programs"
    path = "/rest/asset/v1/programs.json"
    cursor = UPDATED
    child_fields = ("id", "name")
    api_schema = record(
        **_DRAFTED,
        type=TEXT,
        channel=TEXT,
        startDate=TIMESTAMP,
        endDate=TIMESTAMP,
        sfdcId=TEXT,
        sfdcName=TEXT,
        headStart=BOOLEAN,
    )


class ChannelsStream(AssetStream):
    """Channels with their progression statuses. Source: channels.md."""

    name = "channels"
    path = "/rest/asset/v1/channels.json"
    cursor = FILTERED
    api_schema = record(
        id=INTEGER,
        name=TEXT,
        applicableProgramType=TEXT,
        progressionStatuses=many(
            group(
                name=TEXT,
                description=TEXT,
                type=TEXT,
                step=INTEGER,
                success=BOOLEAN,
                hidden=BOOLEAN,
            )
        ),
        **_DATED,
    )


class TagTypesStream(AssetStream):
    """Types of program tags. Source: tags.md."""

    name = "tag_types"
    path = "/rest/asset/v1/tagTypes.json"
    api_keys = ("tagType",)
    child_fields = ("tagType",)
    api_schema = record(tagType=TEXT, applicableProgramTypes=TEXT, required=BOOLEAN)


class FoldersStream(AssetStream):
    """Folders and programs as a tree; their ids overlap. Source: folders.md."""

    name = "folders"
    path = "/rest/asset/v1/folders.json"
    parameters = (("maxDepth", 100),)  # the default is two levels
    api_keys = ("id", "type")
    child_fields = ("id", "type")
    api_schema = record(
        **_NAMED,
        **_DATED,
        type=TEXT,
        folderId=FOLDER,
        folderType=TEXT,
        parent=FOLDER,
        path=TEXT,
        url=TEXT,
        workspace=TEXT,
        accessZoneId=INTEGER,
        isArchive=BOOLEAN,
        isSystem=BOOLEAN,
    )

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """Lift type and id from `folderId`; Marketo spells the type `Folder` or `FOLDER`."""
        del context
        folder = row.get("folderId")
        folder = folder if isinstance(folder, dict) else {}
        kind = str(folder.get("type") or "Folder").capitalize()
        number = row.get("id")
        number = folder.get("id") if number is None else number
        return {**row, "id": number, "folderId": {**folder, "type": kind}, "type": kind}


class SmartCampaignsStream(AssetStream):
    """Smart campaigns. Source: smart-campaigns.md."""

    name = "smart_campaigns"
    path = "/rest/asset/v1/smartCampaigns.json"
    cursor = UPDATED
    child_fields = ("id",)
    api_schema = record(
        **_NAMED,
        **_DATED,
        type=TEXT,
        status=TEXT,
        isSystem=BOOLEAN,
        isActive=BOOLEAN,
        isRequestable=BOOLEAN,
        isCommunicationLimitEnabled=BOOLEAN,
        recurrence=group(
            startAt=TIMESTAMP,
            endAt=TIMESTAMP,
            intervalType=TEXT,
            interval=INTEGER,
            weekdayOnly=BOOLEAN,
            weekdayMask=many(TEXT),
            dayOfMonth=INTEGER,
            dayOfWeek=TEXT,
            weekOfMonth=INTEGER,
        ),
        qualificationRuleType=TEXT,
        qualificationRuleInterval=INTEGER,
        qualificationRuleUnit=TEXT,
        maxMembers=INTEGER,
        smartListId=INTEGER,
        flowId=INTEGER,
        parentProgramId=INTEGER,
        folder=FOLDER,
        workspace=TEXT,
        computedUrl=TEXT,
    )


class CampaignsStream(MarketoStream):
    """Smart campaigns as listed by the lead database, with programs. Source: campaigns.md."""

    name = "campaigns"
    path = "/rest/v1/campaigns.json"
    paging = Paging.TOKEN
    permissions = ("Read-Only Campaign",)
    cursor = FILTERED
    api_keys = ("id",)
    api_schema = record(
        **_NAMED,
        **_DATED,
        type=TEXT,
        active=BOOLEAN,
        programId=INTEGER,
        programName=TEXT,
        workspaceName=TEXT,
    )


class SmartListsStream(AssetStream):
    """Smart lists created by users, without their rules. Source: smart-lists.md."""

    name = "smart_lists"
    path = "/rest/asset/v1/smartLists.json"
    cursor = UPDATED
    child_fields = ("id",)
    api_schema = record(**_ASSET)


class StaticListsStream(AssetStream):
    """Static lists. Source: static-lists.md."""

    name = "static_lists"
    path = "/rest/asset/v1/staticLists.json"
    cursor = UPDATED
    child_fields = ("id",)
    api_schema = record(**_ASSET, computedUrl=TEXT)


class EmailsStream(AssetStream):
    """Approved emails and drafts, without those of A/B tests. Source: emails.md."""

    name = "emails"
    path = "/rest/asset/v1/emails.json"
    cursor = UPDATED
    child_fields = ("id",)
    api_schema = record(
        **_DRAFTED,
        subject=HEADER,
        fromName=HEADER,
        fromEmail=HEADER,
        replyEmail=HEADER,
        operational=BOOLEAN,
        publishToMSI=BOOLEAN,
        template=INTEGER,
        textOnly=BOOLEAN,
        version=INTEGER,
        webView=BOOLEAN,
        autoCopyToText=BOOLEAN,
        isOpenTrackingDisabled=BOOLEAN,
        preHeader=TEXT,
        ccFields=many(group(attributeId=TEXT, objectName=TEXT, displayName=TEXT, apiName=TEXT)),
    )


class EmailTemplatesStream(AssetStream):
    """Email templates. Source: email-templates.md."""

    name = "email_templates"
    path = "/rest/asset/v1/emailTemplates.json"
    cursor = FILTERED
    child_fields = ("id",)
    api_schema = record(**_DRAFTED, version=INTEGER)


class FormsStream(AssetStream):
    """Forms. Source: forms.md."""

    name = "forms"
    path = "/rest/asset/v1/forms.json"
    cursor = FILTERED
    child_fields = ("id",)
    api_schema = record(
        **_NAMED,
        **_DATED,
        url=TEXT,
        status=TEXT,
        folder=FOLDER,
        theme=TEXT,
        language=TEXT,
        locale=TEXT,
        progressiveProfiling=BOOLEAN,
        labelPosition=TEXT,
        fontFamily=TEXT,
        fontSize=TEXT,
        knownVisitor=group(type=TEXT, template=TEXT),
        thankYouList=many(
            group(
                default=BOOLEAN,
                followupType=TEXT,
                followupValue=TEXT,
                operator=TEXT,
                subjectField=TEXT,
                values=many(TEXT),
            )
        ),
        buttonLabel=TEXT,
        buttonLocation=INTEGER,
        waitingLabel=TEXT,
    )


class LandingPagesStream(AssetStream):
    """Landing pages. Source: landing-pages.md."""

    name = "landing_pages"
    path = "/rest/asset/v1/landingPages.json"
    cursor = FILTERED
    child_fields = ("id",)
    api_schema = record(
        **_NAMED,
        **_DATED,
        URL=TEXT,
        computedUrl=TEXT,
        status=TEXT,
        folder=FOLDER,
        workspace=TEXT,
        title=TEXT,
        keywords=TEXT,
        robots=TEXT,
        template=INTEGER,
        customHeadHTML=TEXT,
        facebookOgTags=TEXT,
        formPrefill=BOOLEAN,
        mobileEnabled=BOOLEAN,
    )


class LandingPageTemplatesStream(AssetStream):
    """Landing page templates. Source: landing-page-templates.md."""

    name = "landing_page_templates"
    path = "/rest/asset/v1/landingPageTemplates.json"
    cursor = FILTERED
    child_fields = ("id",)
    api_schema = record(**_DRAFTED, templateType=TEXT, enableMunchkin=BOOLEAN)


class LandingPageRedirectRulesStream(AssetStream):
    """Redirect rules of landing pages. Source: landing-page-redirect-rules.md."""

    name = "landing_page_redirect_rules"
    path = "/rest/asset/v1/redirectRules.json"
    permissions = ("Read-Only Redirect Rules",)
    cursor = UPDATED
    api_schema = record(
        id=INTEGER,
        hostname=TEXT,
        redirectFromUrl=TEXT,
        redirectToUrl=TEXT,
        redirectFrom=HEADER,
        redirectTo=HEADER,
        **_DATED,
    )


class LandingPageDomainsStream(AssetStream):
    """Domains of landing pages. Source: landing-page-redirect-rules.md."""

    name = "landing_page_domains"
    path = "/rest/asset/v1/landingPageDomains.json"
    permissions = ("Read-Only Redirect Rules",)
    api_keys = ("hostname",)
    api_schema = record(hostname=TEXT, type=TEXT)


class SnippetsStream(AssetStream):
    """Snippets; may include fragments of the new designer, with nulls. Source: snippets.md."""

    name = "snippets"
    path = "/rest/asset/v1/snippets.json"
    cursor = FILTERED
    child_fields = ("id",)
    api_schema = record(**_DRAFTED)


class FilesStream(AssetStream):
    """Metadata of images and files, without their contents. Source: files.md."""

    name = "files"
    path = "/rest/asset/v1/files.json"
    cursor = FILTERED
    api_schema = record(**_NAMED, **_DATED, url=TEXT, folder=FOLDER, mimeType=TEXT, size=INTEGER)


class SegmentationsStream(AssetStream):
    """Segmentations. Source: segmentations.md."""

    name = "segmentations"
    path = "/rest/asset/v1/segmentation.json"
    paging = Paging.SINGLE
    child_fields = ("id",)
    api_schema = record(**_DRAFTED)
