"""Print a digest of Adobe's OpenAPI files: the documented properties of each stream's records.

`python scripts/specification.py FOLDER > tests/streams/specification.json`, where FOLDER contains
the files `swagger-*.json` of the repository AdobeDocs/marketo-apis.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# Definition of the records, by stream; `mapi` is the lead database.
DEFINITIONS = {
    "activity_types": ("mapi", "ActivityType"),
    "custom_activity_types": ("mapi", "CustomActivityType"),
    "custom_object_types": ("mapi", "ObjectMetaData"),
    "deleted_leads": ("mapi", "Activity"),
    "lead_changes": ("mapi", "LeadChange"),
    "lead_fields": ("mapi", "LeadAttribute2Fields"),
    "lead_describe": ("mapi", "LeadAttribute"),
    "lead_partitions": ("mapi", "LeadPartition"),
    "program_member_fields": ("mapi", "LeadAttribute2Fields2"),
    "companies": ("mapi", "Company"),
    "named_account_list_members": ("mapi", "NamedAccount"),
    "named_account_lists": ("mapi", "NamedAccountList"),
    "named_accounts": ("mapi", "NamedAccount"),
    "opportunities": ("mapi", "CustomObject"),
    "opportunity_roles": ("mapi", "CustomObject"),
    "sales_persons": ("mapi", "SalesPerson"),
    "campaigns": ("mapi", "Campaign"),
    "channels": ("asset", "ChannelResponse"),
    "email_content": ("asset", "EmailContentResponse"),
    "email_dynamic_content": ("asset", "EmailDynamicContentResponse"),
    "email_full_content": ("asset", "GetEmailFullContentResponse"),
    "email_variables": ("asset", "EmailVariableResponse"),
    "email_template_used_by": ("asset", "EmailTemplateUsedByResponse"),
    "form_used_by": ("asset", "FormUsedByResponse"),
    "landing_page_content": ("asset", "LandingPageContentResponse"),
    "landing_page_full_content": ("asset", "GetLandingPageFullContentResponse"),
    "landing_page_template_content": ("asset", "LpTemplateGetContentResponse"),
    "landing_page_variables": ("asset", "LandingPageVariableResponse"),
    "smart_campaign_rules": ("asset", "SmartListResponseWithRules"),
    "smart_list_rules": ("asset", "SmartListResponseWithRules"),
    "tag_type_values": ("asset", "TagResponse"),
    "email_template_content": ("asset", "EmailTemplateContentResponse"),
    "email_template_v2_content": ("asset", "DataDTO"),
    "email_templates": ("asset", "EmailTemplateResponse"),
    "email_templates_v2": ("asset", "EmailTemplateContentDTO"),
    "email_v2_content": ("asset", "DataDTO"),
    "emails": ("asset", "EmailResponse"),
    "emails_v2": ("asset", "EmailContentDTO"),
    "files": ("asset", "FileResponse"),
    "folders": ("asset", "FolderResponse"),
    "form_fields": ("asset", "LpFormFieldResponse"),
    "forms": ("asset", "LpFormResponse"),
    "fragment_v2_content": ("asset", "DataDTO"),
    "fragments_v2": ("asset", "FragmentContentDTO"),
    "landing_page_domains": ("asset", "LandingPageDomain"),
    "landing_page_redirect_rules": ("asset", "LandingPageRedirectRule"),
    "landing_page_templates": ("asset", "LpTemplateResponse"),
    "landing_pages": ("asset", "LandingPageResponse"),
    "program_costs": ("asset", "Costs"),
    "program_tags": ("asset", "Tags"),
    "programs": ("asset", "ProgramResponse"),
    "segmentations": ("asset", "SegmentationResponse"),
    "segments": ("asset", "SegmentsResponse"),
    "smart_campaigns": ("asset", "SmartCampaignResponse"),
    "smart_lists": ("asset", "SmartListResponse"),
    "snippet_content": ("asset", "SnippetContentResponse"),
    "snippets": ("asset", "SnippetResponse"),
    "static_lists": ("asset", "StaticListResponse"),
    "tag_types": ("asset", "TagResponseGetAll"),
    "tokens": ("asset", "TokenDTO"),
    "api_errors_daily": ("mapi", "ErrorsData"),
    "api_usage_daily": ("mapi", "UsageData"),
    "export_jobs": ("mapi", "ExportResponse"),
    "roles": ("user", "ResponseOfRole"),
    "user_roles": ("user", "UserRoleWorkspace"),
    "user_details": ("user", "ResponseOfUser"),
    "users": ("user", "ResponseOfAllUsers"),
    "workspaces": ("user", "ResponseOfWorkspace"),
}


def main(folder: Path) -> dict[str, Any]:
    """The digest: types of properties by path, by stream.

    Args:
        folder: Folder with the OpenAPI files.
    """
    files = {
        name: json.loads((folder / f"swagger-{name}.json").read_text(encoding="utf-8"))
        for name in ("mapi", "asset", "user")
    }
    return {
        stream: {
            "definition": f"{file}: {name}",
            "properties": dict(_paths(files[file]["definitions"], {"$ref": f"/{name}"}, "")),
        }
        for stream, (file, name) in sorted(DEFINITIONS.items())
    }


def _paths(definitions: dict[str, Any], schema: dict[str, Any], path: str) -> Any:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if schema.get("properties"):
        for name, property_ in sorted(schema["properties"].items()):
            yield from _paths(definitions, property_, f"{path}.{name}" if path else name)
    elif schema.get("type") == "array":
        yield from _paths(definitions, schema["items"], f"{path}[]")
    else:
        yield path, schema["format"] if schema.get("format") == "date-time" else schema["type"]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1])), indent=1) + "\n")
