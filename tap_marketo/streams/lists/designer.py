"""Assets of the new designer, listed by workspace, and their content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.paging import Paging
from tap_marketo.streams.lists.base import Cursor, MarketoStream
from tap_marketo.values.schema import BOOLEAN, INTEGER, TEXT, TIMESTAMP, group, many, record

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

HEADERS = {"x-app-type": "marketo"}
_CONTENT = {
    "id": TEXT,
    "name": TEXT,
    "description": TEXT,
    "appType": TEXT,
    "status": TEXT,
    "state": TEXT,
    "virtualId": TEXT,
    "associatedStates": many(group(contentId=TEXT, externalId=TEXT, state=TEXT)),
    "externalId": TEXT,
    "scriptEngine": TEXT,
    "workspaceId": TEXT,
    "createdAt": TIMESTAMP,
    "modifiedAt": TIMESTAMP,
    "metadata": group(
        createdBy=TEXT,
        createdAt=TIMESTAMP,
        createdById=TEXT,
        createdByAepId=TEXT,
        modifiedBy=TEXT,
        modifiedAt=TIMESTAMP,
        modifiedById=TEXT,
        modifiedByAepId=TEXT,
    ),
}
_APP_DATA = group(editorType=TEXT, folderId=TEXT, workspaceId=TEXT)
_EDITOR = group(dynamicContent=TEXT)


class DesignerStream(MarketoStream):
    """Assets of the new designer, listed by workspace. Source: emails-new.md."""

    paging = Paging.INDEX
    headers = HEADERS
    parameters = (("includeArchived", "true"),)
    api_keys: ClassVar[tuple[str, ...]] = ("id",)
    cursor = Cursor("modifiedAt", "modifiedAtStart", "modifiedAtEnd")
    child_fields = ("id",)
    needs_no_context = False
    calls = "1 per workspace and 50 records"

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """One list and bookmark per workspace."""
        return [{self._names["workspaceId"]: number} for number in self.tap.workspace_ids]

    def query(self, context: Context | None) -> dict[str, Any]:
        """Add the workspace, which is required."""
        workspace = (context or {})[self._names["workspaceId"]]
        return {**super().query(context), "workspaceId": workspace}

    def _place(self, context: Context | None) -> object:
        """The workspace: the API user may lack access to some."""
        return (context or {}).get(self._names["workspaceId"])

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """Lift the dates, one of which is the cursor, and add the workspace."""
        metadata = row.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        dates = {name: metadata.get(name) for name in ("createdAt", "modifiedAt")}
        workspace = (context or {}).get(self._names["workspaceId"])
        return {**row, **dates, "workspaceId": workspace}


class EmailsV2Stream(DesignerStream):
    """Emails of the new designer, without variants of A/B tests. Source: emails-new.md."""

    name = "emails_v2"
    path = "/rest/asset/v2/email/filter"
    permissions = ("Read-Only Assets", "Access Design Studio", "Access Email")
    api_schema = record(
        **_CONTENT,
        headers=group(
            ccEmails=many(TEXT),
            fromEmail=TEXT,
            fromName=TEXT,
            preheader=TEXT,
            replyEmail=TEXT,
            subject=TEXT,
        ),
        settings=group(
            isOperational=BOOLEAN,
            isWebPageView=BOOLEAN,
            isTextOnly=BOOLEAN,
            disableOpenTracking=BOOLEAN,
            enableUrlTracking=BOOLEAN,
        ),
        appData=group(
            editorType=TEXT,
            workspaceId=TEXT,
            folderId=TEXT,
            programId=TEXT,
            programName=TEXT,
            programType=TEXT,
        ),
        templateId=TEXT,
        editorContext=_EDITOR,
    )


class EmailTemplatesV2Stream(DesignerStream):
    """Email templates of the new designer. Source: email-templates-new.md."""

    name = "email_templates_v2"
    path = "/rest/asset/v2/emailtemplate/filter"
    permissions = ("Read-Only Assets", "Access Design Studio", "Access Email Template")
    api_schema = record(**_CONTENT, version=INTEGER, appData=_APP_DATA)


class FragmentsV2Stream(DesignerStream):
    """Fragments of the new designer. Source: fragments.md."""

    name = "fragments_v2"
    path = "/rest/asset/v2/fragment/filter"
    permissions = ("Read-Only Assets", "Access Design Studio", "Access Snippet")
    api_schema = record(
        **_CONTENT,
        settings=group(fragmentType=TEXT, fragmentSubType=TEXT, supportedChannels=many(TEXT)),
        thumbnail=group(url=TEXT),
        appData=_APP_DATA,
        editorContext=_EDITOR,
        themeId=TEXT,
    )


class DesignerContentStream(MarketoStream):
    """Content of an asset of the new designer, as HTML and text. Source: emails-new.md."""

    selected_by_default = False
    headers = HEADERS
    calls = "1 per changed parent"
    api_keys: ClassVar[tuple[str, ...]] = ("id",)
    api_schema = record(id=TEXT, html=TEXT, text=TEXT, syncFromHtml=BOOLEAN)

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """Lift the bodies from `data`."""
        del context
        data = row.get("data") or {}
        html, text = data.get("html") or {}, data.get("text") or {}
        body = {
            "html": html.get("body"),
            "text": text.get("body"),
            "syncFromHtml": text.get("syncFromHtml"),
        }
        return {"id": row.get("id"), **body}


class EmailV2ContentStream(DesignerContentStream):
    """Content of emails of the new designer. Source: emails-new.md."""

    name = "email_v2_content"
    parent_stream_type = EmailsV2Stream
    permissions = EmailsV2Stream.permissions
    path = "/rest/asset/v2/email/{id}"


class EmailTemplateV2ContentStream(DesignerContentStream):
    """Content of email templates of the new designer. Source: email-templates-new.md."""

    name = "email_template_v2_content"
    parent_stream_type = EmailTemplatesV2Stream
    permissions = EmailTemplatesV2Stream.permissions
    path = "/rest/asset/v2/emailtemplate/{id}"


class FragmentV2ContentStream(DesignerContentStream):
    """Content of fragments of the new designer. Source: fragments.md."""

    name = "fragment_v2_content"
    parent_stream_type = FragmentsV2Stream
    permissions = FragmentsV2Stream.permissions
    path = "/rest/asset/v2/fragment/{id}"
