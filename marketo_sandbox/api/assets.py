"""Assets: filtered lists, and single assets by id and name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.parameters import number, parse_time, required, text
from marketo_sandbox.api.route import ASSET, RULES, Route
from marketo_sandbox.export import Refused
from marketo_sandbox.quirks import ASSETS, EXACT, NOTHING, PAGED, loosely, nothing, spelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]
STATUSES = frozenset({"approved", "draft"})
_A1 = "/rest/asset/v1"


@dataclass(frozen=True)
class Kind:
    """A kind of asset.

    Attributes:
        many: Path segment of the list.
        one: Path segment of a single asset; empty if there is no such endpoint.
        filters: Parameters of the list.
        by: Keys by which single assets can be requested.
        permission: Permission that a caller needs.
    """

    many: str
    one: str = ""
    filters: frozenset[str] = frozenset()
    by: frozenset[str] = frozenset()
    permission: str = ASSET


def _kind(
    many: str, one: str = "", filters: str = "", by: str = "", *, rules: bool = False
) -> Kind:
    return Kind(
        many, one, frozenset(filters.split()), frozenset(by.split()), RULES if rules else ASSET
    )


KINDS = {
    "programs": _kind("programs", "program", "dates status program", "id name"),
    "channels": _kind("channels", "channel", "", "name"),
    "tag_types": _kind("tagTypes", "tagType", "", "name"),
    "folders": _kind("folders", "folder", "depth", "id name"),
    "smart_campaigns": _kind("smartCampaigns", "smartCampaign", "dates folder active", "id name"),
    "smart_lists": _kind("smartLists", "smartList", "dates folder", "id name"),
    "static_lists": _kind("staticLists", "staticList", "dates folder", "id name"),
    "emails": _kind("emails", "email", "dates folder status", "id name"),
    "email_templates": _kind("emailTemplates", "emailTemplate", "status", "id name"),
    "forms": _kind("forms", "form", "folder status", "id name"),
    "landing_pages": _kind("landingPages", "landingPage", "folder status", "id name"),
    "landing_page_templates": _kind(
        "landingPageTemplates", "landingPageTemplate", "folder status", "id name"
    ),
    "snippets": _kind("snippets", "snippet", "status", "id"),
    "files": _kind("files", "file", "folder", "id name"),
    "landing_page_redirect_rules": _kind(
        "redirectRules", "redirectRule", "dates redirect", "id", rules=True
    ),
    "landing_page_domains": _kind("landingPageDomains", rules=True),
}


def none_found() -> Answer:
    """The answer of a search without results."""
    return {"warnings": [NOTHING]}


def wanted_status() -> str:
    """The requested `status`; empty for any.

    Raises:
        Refused: The status is unknown.
    """
    status = text("status").lower()
    if status and status not in STATUSES | {"approved with draft"}:
        raise Refused("1003", f"Invalid value '{text('status')}' for status")
    return status


def in_folder(record: Record, folder: tuple[int, str] | None) -> bool:
    """Whether an asset is in the folder, or no folder is requested."""
    parent = record.get("folder") or {}
    return folder is None or (parent.get("value"), parent.get("type")) == folder


def _filtered(instance: Instance, kind: Kind, records: list[Record]) -> list[Record]:
    found = list(records)
    if "dates" in kind.filters:
        earliest, latest = parameters.updated()
        found = [
            record
            for record in found
            if (not earliest or parse_time(record["updatedAt"]) >= earliest)
            and (not latest or parse_time(record["updatedAt"]) <= latest)
        ]
    if "status" in kind.filters and kind.many == "programs":
        status = text("status")
        found = [record for record in found if not status or record["status"] == status]
    elif "status" in kind.filters:
        status = wanted_status()
        found = [
            record for record in found if not status or str(record["status"]).lower() == status
        ]
    if "folder" in kind.filters:
        folder = parameters.folder("folder")
        found = [record for record in found if in_folder(record, folder)]
    if "active" in kind.filters:
        active = parameters.flag("isActive")
        found = [record for record in found if active is None or record["isActive"] is active]
    for name, narrow in _OWN.items():
        if name in kind.filters:
            found = narrow(instance, found)
    return found


def _programs(_: Instance, records: list[Record]) -> list[Record]:
    by = text("filterType")
    if not by:
        return records
    keys = {"id": "id", "programId": "id", "workspace": "workspace", "folderId": "folder"}
    if by not in keys:
        raise Refused("1011", f"Field '{by}' is not supported as a filter")
    required("filterValues")
    values = set(parameters.names("filterValues"))
    if by == "folderId":
        return [record for record in records if str(record["folder"]["value"]) in values]
    return [record for record in records if str(record[keys[by]]) in values]


def _folders(instance: Instance, records: list[Record]) -> list[Record]:
    root, most = parameters.folder("root"), number("maxDepth", 2, least=1)
    workspace = text("workSpace")
    library, first, found = instance.library, 1, records
    if root:
        top = [record for record in records if (record["id"], record["folderId"]["type"]) == root]
        if not top:
            return []
        first = library.depth(top[0])
        found = [record for record in records if _is_below(records, record, root)]
    return [
        record
        for record in found
        if library.depth(record) - first < most and workspace in {"", record["workspace"]}
    ]


def _is_below(records: list[Record], record: Record, root: tuple[int, str]) -> bool:
    by_id = {record["id"]: record for record in records if record["folderId"]["type"] == "Folder"}
    while True:
        if (record["id"], record["folderId"]["type"]) == root:
            return True
        if not record["parent"]:
            return False
        record = by_id[record["parent"]["id"]]


def _redirects(_: Instance, records: list[Record]) -> list[Record]:
    page = text("redirectTolandingPageId") or text("redirectToLandingPageId")
    path, host = text("redirectToPath"), text("hostname")
    return [
        record
        for record in records
        if (not page or str(record["redirectTo"]["value"]) == page)
        and (not path or record["redirectToUrl"] == path)
        and (not host or record["hostname"] == host)
    ]


_OWN = {"program": _programs, "depth": _folders, "redirect": _redirects}


def paged(instance: Instance, name: str, records: list[Record]) -> Answer:
    """A page of a list of assets, by offset.

    Args:
        instance: Instance with its options.
        name: Name of the kind.
        records: All records.
    """
    size = number("maxReturn", 20, least=1, most=parameters.ASSET_PAGE)
    start = number("offset", 0)
    rough = instance.options.rough
    rows: list[Record | None] = list(records)
    if rough and name in PAGED:
        rows = PAGED[name](records, parameters.ASSET_PAGE)
    found = rows[start : start + size]
    if not found:
        return nothing(start // size if rough else 0)
    shown = [record for record in found if record is not None]
    if rough and name not in EXACT:
        shown = loosely(shown)
    return {"result": spelled(shown, ASSETS)}


def _listed(name: str) -> Callable[..., Answer]:
    kind = KINDS[name]

    def answer(instance: Instance, _: Call) -> Answer:
        records = instance.library.records[name]
        return paged(instance, name, _filtered(instance, kind, records))

    return answer


def find(instance: Instance, name: str, value: str, key: str = "id") -> Record | None:
    """An asset, or None.

    Args:
        instance: Instance of the asset.
        name: Name of the kind.
        value: Value of the key.
        key: Name of the key.
    """
    for record in instance.library.records[name]:
        if str(record[key]) == value:
            return record
    return None


def existing(instance: Instance, name: str, value: str) -> Record:
    """The asset of requested parts.

    Raises:
        Refused: 702, it does not exist.
    """
    asset = find(instance, name, value)
    if asset is None:
        raise Refused("702", f"{KINDS[name].one.title()} not found")
    return asset


def _single(instance: Instance, name: str, asset: Record | None) -> Answer:
    if asset is None:
        return none_found()
    status = wanted_status() if "status" in KINDS[name].filters and name != "programs" else ""
    if status and str(asset.get("status")).lower() != status:
        return none_found()
    return {"result": [spelled(_detailed(instance, name, asset), ASSETS)]}


def _detailed(instance: Instance, name: str, asset: Record) -> Record:
    if name == "programs":
        tags = instance.library.parts("program_tags", asset["id"])
        return {**asset, "tags": tags, "costs": None}
    if name == "smart_lists" and parameters.flag("includeRules"):
        return {**asset, "rules": rules(asset["id"])}
    if name == "tag_types":
        return {**asset, "allowableValues": allowed_values(instance)}
    return asset


def allowed_values(instance: Instance) -> str:
    """The allowed values of a tag, as one text.

    Args:
        instance: Instance with its programs.
    """
    values = [f"value of {program['id']}" for program in instance.library.records["programs"]]
    return f"[{', '.join(values)}]"


def _by_id(name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, value: str) -> Answer:
        return _single(instance, name, find(instance, name, value))

    return answer


def _by_name(name: str) -> Callable[..., Answer]:
    key = "tagType" if name == "tag_types" else "name"

    def answer(instance: Instance, _: Call) -> Answer:
        # The specification and the guide differ in case.
        wanted = text("Name") or required("name")
        folder = parameters.folder("folder")
        for record in instance.library.records[name]:
            if record[key] == wanted and in_folder(record, folder):
                return _single(instance, name, record)
        return none_found()

    return answer


def _folder(instance: Instance, _: Call, value: str) -> Answer:
    return _folder_where(instance, lambda folder: str(folder["id"]) == value, required("type"))


def _folder_by_name(instance: Instance, _: Call) -> Answer:
    wanted, root = required("name"), parameters.folder("root")
    records, workspace = instance.library.records["folders"], text("workSpace")
    return _folder_where(
        instance,
        lambda folder: (
            folder["name"] == wanted
            and workspace in {"", folder["workspace"]}
            and (not root or _is_below(records, folder, root))
        ),
        text("type"),
    )


def _folder_where(instance: Instance, fits: Callable[[Record], bool], kind: str) -> Answer:
    if kind and kind.title() not in {"Folder", "Program"}:
        raise Refused("1003", f"Invalid value '{kind}' for type")
    for folder in instance.library.records["folders"]:
        if fits(folder) and kind.title() in {"", folder["folderId"]["type"]}:
            return {"result": [spelled(folder, ASSETS)]}
    return none_found()


def _program_by_name(instance: Instance, _: Call) -> Answer:
    program = find(instance, "programs", required("name"), "name")
    if program is None:
        return none_found()
    library, shown = instance.library, dict(program)
    shown["costs"] = (
        library.parts("program_costs", program["id"]) if parameters.flag("includeCosts") else None
    )
    if parameters.flag("includeTags"):
        shown["tags"] = library.parts("program_tags", program["id"])
    return {"result": [spelled(shown, ASSETS)]}


def _programs_by_tag(instance: Instance, _: Call) -> Answer:
    kind, value = required("tagType"), required("tagValue")
    programs = [
        program
        for program in instance.library.records["programs"]
        if {"tagType": kind, "tagValue": value}
        in instance.library.parts("program_tags", program["id"])
    ]
    return paged(instance, "programs", programs)


def rules(number_of_list: int) -> Record:
    """The rules of a smart list, which have no effect.

    Args:
        number_of_list: Id of the list.
    """
    condition = {
        "activityAttributeId": 1,
        "activityAttributeName": "Email Address",
        "operator": "contains",
        "values": ["@example.com"],
        "isPrimary": True,
    }
    one = {
        "id": number_of_list * 10,
        "name": "Email Address",
        "ruleTypeId": 1,
        "ruleType": "Filter",
        "operator": "AND",
        "conditions": [condition],
    }
    return {"filterMatchType": "all", "triggers": [], "filters": [one]}


def _segmentations(instance: Instance, _: Call) -> Answer:
    status = wanted_status()
    records = instance.library.records["segmentations"]
    segmentations = [record for record in records if not status or record["status"] == status]
    return {"result": spelled(segmentations, ASSETS)} if segmentations else none_found()


ROUTES = (
    Route(rf"{_A1}/program/byName\.json", _program_by_name, ASSET),
    Route(rf"{_A1}/program/byTag\.json", _programs_by_tag, ASSET),
    Route(rf"{_A1}/folder/byName\.json", _folder_by_name, ASSET),
    Route(rf"{_A1}/folder/(\d+)\.json", _folder, ASSET),
    Route(rf"{_A1}/segmentation\.json", _segmentations, ASSET),
    *(
        Route(rf"{_A1}/{kind.many}\.json", _listed(name), kind.permission)
        for name, kind in KINDS.items()
    ),
    *(
        # The list of endpoints has the plural for landing page templates.
        Route(rf"{_A1}/{kind.one}s?/byName\.json", _by_name(name), kind.permission)
        for name, kind in KINDS.items()
        if "name" in kind.by
    ),
    *(
        Route(rf"{_A1}/{kind.one}/(\d+)\.json", _by_id(name), kind.permission)
        for name, kind in KINDS.items()
        if "id" in kind.by
    ),
)
