"""Schemas of REST streams against Adobe's OpenAPI definitions: each difference has its reason.

`scripts/specification.py` creates the digest.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.streams.lists.catalog import STREAMS, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGEST = json.loads(Path(__file__).with_name("specification.json").read_text(encoding="utf-8"))
EXPLAINED = {
    # Properties that every reply can have in addition to the record.
    "* reasons[].*: * -> -": "of a write that failed",
    "* seq: integer -> -": "the place in the reply",
    "companies company: string -> -": "a column by the describe call, as are all other fields",
    "sales_persons status: string -> -": "of a write",
    "named_account_list* status: string -> -": "of a write",
    "named_accounts status: string -> -": "of a write",
    "users errors[].*: * -> -": "of a call that failed",
    "roles errors[].*: * -> -": "of a call that failed",
    "workspaces errors[].*: * -> -": "of a call that failed",
    # Dates that the definitions declare as text.
    "* createdAt: string -> date-time": "a moment by every example",
    "* updatedAt: string -> date-time": "a moment by every example",
    "*_v2 metadata.createdAt: string -> date-time": "a moment by every example",
    "*_v2 metadata.modifiedAt: string -> date-time": "a moment by every example",
    "api_*_daily date: date-time -> date": "a day by every example",
    "program_costs startDate: date-time -> date": "a day by every example",
    # Objects without a fixed shape are written as JSON text.
    "* attributes[].value: object -> string": "the type depends on the attribute",
    "email_content value: object -> string": "text, a list or an object",
    "landing_page_content content: object -> string": "text, a list or an object",
    "landing_page_content id: object -> string": "a number or text",
    "landing_page_content formattingOptions*: * -> *": "of no fixed shape",
    "landing_page_variables value: object -> string": "text, a number or a flag",
    "*_v2 editorContext.dynamicContent: object -> string": "of no fixed shape",
    "forms thankYouList[].followupValue: object -> string": "a page's id, a URL or nothing",
    "form_fields fieldMetaData: object -> string": "depends on the field's type",
    "form_fields validationMessage: object -> string": "text by every example",
    # The origin of a record, known only from the request.
    "* programId: - -> integer": "the parent",
    "program_costs position: - -> integer": "nothing else tells the costs of a program apart",
    "tokens folder*: - -> *": "the parent",
    "form_fields formId: - -> integer": "the parent",
    "snippet_content snippetId: - -> integer": "the parent",
    "user_roles userid: - -> string": "the parent",
    "export_jobs kind: - -> string": "the list that the job is in",
    "named_account_list_members namedAccountListId: - -> string": "the parent",
    "* emailId: - -> integer": "the parent",
    "email_dynamic_content contentId: - -> string": "the parent",
    "* landingPageId: - -> integer": "the parent",
    "* emailTemplateId: - -> integer": "the parent",
    "* smartCampaignId: - -> integer": "the parent",
    "form_used_by formId: - -> integer": "the parent",
    "*_v2 workspaceId: - -> string": "the workspace asked for",
    # Columns that a key or a bookmark needs at the top.
    "folders type: - -> string": "out of `folderId`: folders and programs share ids",
    "*_v2 createdAt: - -> date-time": "out of `metadata`",
    "*_v2 modifiedAt: - -> date-time": "out of `metadata`",
    "*_v2_content id: - -> string": "the asset that has the content",
    "*_v2_content html*: * -> *": "the body, out of `data`",
    "*_v2_content text*: * -> *": "the body, out of `data`",
    "*_v2_content syncFromHtml: - -> boolean": "out of `data.text`",
    # Missing from the definitions.
    "emails isOpenTrackingDisabled: - -> boolean": "in every example",
    "segments status: - -> string": "in every example",
    "user_details errors[].*: * -> -": "of a call that failed",
    "user_details *At: string -> date-time": "a moment by every example",
    "* folder.folderName: - -> string": "another spelling of a folder",
    "* folder.name: - -> string": "another spelling of a folder",
    "* folder.value: - -> integer": "another spelling of a folder",
    "snippets folder.id: - -> integer": "another spelling of a folder",
    "folders folderId.*: - -> *": "another spelling of a folder",
    "folders parent.*: - -> *": "another spelling of a folder",
    "programs headStart: - -> boolean": "seen on email programs",
    "companies *edAt: - -> date-time": "by describe, on every instance",
    "sales_persons *edAt: - -> date-time": "by describe, on every instance",
    "sales_persons externalSalesPersonId: - -> string": "by describe, on every instance",
    "opportunit* *edAt: - -> date-time": "by describe, on every instance",
    "opportunit* externalOpportunityId: - -> string": "by describe, on every instance",
    "opportunity_roles leadId: - -> integer": "by describe, on every instance",
    "opportunity_roles role: - -> string": "by describe, on every instance",
    "named_accounts *edAt: - -> date-time": "by describe, on every instance",
    "named_accounts name: - -> string": "by describe, on every instance",
    # A separate stream, or another spelling.
    "programs costs[].*: * -> -": "`program_costs`",
    "*_rules *: * -> -": "a column of the list of smart lists",
    "programs tags[].*: * -> -": "`program_tags`",
    "program_costs cost: integer -> number": "money may have cents",
    "custom_object_types apiName: string -> -": "`name` in the examples, and in the stream",
    "custom_object_types name: - -> string": "`apiName` in the definition",
}
# Without a separate definition.
UNSPECIFIED = {
    "static_list_memberships": "the two ids of a membership, out of a lead",
}


def paths(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Type of each property in the digest."""
    if "items" in schema:
        yield from paths(schema["items"], f"{path}[]")
    elif "properties" in schema:
        for name, one in schema["properties"].items():
            yield from paths(one, f"{path}.{name}" if path else name)
    else:
        kind = next(one for one in schema["type"] if one != "null")
        yield path, schema["format"] if schema.get("format") in {"date-time", "date"} else kind


def differences() -> Iterator[str]:
    for stream in STREAMS:
        name = name_of(stream)
        if name in UNSPECIFIED:
            continue
        ours, theirs = dict(paths(stream.api_schema)), DIGEST[name]["properties"]
        for path in sorted({*ours, *theirs}):
            if ours.get(path) != theirs.get(path):
                yield f"{name} {path}: {theirs.get(path, '-')} -> {ours.get(path, '-')}"


DIFFERENCES = list(differences())


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_a_difference_has_a_reason(difference: str) -> None:
    assert any(fnmatchcase(difference, pattern.replace("[", "[[]")) for pattern in EXPLAINED)


@pytest.mark.parametrize("pattern", EXPLAINED)
def test_a_reason_has_a_difference(pattern: str) -> None:
    assert any(fnmatchcase(one, pattern.replace("[", "[[]")) for one in DIFFERENCES)


def test_every_stream_is_compared() -> None:
    assert {name_of(stream) for stream in STREAMS} == {*DIGEST, *UNSPECIFIED}
