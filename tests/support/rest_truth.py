"""What a perfect reader of the sandbox's lists delivers, and runs of the tap to compare with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from marketo_sandbox import linked
from marketo_sandbox.truth import truth as everything
from tap_marketo.streams.lists.catalog import STREAMS, name_of
from tests.support.tap_runs import TapRun, quick_config, run_tap, selected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from marketo_sandbox import Sandbox

Records = list[dict[str, Any]]

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
            # What has no value may be absent.
            assert got[key].get(column) == value, (name, column)


def truth(sandbox: Sandbox, name: str) -> Records:
    """The records of a stream."""
    if name in SPECIAL:
        return SPECIAL[name](sandbox)
    if name in CONTENTS:
        return [
            {"id": one["id"], "html": f"<p>{one['name']}</p>", "text": one["name"]}
            for one in truth(sandbox, CONTENTS[name])
        ]
    if name in LINKS:
        return _linked(sandbox, name)
    return list(everything(sandbox.instance)[name]())


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


SPECIAL: dict[str, Callable[[Sandbox], Records]] = {
    "opportunities": _opportunities,
    "folders": _folders,
    "export_jobs": lambda sandbox: [{"exportId": one.export_id} for one in sandbox.jobs],
}
LINKED_KINDS = tuple(linked.KINDS)
