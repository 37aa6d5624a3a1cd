"""Parts of assets: content, fields, variables, tokens and uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.assets import existing, find, none_found, paged, rules, wanted_status
from marketo_sandbox.api.parameters import required, text
from marketo_sandbox.api.route import ASSET, Route
from marketo_sandbox.export import Refused
from marketo_sandbox.quirks import ASSETS, spelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Record = dict[str, Any]
Answer = dict[str, Any]
_A1 = "/rest/asset/v1"


def _asset(instance: Instance, parent: str, number: str) -> Record:
    """The asset of the requested part, in the requested version.

    Raises:
        Refused: 702, it does not exist.
    """
    asset, status = existing(instance, parent, number), wanted_status()
    if status and str(asset.get("status")).lower() != status:
        raise Refused("702", f"There is no version that is {status}")
    return asset


def _parts(parent: str, name: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, number: str) -> Answer:
        _asset(instance, parent, number)
        return {"result": instance.library.parts(name, number)}

    return answer


def _body(parent: str, *kept: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, number: str) -> Answer:
        asset = _asset(instance, parent, number)
        shown = {name: asset[name] for name in ("id", "status", *kept)}
        return {"result": [{**shown, "content": f"<html>{number}</html>"}]}

    return answer


def _dynamic(parent: str, content: str, *keys: str) -> Callable[..., Answer]:
    """Dynamic content of existing parts."""

    def answer(instance: Instance, _: Call, number: str, part: str) -> Answer:
        asset = _asset(instance, parent, number)
        known = [
            section
            for section in instance.library.parts(content, number)
            if section.get("contentType", "DynamicContent") == "DynamicContent"
        ]
        if part not in {str(section[name]) for section in known for name in keys}:
            raise Refused("702", "Dynamic content not found")
        return {"result": [spelled(by_segment(instance, asset), ASSETS)]}

    return answer


def by_segment(instance: Instance, asset: Record) -> Record:
    """Content of an asset's section for each segment.

    Args:
        instance: Instance with its segments.
        asset: The asset.
    """
    records = instance.library.records["segmentations"]
    segments = instance.library.parts("segments", records[0]["id"]) if records else []
    return {
        "id": asset["id"],
        "createdAt": asset["createdAt"],
        "updatedAt": asset["updatedAt"],
        "segmentation": records[0]["id"] if records else None,
        "content": [
            {
                "id": str(segment["id"]),
                "segmentId": str(segment["id"]),
                "segmentName": segment["name"],
                "type": "HTML",
                "content": f"<p>For {segment['name']}</p>",
            }
            for segment in segments
        ],
    }


def _snippet_by_segment(instance: Instance, _: Call, number: str) -> Answer:
    found = by_segment(instance, _asset(instance, "snippets", number))
    return {"result": [spelled(found, ASSETS)]}


def _thank_you(instance: Instance, _: Call, number: str) -> Answer:
    found = _asset(instance, "forms", number)
    page = {"followupType": "url", "followupValue": "https://example.com/thanks", "default": True}
    return {"result": [{"id": found["id"], "thankYouList": [page]}]}


def _used_by(parent: str, user: str, kind: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, number: str) -> Answer:
        asset = _asset(instance, parent, number)
        return paged(instance, "used_by", users_of(instance, user, kind, asset["id"]))

    return answer


def users_of(instance: Instance, user: str, kind: str, number: int) -> list[Record]:
    """The assets that use another one.

    Args:
        instance: Instance of the assets.
        user: Name of the using kind.
        kind: Displayed type of the using assets.
        number: Id of the used asset.
    """
    return [
        {
            "id": record["id"],
            "name": record["name"],
            "type": kind,
            "status": record["status"],
            "updatedAt": record["updatedAt"],
        }
        for record in instance.library.records[user]
        if record.get("template", record["id"]) == number
    ]


def _full_email(instance: Instance, _: Call, number: str) -> Answer:
    email = _asset(instance, "emails", number)
    kind, lead = text("type", "HTML"), text("leadId")
    if kind not in {"HTML", "Text"}:
        raise Refused("1003", f"Invalid value '{kind}' for type")
    if lead and not (lead.isdigit() and int(lead) in instance.world.leads):
        raise Refused("1013", f"Lead {lead} not found")
    who = f" for {lead}" if lead else ""
    content = f"<html>{email['name']}{who}</html>" if kind == "HTML" else f"{email['name']}{who}"
    return {"result": [{"id": email["id"], "status": email["status"], "content": content}]}


def _full_page(instance: Instance, _: Call, number: str) -> Answer:
    page = _asset(instance, "landing_pages", number)
    return {"result": [{"id": page["id"], "content": f"<html>{page['name']}</html>"}]}


def _smart_list_of(parent: str) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, number: str) -> Answer:
        asset = existing(instance, parent, number)
        if parent == "programs" and asset["type"] != "email":
            return none_found()
        number_of_list = str(asset.get("smartListId") or asset["id"])
        smart_list = find(instance, "smart_lists", number_of_list)
        if smart_list is None:
            return none_found()
        shown = dict(smart_list)
        if parameters.flag("includeRules"):
            shown["rules"] = rules(smart_list["id"])
        return {"result": [spelled(shown, ASSETS)]}

    return answer


def _tokens(instance: Instance, _: Call, number: str) -> Answer:
    kind = text("folderType", "Folder").title()
    if kind not in {"Folder", "Program"}:
        raise Refused("1003", f"Invalid value '{kind}' for folderType")
    folder(instance, number, kind)
    found = instance.library.tokens(kind, int(number))
    shown = {"folder": {"type": kind, "value": int(number)}, "tokens": found}
    return {"result": [shown]}


def folder(instance: Instance, number: str, kind: str) -> Record:
    """A folder by id and type.

    Raises:
        Refused: 702, it does not exist.
    """
    for candidate in instance.library.records["folders"]:
        if str(candidate["id"]) == number and candidate["folderId"]["type"] == kind:
            return candidate
    raise Refused("702", f"{kind} not found")


_HELD = {
    "emails": "Email",
    "forms": "Form",
    "landing_pages": "Landing Page",
    "smart_campaigns": "Smart Campaign",
    "smart_lists": "Smart List",
    "static_lists": "List",
    "snippets": "Snippet",
}


def _folder_content(instance: Instance, _: Call, number: str) -> Answer:
    kind = required("type").title()
    if kind not in {"Folder", "Program"}:
        raise Refused("1003", f"Invalid value '{kind}' for type")
    folder(instance, number, kind)
    here = (int(number), kind)
    records = instance.library.records
    inside = [
        {"id": child["id"], "type": child["folderId"]["type"]}
        for child in records["folders"]
        if child["parent"] and (child["parent"]["id"], child["parent"]["type"]) == here
    ]
    inside += [
        {"id": record["id"], "type": shown}
        for name, shown in _HELD.items()
        for record in records[name]
        if (record["folder"]["value"], record["folder"]["type"]) == here
    ]
    return paged(instance, "folder_contents", inside)


def _segments(instance: Instance, _: Call, number: str) -> Answer:
    records = instance.library.records["segmentations"]
    if number not in {str(record["id"]) for record in records}:
        raise Refused("702", "Segmentation not found")
    wanted_status()
    return paged(instance, "segments", instance.library.parts("segments", number))


def _cc_fields(_instance: Instance, _: Call) -> Answer:
    field = {"attributeId": "157", "objectName": "lead", "displayName": "Email CC",
            "apiName": "emailCc"}  # fmt: skip
    return {"result": [field]}


def _form_fields(member: bool) -> Callable[..., Answer]:  # noqa: FBT001
    def answer(instance: Instance, _: Call) -> Answer:
        known = (
            {name: kind for name, (_, kind) in instance.members.fields.items() if "__c" in name}
            if member
            else instance.world.fields
        )
        shown = [
            {"id": name, "dataType": kind, "isRequired": False, "maxLength": 255}
            for name, kind in known.items()
        ]
        return paged(instance, "available_form_fields", shown)

    return answer


ROUTES = tuple(
    Route(rf"{_A1}/{path}", handler, ASSET)
    for path, handler in (
        (r"email/(\d+)/content\.json", _parts("emails", "email_content")),
        (r"email/(\d+)/variables\.json", _parts("emails", "email_variables")),
        (r"email/(\d+)/fullContent\.json", _full_email),
        (
            r"email/(\d+)/dynamicContent/([^/]+)\.json",
            _dynamic("emails", "email_content", "value", "htmlId"),
        ),
        (r"email/ccFields\.json", _cc_fields),
        (r"emailTemplate/(\d+)/content(?:\.json)?", _body("email_templates")),
        (r"emailTemplates?/(\d+)/usedBy\.json", _used_by("email_templates", "emails", "Email")),
        (r"folder/(\d+)/content\.json", _folder_content),
        (r"folder/(\d+)/tokens\.json", _tokens),
        (r"form/fields\.json", _form_fields(member=False)),
        (r"form/programMemberFields\.json", _form_fields(member=True)),
        (r"form/(\d+)/fields\.json", _parts("forms", "form_fields")),
        (r"form/(\d+)/thankYouPage\.json", _thank_you),
        (r"form/(\d+)/usedBy\.json", _used_by("forms", "landing_pages", "Landing Page")),
        (r"landingPage/(\d+)/content\.json", _parts("landing_pages", "landing_page_content")),
        (r"landingPage/(\d+)/variables\.json", _parts("landing_pages", "landing_page_variables")),
        (r"landingPage/(\d+)/fullContent\.json", _full_page),
        (
            r"landingPage/(\d+)/dynamicContent/([^/]+)\.json",
            _dynamic("landing_pages", "landing_page_content", "id"),
        ),
        (
            r"landingPageTemplate/(\d+)/content\.json",
            _body("landing_page_templates", "templateType", "enableMunchkin"),
        ),
        (r"program/(\d+)/smartList\.json", _smart_list_of("programs")),
        (r"smartCampaign/(\d+)/smartList\.json", _smart_list_of("smart_campaigns")),
        (r"segmentation/(\d+)/segments\.json", _segments),
        (r"snippet/(\d+)/content\.json", _parts("snippets", "snippet_content")),
        (r"snippet/(\d+)/dynamicContent\.json", _snippet_by_segment),
    )
)
