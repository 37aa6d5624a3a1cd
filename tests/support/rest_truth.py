"""The expected records of the sandbox's lists, and runs of the tap to compare with them."""

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
"""The field of an object, and the lead field with its value."""


def sync(sandbox: Sandbox, folder: Path, *names: str, **how: Any) -> TapRun:
    """Sync some streams, with `state` and settings as keywords."""
    state = how.pop("state", None)
    config = rest_config(sandbox, **how)
    # All runs of a test share a discovery.
    file = folder / f"catalog-{how.get('field_names', 'marketo')}.json"
    if not file.exists():
        file.write_text(run_tap(folder, config, "--discover").output, encoding="utf-8")
    catalog = json.loads(file.read_text(encoding="utf-8"))
    return run_tap(folder, config, catalog=selected(catalog, set(names)), state=state)


def rest_config(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    """A configuration with the names of the sandbox's lists of named accounts."""
    lists = sandbox.instance.linked.records["named_account_lists"]
    accounts = [record["name"] for record in lists]
    return quick_config(sandbox, **{"named_account_lists": accounts, **settings})


def assert_same(run: TapRun, sandbox: Sandbox, name: str) -> None:
    """Check that the run wrote exactly the expected records, with their values."""
    (stream,) = (candidate for candidate in STREAMS if name_of(candidate) == name)

    def by_key(records: Records) -> dict[tuple[Any, ...], dict[str, Any]]:
        return {tuple(record[key] for key in stream.api_keys): record for record in records}

    got, expected = by_key(run.records(name)), by_key(truth(sandbox, name))
    assert got.keys() == expected.keys(), name
    for key, record in expected.items():
        for column, value in record.items():
            # A column without a value may be absent.
            assert got[key].get(column) == value, (name, column)


def truth(sandbox: Sandbox, name: str) -> Records:
    """The expected records of a stream."""
    if name in SPECIAL:
        return SPECIAL[name](sandbox)
    if name in CONTENTS:
        return [
            {"id": asset["id"], "html": f"<p>{asset['name']}</p>", "text": asset["name"]}
            for asset in truth(sandbox, CONTENTS[name])
        ]
    if name in LINKS:
        return _linked(sandbox, name)
    return list(everything(sandbox.instance)[name]())


def _linked(sandbox: Sandbox, name: str) -> Records:
    field, lead_field = LINKS[name]
    named = {lead.values.get(lead_field) for lead in sandbox.world.leads.values()}
    return [record for record in sandbox.instance.linked.records[name] if record[field] in named]


def _opportunities(sandbox: Sandbox) -> Records:
    named = {role["externalOpportunityId"] for role in _linked(sandbox, "opportunity_roles")}
    records = sandbox.instance.linked.records["opportunities"]
    return [record for record in records if record["externalOpportunityId"] in named]


def _folders(sandbox: Sandbox) -> Records:
    records = sandbox.instance.library.records["folders"]
    return [{**folder, "type": folder["folderId"]["type"]} for folder in records]


SPECIAL: dict[str, Callable[[Sandbox], Records]] = {
    "opportunities": _opportunities,
    "folders": _folders,
    "export_jobs": lambda sandbox: [{"exportId": job.export_id} for job in sandbox.jobs],
}
LINKED_KINDS = tuple(linked.KINDS)
