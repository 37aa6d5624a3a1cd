"""Parts of single assets: one call for each changed parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.client.paging import Paging
from tap_marketo.streams.lists import assets
from tap_marketo.streams.lists.base import MarketoStream
from tap_marketo.values.schema import (
    BOOLEAN,
    DATE,
    INTEGER,
    NUMBER,
    TEXT,
    TIMESTAMP,
    group,
    many,
    record,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.helpers.types import Context, Record


_RULE = group(
    subjectField=TEXT,
    operator=TEXT,
    values=many(TEXT),
    altLabel=TEXT,
    picklistFilterValues=many(group(label=TEXT, value=TEXT, isDefault=BOOLEAN, selected=BOOLEAN)),
)


PROGRAM_BY_NAME = "/rest/asset/v1/program/byName.json"
PROGRAM_CALLS = "1 per changed program, for `program_tags` and `program_costs` together"


def program_query(context: Context | None) -> dict[str, Any]:
    """Query of a program with its tags and costs.

    Args:
        context: Context of the program.
    """
    name = (context or {}).get("name")
    return {"name": name, "includeTags": "true", "includeCosts": "true"}


class PartStream(MarketoStream):
    """A part of an asset."""

    selected_by_default = False
    calls = "1 per changed parent"


class ProgramTagsStream(PartStream):
    """Tags of programs, from the same calls as their costs. Source: programs.md."""

    name = "program_tags"
    parent_stream_type = assets.ProgramsStream
    path = PROGRAM_BY_NAME
    calls = PROGRAM_CALLS
    within = "tags"
    parent_columns = (("programId", "id"),)
    api_keys = ("programId", "tagType")
    api_schema = record(programId=INTEGER, tagType=TEXT, tagValue=TEXT)

    def query(self, context: Context | None) -> dict[str, Any]:
        """Include costs, so that one call serves both streams."""
        return program_query(context)


class ProgramCostsStream(PartStream):
    """Costs of programs by period; a period may have several. Source: programs.md."""

    name = "program_costs"
    parent_stream_type = assets.ProgramsStream
    path = PROGRAM_BY_NAME
    calls = PROGRAM_CALLS
    parent_columns = (("programId", "id"),)
    api_keys = ("programId", "position")
    api_schema = record(programId=INTEGER, position=INTEGER, startDate=DATE, cost=NUMBER, note=TEXT)

    def query(self, context: Context | None) -> dict[str, Any]:
        """Look the program up by name: only then does Marketo return costs."""
        return program_query(context)

    def items(self, page: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        """Number the costs of a program, which have no id."""
        for program in page:
            for position, cost in enumerate(program.get("costs") or ()):
                yield {**cost, "position": position}


class TokensStream(PartStream):
    """My tokens of folders and programs. Source: tokens.md."""

    name = "tokens"
    parent_stream_type = assets.FoldersStream
    path = "/rest/asset/v1/folder/{id}/tokens.json"
    calls = "1 per folder and program; see `full_lists_interval_hours`"
    shows_no_changes = True
    within = "tokens"
    parent_columns = (
        ("folderId", "id"),
        ("folderType", "type"),
    )
    api_keys = ("folderId", "folderType", "name")
    api_schema = record(
        folderId=INTEGER, folderType=TEXT, name=TEXT, type=TEXT, value=TEXT, computedUrl=TEXT
    )

    def query(self, context: Context | None) -> dict[str, Any]:
        """Add the type: folders and programs share ids."""
        return {"folderType": (context or {}).get("type")}


class FormFieldsStream(PartStream):
    """Fields of forms. Source: form-fields.md."""

    name = "form_fields"
    parent_stream_type = assets.FormsStream
    path = "/rest/asset/v1/form/{id}/fields.json"
    parent_columns = (("formId", "id"),)
    api_keys = ("formId", "id", "rowNumber", "columnNumber")
    api_schema = record(
        formId=INTEGER,
        id=TEXT,
        label=TEXT,
        dataType=TEXT,
        rowNumber=INTEGER,
        columnNumber=INTEGER,
        required=BOOLEAN,
        blankFields=INTEGER,
        defaultValue=TEXT,
        fieldMetaData=TEXT,
        fieldWidth=INTEGER,
        fields=many(TEXT),
        formPrefill=BOOLEAN,
        isSensitive=BOOLEAN,
        hintText=TEXT,
        instructions=TEXT,
        labelWidth=INTEGER,
        maxLength=INTEGER,
        text=TEXT,
        validationMessage=TEXT,
        visibilityRules=group(ruleType=TEXT, rules=many(_RULE)),
    )


class SegmentsStream(PartStream):
    """Segments of segmentations. Source: segments.md."""

    name = "segments"
    parent_stream_type = assets.SegmentationsStream
    path = "/rest/asset/v1/segmentation/{id}/segments.json"
    paging = Paging.OFFSET
    calls = "2 or more per segmentation"
    selected_by_default = True
    parent_columns = (("segmentationId", "id"),)
    api_keys = ("segmentationId", "id")
    api_schema = record(
        segmentationId=INTEGER,
        id=INTEGER,
        name=TEXT,
        description=TEXT,
        status=TEXT,
        url=TEXT,
        createdAt=TIMESTAMP,
        updatedAt=TIMESTAMP,
    )


class StaticListMembershipsStream(PartStream):
    """Members of static lists, read in full. Source: static-lists.md."""

    name = "static_list_memberships"
    parent_stream_type = assets.StaticListsStream
    # Members change without a change of the list itself.
    ignore_parent_replication_key = True
    shows_no_changes = True
    path = "/rest/v1/lists/{id}/leads.json"
    paging = Paging.TOKEN
    parameters = (("fields", "id"),)
    permissions = ("Read-Only Asset", "Read-Only Lead")
    calls = "1 per list and 300 members; see `full_lists_interval_hours`"
    parent_columns = (("listId", "id"),)
    api_keys = ("listId", "leadId")
    api_schema = record(listId=INTEGER, leadId=INTEGER)

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """Rename the member's id: members are leads."""
        del context
        return {"leadId": row.get("id")}


class EmailContentStream(PartStream):
    """Content of emails, section by section. Source: emails.md."""

    name = "email_content"
    parent_stream_type = assets.EmailsStream
    path = "/rest/asset/v1/email/{id}/content.json"
    parent_columns = (("emailId", "id"),)
    api_keys = ("emailId", "htmlId")
    api_schema = record(
        emailId=INTEGER,
        htmlId=TEXT,
        parentHtmlId=TEXT,
        contentType=TEXT,
        index=INTEGER,
        isLocked=BOOLEAN,
        value=TEXT,
    )

    def get_child_context(self, record: Record, context: Context | None) -> Context | None:
        """Context of dynamic sections only: their value is the id of the dynamic content."""
        del context
        if "dynamic" not in str(record.get(self._names["contentType"])).lower():
            return None
        content = str(record.get(self._names["value"]) or "").strip('"')
        return {"emailId": record.get(self._names["emailId"]), "contentId": content}


class SnippetContentStream(PartStream):
    """Content of snippets as HTML and text. Source: snippets.md."""

    name = "snippet_content"
    parent_stream_type = assets.SnippetsStream
    path = "/rest/asset/v1/snippet/{id}/content.json"
    parent_columns = (("snippetId", "id"),)
    api_keys = ("snippetId", "type")
    api_schema = record(snippetId=INTEGER, type=TEXT, content=TEXT)


class EmailTemplateContentStream(PartStream):
    """Content of email templates. Source: email-templates.md."""

    name = "email_template_content"
    parent_stream_type = assets.EmailTemplatesStream
    path = "/rest/asset/v1/emailTemplate/{id}/content.json"
    paging = Paging.SINGLE
    api_keys = ("id",)
    api_schema = record(id=INTEGER, status=TEXT, content=TEXT)
