"""`ecids`: a field that lead exports have and no describe call lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.export import ecids
from tests.support.tap_runs import discover, quick_config, run_tap, selected

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import StartSandbox


def choosing_ecids(catalog: dict[str, Any]) -> dict[str, Any]:
    catalog = selected(catalog, {"leads"})
    for entry in catalog["streams"]:
        for one in entry["metadata"]:
            if entry["tap_stream_id"] == "leads" and one["breadcrumb"] == ["properties", "ecids"]:
                one["metadata"]["selected"] = True
    return catalog


def test_it_is_on_offer_and_off(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(leads=6, activities=0)
    catalog = discover(sandbox, tmp_path)
    (leads,) = (stream for stream in catalog["streams"] if stream["tap_stream_id"] == "leads")
    assert leads["schema"]["properties"]["ecids"]["type"] == ["string", "null"]

    run = run_tap(tmp_path, quick_config(sandbox), catalog=selected(catalog, {"leads"}))

    assert run.returncode == 0, run.log
    assert len(run.records("leads")) == 6
    assert not any("ecids" in record for record in run.records("leads"))


def test_it_is_exported_where_it_is_selected(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(leads=6, activities=0)
    catalog = choosing_ecids(discover(sandbox, tmp_path))

    run = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)

    assert run.returncode == 0, run.log
    found = {int(lead["id"]): lead["ecids"] for lead in run.records("leads")}
    assert found == {number: ecids(number) or None for number in found}
    assert any(found.values())


def test_a_refusal_costs_the_field_alone(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(leads=6, activities=0, hidden_fields=("ecids",))
    catalog = choosing_ecids(discover(sandbox, tmp_path))

    run = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)

    assert run.returncode == 0, run.log
    assert [lead.get("ecids") for lead in run.records("leads")] == [None] * 6
    assert run.log.count("Field ecids cannot be exported from this instance") == 1
