"""Contents and uses of assets: child streams that are off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.client.paging import Paging
from tap_marketo.streams.lists import admin, asset_parts, assets
from tap_marketo.streams.lists.asset_parts import PartStream
from tap_marketo.values.schema import BOOLEAN, INTEGER, TEXT, TIMESTAMP, group, many, record

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

_RULES = group(
    filterMatchType=TEXT,
    triggers=many(TEXT),
    filters=many(
        group(
            id=INTEGER,
            name=TEXT,
            ruleTypeId=INTEGER,
            ruleType=TEXT,
            operator=TEXT,
            conditions=many(
                group(
                    activityAttributeId=INTEGER,
                    activityAttributeName=TEXT,
                    operator=TEXT,
                    values=many(TEXT),
                    isPrimary=BOOLEAN,
                )
            ),
        )
    ),
)
_USER = {"id": INTEGER, "name": TEXT, "type": TEXT, "status": TEXT, "updatedAt": TIMESTAMP}


class EmailFullContentStream(PartStream):
    """The whole HTML of emails. Source: emails.md."""

    name = "email_full_content"
    parent_stream_type = assets.EmailsStream
    path = "/rest/asset/v1/email/{id}/fullContent.json"
    api_keys = ("id",)
    api_schema = record(id=INTEGER, status=TEXT, content=TEXT)


class EmailVariablesStream(PartStream):
    """Variables of emails, including those of modules. Source: emails.md."""

    name = "email_variables"
    parent_stream_type = assets.EmailsStream
    path = "/rest/asset/v1/email/{id}/variables.json"
    parent_columns = (("emailId", "id"),)
    api_keys = ("emailId", "moduleId", "name")
    api_schema = record(emailId=INTEGER, moduleId=TEXT, name=TEXT, value=TEXT, moduleScope=BOOLEAN)

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """Use an empty module id for a variable outside modules: a key needs a value."""
        del context
        return {**row, "moduleId": row.get("moduleId") or ""}


class EmailDynamicContentStream(PartStream):
    """Content of an email section for each segment. Source: emails.md."""

    name = "email_dynamic_content"
    parent_stream_type = asset_parts.EmailContentStream
    path = "/rest/asset/v1/email/{emailId}/dynamicContent/{contentId}.json"
    calls = "1 per dynamic section of a changed email"
    parent_columns = (("emailId", "emailId"), ("contentId", "contentId"))
    api_keys = ("emailId", "contentId")
    api_schema = record(
        emailId=INTEGER,
        contentId=TEXT,
        id=INTEGER,
        segmentation=INTEGER,
        content=many(group(content=TEXT, id=TEXT, segmentId=TEXT, segmentName=TEXT, type=TEXT)),
        createdAt=TIMESTAMP,
        updatedAt=TIMESTAMP,
    )


class LandingPageContentStream(PartStream):
    """Content of landing pages, section by section. Source: landing-pages.md."""

    name = "landing_page_content"
    parent_stream_type = assets.LandingPagesStream
    path = "/rest/asset/v1/landingPage/{id}/content.json"
    parent_columns = (("landingPageId", "id"),)
    api_keys = ("landingPageId", "id")
    api_schema = record(
        landingPageId=INTEGER,
        id=TEXT,
        type=TEXT,
        index=INTEGER,
        content=TEXT,
        followupType=TEXT,
        followupValue=TEXT,
        formattingOptions=TEXT,
    )


class LandingPageFullContentStream(PartStream):
    """The whole HTML of landing pages. Source: landing-pages.md."""

    name = "landing_page_full_content"
    parent_stream_type = assets.LandingPagesStream
    path = "/rest/asset/v1/landingPage/{id}/fullContent.json"
    api_keys = ("id",)
    api_schema = record(id=INTEGER, content=TEXT)


class LandingPageVariablesStream(PartStream):
    """Variables of landing pages. Source: landing-pages.md."""

    name = "landing_page_variables"
    parent_stream_type = assets.LandingPagesStream
    path = "/rest/asset/v1/landingPage/{id}/variables.json"
    parent_columns = (("landingPageId", "id"),)
    api_keys = ("landingPageId", "id")
    api_schema = record(landingPageId=INTEGER, id=TEXT, type=TEXT, value=TEXT)


class LandingPageTemplateContentStream(PartStream):
    """Content of landing page templates. Source: landing-page-templates.md."""

    name = "landing_page_template_content"
    parent_stream_type = assets.LandingPageTemplatesStream
    path = "/rest/asset/v1/landingPageTemplate/{id}/content.json"
    api_keys = ("id",)
    api_schema = record(
        id=INTEGER, status=TEXT, content=TEXT, templateType=TEXT, enableMunchkin=BOOLEAN
    )


class FormUsesStream(PartStream):
    """Which assets use a form. Source: forms.md."""

    name = "form_used_by"
    parent_stream_type = assets.FormsStream
    # Other assets start or stop using a form without changing it.
    ignore_parent_replication_key = True
    shows_no_changes = True
    path = "/rest/asset/v1/form/{id}/usedBy.json"
    paging = Paging.OFFSET
    calls = "1 or more per form; see `full_lists_interval_hours`"
    parent_columns = (("formId", "id"),)
    api_keys = ("formId", "type", "id")
    api_schema = record(formId=INTEGER, **_USER)


class EmailTemplateUsesStream(PartStream):
    """Which emails use a template. Source: email-templates.md."""

    name = "email_template_used_by"
    parent_stream_type = assets.EmailTemplatesStream
    ignore_parent_replication_key = True
    shows_no_changes = True
    path = "/rest/asset/v1/emailTemplates/{id}/usedBy.json"
    paging = Paging.OFFSET
    calls = "1 or more per template; see `full_lists_interval_hours`"
    parent_columns = (("emailTemplateId", "id"),)
    api_keys = ("emailTemplateId", "type", "id")
    api_schema = record(emailTemplateId=INTEGER, **_USER)


class SmartListRulesStream(PartStream):
    """Triggers and filters of smart lists. Source: smart-lists.md."""

    name = "smart_list_rules"
    parent_stream_type = assets.SmartListsStream
    path = "/rest/asset/v1/smartList/{id}.json"
    parameters = (("includeRules", "true"),)
    api_keys = ("id",)
    api_schema = record(id=INTEGER, name=TEXT, rules=_RULES, updatedAt=TIMESTAMP)


class SmartCampaignRulesStream(PartStream):
    """Triggers and filters of the smart lists of smart campaigns. Source: smart-campaigns.md."""

    name = "smart_campaign_rules"
    parent_stream_type = assets.SmartCampaignsStream
    path = "/rest/asset/v1/smartCampaign/{id}/smartList.json"
    parameters = (("includeRules", "true"),)
    parent_columns = (("smartCampaignId", "id"),)
    api_keys = ("smartCampaignId",)
    api_schema = record(smartCampaignId=INTEGER, id=INTEGER, name=TEXT, rules=_RULES)


class TagTypeValuesStream(PartStream):
    """The values that a tag may have. Source: tags.md."""

    name = "tag_type_values"
    parent_stream_type = assets.TagTypesStream
    path = "/rest/asset/v1/tagType/byName.json"
    calls = "1 per tag type"
    api_keys = ("tagType",)
    api_schema = record(
        tagType=TEXT, allowableValues=TEXT, applicableProgramTypes=TEXT, required=BOOLEAN
    )

    def query(self, context: Context | None) -> dict[str, Any]:
        """By name."""
        return {"name": (context or {}).get("tagType")}


class UserDetailsStream(admin.UserServiceStream):
    """Users with their last login and whether they are locked. Source: user-management.md."""

    name = "user_details"
    parent_stream_type = admin.UsersStream
    path = "/userservice/management/v1/users/{userid}/user.json"
    selected_by_default = False
    calls = "1 per user"
    api_keys = ("userid",)
    api_schema = record(
        userid=TEXT,
        id=INTEGER,
        emailAddress=TEXT,
        firstName=TEXT,
        lastName=TEXT,
        apiOnly=BOOLEAN,
        optedIn=BOOLEAN,
        isLocked=BOOLEAN,
        lockedReason=TEXT,
        lastLoginAt=TIMESTAMP,
        expiresAt=TIMESTAMP,
        failedLogins=INTEGER,
        failedDeviceCode=INTEGER,
        userRoleWorkspaces=many(
            group(
                accessRoleId=INTEGER, accessRoleName=TEXT, workspaceId=INTEGER, workspaceName=TEXT
            )
        ),
    )
