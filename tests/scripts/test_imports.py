"""Bulk import: parts of a size that Marketo accepts, polling, and failed rows."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tap_marketo.client.errors import ResponseError
from tap_marketo.scripts import (
    ImportFailedError,
    Waiting,
    import_custom_objects,
    import_leads,
    import_program_members,
)
from tap_marketo.scripts import imports as imports_module
from tests.support.fake_marketo import FakeMarketo, refusal, result

if TYPE_CHECKING:
    from pathlib import Path

BATCH = result({"batchId": 11, "status": "Queued"})


def waiting(slept: list[float] | None = None, seconds: float = 100.0) -> Waiting:
    """No real time passes: each wait advances the clock."""
    pauses = slept if slept is not None else []
    return Waiting(5.0, seconds, pauses.append, lambda: sum(pauses))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text('\ufeffemail,notes\na@x.org,"two\nlines"\nb@x.org,\n', encoding="utf-8")
    return path


def test_a_file_is_imported_and_its_failures_are_read(file: Path) -> None:
    slept: list[float] = []
    marketo = FakeMarketo(
        [
            BATCH,
            result({"batchId": 11, "status": "Importing"}),
            result(
                {
                    "batchId": 11,
                    "status": "Complete",
                    "numOfLeadsProcessed": 1,
                    "numOfRowsFailed": 1,
                    "numOfRowsWithWarning": 1,
                }
            ),
            "email,notes,Import Failure Reason\nb@x.org,,no e-mail\n",
            "email,notes,Import Warning Reason\na@x.org,x,too long\n",
        ]
    )

    done = import_leads(marketo.client(), file, list_id=3, waiting=waiting(slept))

    assert (done.batch_ids, done.processed, done.failed, done.warned) == ([11], 1, 1, 1)
    assert done.failures[0]["Import Failure Reason"] == "no e-mail"
    assert done.warnings[0]["email"] == "a@x.org"
    assert slept == [5.0]
    start = marketo.calls[0]
    assert (start.method, start.path) == ("POST", "/bulk/v1/leads.json")
    assert start.query == {"format": "csv", "lookupField": "email", "listId": "3"}
    assert '"two\nlines"' in start.body
    assert "\ufeff" not in start.body
    assert [call.path for call in marketo.calls[2:]] == [
        "/bulk/v1/leads/batch/11.json",
        "/bulk/v1/leads/batch/11/failures.json",
        "/bulk/v1/leads/batch/11/warnings.json",
    ]


def test_a_full_queue_is_waited_for(file: Path) -> None:
    slept: list[float] = []
    complete = result({"batchId": 11, "status": "Complete"})
    marketo = FakeMarketo([refusal("1016", "Too many imports queued"), BATCH, complete])

    import_leads(marketo.client(), file, waiting=waiting(slept))

    assert slept == [5.0]


def test_a_queue_that_stays_full_ends_with_its_error(file: Path) -> None:
    marketo = FakeMarketo([refusal("1016", "Too many imports queued")] * 9)

    with pytest.raises(ResponseError, match="1016"):
        import_leads(marketo.client(), file, waiting=waiting(seconds=12))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"status": "Failed", "message": "bad header"}, "bad header"),
        ({"status": "Importing"}, "not fin"),
    ],
)
def test_an_import_that_does_not_end_well(file: Path, state: dict[str, str], words: str) -> None:
    marketo = FakeMarketo([BATCH, *[result(state)] * 5])

    with pytest.raises(ImportFailedError, match=words):
        import_leads(marketo.client(), file, waiting=waiting(seconds=12))


def test_a_large_file_is_several_imports(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports_module, "LARGEST_FILE", 40)
    complete = result({"status": "Complete", "numOfLeadsProcessed": 1})
    marketo = FakeMarketo([BATCH, complete, result({"batchId": 12}), complete])

    done = import_leads(marketo.client(), file, waiting=waiting())

    assert (done.batch_ids, done.processed) == ([11, 12], 2)
    parts = list(imports_module.csv_parts(file))
    tables = [list(csv.reader(io.StringIO(part.decode(), newline=""))) for part in parts]
    assert tables == [
        [["email", "notes"], ["a@x.org", "two\nlines"]],
        [["email", "notes"], ["b@x.org", ""]],
    ]


def test_members_and_custom_objects(file: Path) -> None:
    complete = result({"status": "Complete", "numOfObjectsProcessed": 2})
    marketo = FakeMarketo([BATCH, complete, BATCH, complete])
    client = marketo.client()

    import_program_members(client, 4, "Attended", file, waiting=waiting())
    done = import_custom_objects(client, "car_c", file, waiting=waiting())

    assert done.processed == 2
    assert [call.path for call in marketo.calls] == [
        "/bulk/v1/program/4/members/import.json",
        "/bulk/v1/program/members/import/11/status.json",
        "/bulk/v1/customobjects/car_c/import.json",
        "/bulk/v1/customobjects/car_c/import/11/status.json",
    ]
    assert marketo.calls[0].query["programMemberStatus"] == "Attended"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").touch()

    with pytest.raises(ValueError, match="is empty"):
        import_leads(FakeMarketo([]).client(), tmp_path / "x.csv", waiting=waiting())
