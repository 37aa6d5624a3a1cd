"""Call every read method of `marketorestpython`, and print the results as JSON."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

import redirect  # noqa: F401 - it takes effect
from marketorestpython.client import MarketoClient

READS = ("get_", "describe", "browse_", "list_", "is_member")
# They need a job, a batch or a token from another call, or are not calls of Adobe's API.
LATER = ("export_job", "import_", "get_paging_token", "_yield", "get_data", "get_result")
VALUES: dict[str, Any] = {
    "id": 1,
    "listId": 1,
    "leadId": 1001,
    "lead_id": 1001,
    "lead_ids": [1001, 1002],
    "leadIds": [1001, 1002],
    "programId": 1,
    "folderType": "Folder",
    "type": "Folder",
    "contentId": "103",
    "dynamicContentId": "103",
    "status": None,
    "tagType": "tagType-1",
    "tagValue": "value of 1",
    "activityTypeIds": ["1", "6"],
    "fields": ["leadScore", "city"],
    "sinceDatetime": "2026-10-01",
    "filterType": "id",
    "filterValues": ["1", "1001"],
    "object_name": "car_c",
    "apiName": "car_c",
    "nextPageToken": None,
}
OWN: dict[str, dict[str, Any]] = {
    "get_custom_objects": {
        "name": "car_c",
        "filterType": "dedupeFields",
        "input": [{"vin": "car_c-0"}],
    },
    "describe_custom_object": {"name": "car_c"},
    "get_opportunities": {"filterType": "idField", "filterValues": ["x"]},
    "get_opportunity_roles": {"filterType": "leadId", "filterValues": ["1000"]},
    "get_named_accounts": {"filterType": "name", "filterValues": ["Account 1, Inc."]},
    "get_named_account_lists": {"filterType": "dedupeFields", "filterValues": ["Accounts 0"]},
    "get_lead_by_id": {"id": 1001},
    "get_multiple_leads_by_filter_type": {"filterType": "id", "filterValues": ["1001", "1002"]},
    "get_landing_page_dynamic_content": {"id": 1, "dynamicContentId": "1"},
    "get_smart_list_by_program_id": {"id": 5},
    "get_lead_changes": {"fields": ["leadScore", "city"], "sinceDatetime": "2026-10-01"},
    "describe_custom_activity_type": {"apiName": "selfServe1_c"},
    "get_deleted_leads": {"sinceDatetime": "2026-11-25"},
    "get_lead_activities": {"activityTypeIds": ["1", "6"], "sinceDatetime": "2026-11-01"},
    "get_list_of_custom_objects": {"names": ["car_c"]},
    "is_member_of_list": {"listId": 1, "id": [1001]},
}
NAMES = {
    "channel": "Channel 1",
    "email": "Email 1",
    "email_template": "Email Template 1",
    "file": "File 1",
    "folder": "Marketing Activities",
    "form": "Form 1",
    "landing_page": "Landing Page 1",
    "landing_page_template": "Landing Page Template 1",
    "list": "Static List 1",
    "program": "Program 1",
    "smart_campaign": "Smart Campaign 1",
    "smart_list": "Smart List 1",
    "tag": "tagType-1",
}


def arguments(name: str, method: Any) -> dict[str, Any]:
    """Arguments that a method needs."""
    if name in OWN:
        return OWN[name]
    found = {}
    for parameter in inspect.signature(method).parameters.values():
        wanted = parameter.default is parameter.empty and parameter.kind in {
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        }
        if wanted:
            found[parameter.name] = (
                NAMES[name.removeprefix("get_").removesuffix("_by_name")]
                if parameter.name == "name"
                else VALUES[parameter.name]
            )
    return found


def main() -> None:
    """Call the methods."""
    client = MarketoClient("123-ABC-456", sys.argv[1], sys.argv[2], max_retry_time=5)
    results: dict[str, Any] = {}
    for name, method in inspect.getmembers(client, inspect.ismethod):
        if not name.startswith(READS) or any(one in name for one in LATER):
            continue
        try:
            found = method(**arguments(name, method))
            results[name] = len(found) if isinstance(found, list) else 1
        except Exception as error:  # noqa: BLE001 - it is the result
            results[name] = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps(results))  # noqa: T201


main()
