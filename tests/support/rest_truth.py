"""What a perfect reader of the sandbox's lists delivers, and runs of the tap to compare with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from marketo_sandbox import designer, linked, lists
from marketo_sandbox.clock import iso
from marketo_sandbox.fields import described_fields
from tap_marketo.streams.lists.catalog import STREAMS, name_of
from tests.support.tap_runs import TapRun, quick_config, run_tap, selected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from marketo_sandbox import Sandbox

Records = list[dict[str, Any]]

PARENTS = {
    "program_tags": ("programs", "id", "programId"),
    "program_costs": ("programs", "id", "programId"),
    "form_fields": ("forms", "id", "formId"),
    "segments": ("segmentations", "id", "segmentationId"),
    "email_content": ("emails", "id", "emailId"),
    "snippet_content": ("snippets", "id", "snippetId"),
    "user_roles": ("users", "userid", "userid"),
}
CONTENTS = {
    "email_v2_content": "emails_v2",
    "email_template_v2_content": "email_templates_v2",
    "fragment_v2_content": "fragments_v2",
}
LINKS = {
    "companies": ("externalCompanyId", "externalCompanyId"),
    "sales_persons": ("externalSalesPersonId", "externalSalesPersonId"),
    "opportunity_roles": ("leadId", "id"),
}
"""The field of an object and the lead field by which it is found."""


def sync(sandbox: Sandbox, folder: Path, *names: str, **how: Any) -> TapRun:
    """Sync some streams; `state` and settings as keywords."""
    state = how.pop("state", None)
    config = rest_config(sandbox, **how)
    # One discovery for all runs of a test.
    file = folder / f"catalog-{how.get('field_names', 'marketo')}.json"
    if not file.exists():
        file.write_text(run_tap(folder, config, "--discover").output, encoding="utf-8")
    catalog = json.loads(file.read_text(encoding="utf-8"))
    return run_tap(folder, config, catalog=selected(catalog, set(names)), state=state)


def rest_config(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    """A configuration that names the sandbox's lists of named accounts."""
    accounts = [one["name"] for one in sandbox.instance.linked.records["named_account_lists"]]
    return quick_config(sandbox, **{"named_account_lists": accounts, **settings})


def assert_same(run: TapRun, sandbox: Sandbox, name: str) -> None:
    """Every record of the truth is there with its values, and no other one."""
    (stream,) = (one for one in STREAMS if name_of(one) == name)

    def by_key(records: Records) -> dict[tuple[Any, ...], dict[str, Any]]:
        return {tuple(one[key] for key in stream.api_keys): one for one in records}

    got, expected = by_key(run.records(name)), by_key(truth(sandbox, name))
    assert got.keys() == expected.keys(), name
    for key, record in expected.items():
        for column, value in record.items():
            assert got[key][column] == value, (name, column)


def truth(sandbox: Sandbox, name: str) -> Records:
    """The records of a stream."""
    if name in PARENTS:
        return _parts(sandbox, name)
    if name in SPECIAL:
        return SPECIAL[name](sandbox)
    if name in designer.KINDS:
        return _designed(sandbox, name)
    if name in CONTENTS:
        return [
            {"id": one["id"], "html": f"<p>{one['name']}</p>", "text": one["name"]}
            for one in truth(sandbox, CONTENTS[name])
        ]
    if name in LINKS:
        return _linked(sandbox, name)
    records = sandbox.instance.linked.records | sandbox.instance.library.records
    return records[name]


def _parts(sandbox: Sandbox, name: str) -> Records:
    library = sandbox.instance.library
    parent, key, column = PARENTS[name]
    numbered = name == "program_costs"
    return [
        {**part, column: one[key], **({"position": place} if numbered else {})}
        for one in library.records[parent]
        for place, part in enumerate(library.parts(name, one[key]))
    ]


def _designed(sandbox: Sandbox, name: str) -> Records:
    return [
        {
            **{key: value for key, value in one.items() if key != "metadata"},
            "workspaceId": one["appData"]["workspaceId"],
            "createdAt": one["metadata"]["createdAt"],
            "modifiedAt": one["metadata"]["modifiedAt"],
        }
        for number, one in enumerate(sandbox.instance.library.records[name])
        if name != "emails_v2" or not designer.is_variant(number)
    ]


def _linked(sandbox: Sandbox, name: str) -> Records:
    field, lead_field = LINKS[name]
    named = {one.values.get(lead_field) for one in sandbox.world.leads.values()}
    return [one for one in sandbox.instance.linked.records[name] if one[field] in named]


def _opportunities(sandbox: Sandbox) -> Records:
    named = {one["externalOpportunityId"] for one in _linked(sandbox, "opportunity_roles")}
    records = sandbox.instance.linked.records["opportunities"]
    return [one for one in records if one["externalOpportunityId"] in named]


def _folders(sandbox: Sandbox) -> Records:
    records = sandbox.instance.library.records["folders"]
    return [{**one, "type": one["folderId"]["type"]} for one in records]


def _tokens(sandbox: Sandbox) -> Records:
    return [
        {**part, "folderId": one["id"], "folderType": one["type"]}
        for one in _folders(sandbox)
        for part in sandbox.instance.library.parts("tokens", f"{one['type']}{one['id']}")
    ]


def _template_content(sandbox: Sandbox) -> Records:
    return [
        {"id": one["id"], "status": one["status"], "content": f"<html>{one['id']}</html>"}
        for one in sandbox.instance.library.records["email_templates"]
    ]


def _list_members(sandbox: Sandbox) -> Records:
    return [
        {"listId": one["id"], "leadId": lead}
        for one in sandbox.instance.library.records["static_lists"]
        for lead in sandbox.world.leads
        if lead % 3 == one["id"] % 3
    ]


def _account_members(sandbox: Sandbox) -> Records:
    return [
        {"namedAccountListId": guid, "marketoGUID": account}
        for guid, accounts in sandbox.instance.linked.members.items()
        for account in accounts
    ]


def _lead_changes(sandbox: Sandbox) -> Records:
    return [
        {"marketoGUID": str(100_000 + place), "leadId": lead_id, "activityDate": iso(at)}
        for place, (at, lead_id, _) in enumerate(sorted(sandbox.world.changes))
    ]


SPECIAL: dict[str, Callable[[Sandbox], Records]] = {
    "opportunities": _opportunities,
    "folders": _folders,
    "tokens": _tokens,
    "email_template_content": _template_content,
    "static_list_memberships": _list_members,
    "named_account_list_members": _account_members,
    "deleted_leads": lambda sandbox: lists.deleted_leads(sandbox.instance),
    "lead_changes": _lead_changes,
    "lead_describe": lambda sandbox: described_fields(sandbox.world.fields),
    "lead_fields": lambda sandbox: [
        {"name": name, "dataType": kind} for name, kind in sandbox.world.fields.items()
    ],
    "program_member_fields": lambda sandbox: sandbox.instance.members.describe(),
    "activity_types": lambda sandbox: sandbox.world.types,
    "export_jobs": lambda sandbox: [{"exportId": one.export_id} for one in sandbox.jobs],
}
LINKED_KINDS = tuple(linked.KINDS)
