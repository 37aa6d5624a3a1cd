"""Every GET operation of Adobe's specifications is served: `operations.txt` has their paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.support.caller import Caller

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox

PATHS = (Path(__file__).parent / "operations.txt").read_text(encoding="utf-8").split()
LEAST = 0.95
CUSTOM = "car_c"
# Required parameters of a call that are not in its path.
QUERIES: tuple[tuple[str, dict[str, str]], ...] = (
    (r".*/oauth/token", {}),
    (r".*/folder/(\{id\}|byName)\.json", {"type": "Folder"}),
    (r".*/folder/\{id\}/content\.json", {"type": "Folder"}),
    (r".*/asset/v2/.*/filter", {"workspaceId": "1"}),
    (r".*/byTag\.json", {"tagType": "tagType-1", "tagValue": "value of 1"}),
    (r".*/members\.json", {"filterType": "statusName", "filterValues": "Member"}),
    (r".*/namedAccountLists\.json", {"filterType": "dedupeFields", "filterValues": "Accounts 0"}),
    (r".*/namedaccounts\.json", {"filterType": "name", "filterValues": "x"}),
    (r".*/customobjects/\{customObjectName\}\.json", {"filterType": "vin", "filterValues": "x"}),
    (r".*/(companies|salespersons)\.json", {"filterType": "id", "filterValues": "1"}),
    (r".*/opportunities(/roles)?\.json", {"filterType": "idField", "filterValues": "x"}),
    (r".*/leads\.json", {"filterType": "id", "filterValues": "1001"}),
    (r".*/ismember\.json", {"id": "1001"}),
    (r".*/pagingtoken\.json", {"sinceDatetime": "2026-01-01T00:00:00Z"}),
)
NAMES = {
    "channel": "Channel 1",
    "email": "Email 1",
    "emailTemplate": "Email Template 1",
    "file": "File 1",
    "folder": "Marketing Activities",
    "form": "Form 1",
    "landingPage": "Landing Page 1",
    "landingPageTemplate": "Landing Page Template 1",
    "program": "Program 1",
    "smartCampaign": "Smart Campaign 1",
    "tagType": "tagType-1",
    "smartList": "Smart List 1",
    "staticList": "Static List 1",
}


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


def filled(caller: Caller, path: str) -> tuple[str, dict[str, str]]:
    """A path with existing ids, and the query that it needs."""
    query: dict[str, str] = {}
    for pattern, given in QUERIES:
        if re.fullmatch(pattern, path):
            query |= given
    if path.endswith("byName.json"):
        query["name"] = NAMES[path.split("/")[-2]]
    if re.search(r"activities(/leadchanges|/deletedleads)?\.json", path):
        token = caller.get("/rest/v1/activities/pagingtoken.json", sinceDatetime="2026-01-01")
        query |= {"nextPageToken": token["nextPageToken"], "activityTypeIds": "1,6"}
        query |= {"fields": "leadScore,city"}
    ids = identified(caller, path)
    return re.sub(r"\{(\w+)\}", lambda name: ids.get(name[1], "1"), path), query


def identified(caller: Caller, path: str) -> dict[str, str]:
    """Existing values for the names in a path."""
    library = caller.sandbox.instance.library.records
    ids = {
        "apiName": CUSTOM,
        "customObjectName": CUSTOM,
        "leadId": "1001",
        "userid": library["users"][0]["userid"],
        "fieldApiName": "seatNumber__c" if "/members/" in path else "createdAt",
    }
    if "external/type" in path:
        ids["apiName"] = library["custom_activity_types"][0]["apiName"]
    if "namedAccountList/" in path:
        ids["id"] = next(iter(caller.sandbox.instance.linked.members))
    if "contentId" in path:
        ids["contentId"] = "103" if "/email/" in path else "1"
    for kind in ("email", "emailtemplate", "fragment"):
        if f"/v2/{kind}/" in path:
            name = {"email": "emails_v2", "emailtemplate": "email_templates_v2"}
            ids["id"] = library[name.get(kind, "fragments_v2")][0]["id"]
    if "exportId" in path:
        ids["exportId"] = exported(caller, path)
    if "batchId" in path:
        ids["batchId"] = str(imported(caller, path))
    return ids


def exported(caller: Caller, path: str) -> str:
    """A job of the kind that a path names."""
    export = re.fullmatch(r"(/bulk/v1/.*/export)/\{exportId\}.*", path)
    assert export
    base = export[1].replace("{apiName}", CUSTOM)
    fields = {"activities": "marketoGUID", "program": "leadId", CUSTOM: "marketoGUID"}
    kind = next((field for field in fields if field in base), "")
    dates = "createdAt" if kind == "activities" else "updatedAt"
    filters: dict[str, Any] = {dates: caller.window()}
    filters |= {"programId": 1} if kind == "program" else {}
    body = {"fields": [fields.get(kind, "id")], "filter": filters}
    job = caller.post(f"{base}/create.json", body)["result"][0]["exportId"]
    caller.post(f"{base}/{job}/enqueue.json")
    return str(job)


def imported(caller: Caller, path: str) -> int:
    """A batch of the kind that a path names."""
    kinds = {
        "/bulk/v1/leads/": ("/bulk/v1/leads.json", "email\na@example.com\n"),
        "/bulk/v1/program/": (
            "/bulk/v1/program/1/members/import.json?programMemberStatus=Member",
            "email\na@example.com\n",
        ),
        "/bulk/v1/customobjects/": (f"/bulk/v1/customobjects/{CUSTOM}/import.json", "vin\nX\n"),
    }
    url, content = next(one for start, one in kinds.items() if path.startswith(start))
    answer = caller.call(
        "POST", url, params={"format": "csv"}, files={"file": ("a.csv", content)}
    ).json()
    return int(answer["result"][0]["batchId"])


def served(caller: Caller, path: str) -> bool:
    """Check that a documented call returns a documented response."""
    if path == "/identity/oauth/token":
        return caller.identity().status_code == 200
    url, query = filled(caller, path)
    headers = {"x-app-type": "marketo"} if "/v2/" in url else {}
    answer = caller.call("GET", f"{url}?{urlencode(query)}", headers=headers)
    if path.endswith("invite.json"):
        return answer.status_code == 404  # there are no invited users
    if answer.status_code != 200:
        return False
    if "/userservice/" in url:
        return isinstance(answer.json(), (list, dict))
    if answer.headers["Content-Type"].startswith("text/csv"):
        return True
    return bool(answer.json()["success"])


def test_nearly_all_get_operations_are_served(caller: Caller) -> None:
    missing = [path for path in PATHS if not served(caller, path)]

    assert len(PATHS) == 162
    assert 1 - len(missing) / len(PATHS) >= LEAST, missing
    assert missing == []
