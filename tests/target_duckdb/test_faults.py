"""Bad input and interruptions: a failed load is rolled back, and no state precedes its records."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from singer_sdk.exceptions import InvalidJSONSchema, MissingKeyPropertiesError

from tests.support.target_runs import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    NUMBER,
    lines,
    record,
    schema,
    state,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.target_runs import Warehouse

LEADS = schema("leads", "id", id=INTEGER, x=INTEGER)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (INTEGER, 12.5),
        (INTEGER, "some-secret"),
        (INTEGER, True),
        (INTEGER, {"a": 1}),
        (INTEGER, 10**40),
        (NUMBER, "some-secret"),
        (NUMBER, float("nan")),
        (BOOLEAN, "some-secret"),
        (BOOLEAN, 2),
        (DATE, "some-secret"),
        (DATE, "2026-01-31T08:15:00Z"),
        (DATE, "2026-02-31"),
        (DATETIME, "some-secret"),
        (DATETIME, 5),
    ],
)
def test_a_value_of_another_type_is_an_error(warehouse: Warehouse, kind: Any, value: Any) -> None:
    leads = schema("leads", "id", id=INTEGER, x=kind)
    warehouse.load(leads, record("leads", id=0))
    with pytest.raises(Exception, match="leads") as caught:
        warehouse.load(
            leads, record("leads", id=1), record("leads", id=2, x=value), state({"done": 1})
        )
    assert warehouse.states() == []
    assert warehouse.query("SELECT id FROM marketo.leads") == [(0,)]
    assert "some-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"RECORD","record":{"id":1,"email":"some-secret,"stream":"leads"}',
        b'{"type":"RECORD","record":{"id":1,"email":"some-secret"},"stre',
        b'{"type":"RECORD","record":{"id":1,"email":"\xff some-secret"},"stream":"leads"}',
        b'{"type":"RECORD","record":{"id":1,"email":"some-secret"}}',
        b'{"type":"RECORD","record":{"email":"some-secret"},"stream":"leads"}',
        b'{"type":"RECORD","record":{"id":null,"email":"some-secret"},"stream":"leads"}',
        b'{"type":"RECORD","record":["some-secret"],"stream":"leads"}',
        b'{"type":"RECORD","record":{"id":1,"email":"some-secret"},"stream":"others"}',
        b'{"type":"SECRET","record":{"id":1,"email":"some-secret"},"stream":"leads"}',
        b'"some-secret"',
        b"some-secret",
    ],
)
def test_a_broken_line_is_an_error(warehouse: Warehouse, line: bytes) -> None:
    leads = schema("leads", "id", id=INTEGER, email={"type": "string"})
    warehouse.load(leads, record("leads", id=0))
    with pytest.raises(Exception, match=r"lead|line|message|other") as caught:
        warehouse.load(leads, record("leads", id=2), line, state({"done": 1}))
    assert warehouse.states() == []
    assert warehouse.query("SELECT id FROM marketo.leads") == [(0,)]
    assert "some-secret" not in str(caught.value)


def test_a_key_without_a_value_is_an_error(warehouse: Warehouse) -> None:
    with pytest.raises(MissingKeyPropertiesError, match="leads"):
        warehouse.load(LEADS, record("leads", id=1), record("leads", x=1))


def test_a_key_without_a_property_is_an_error(warehouse: Warehouse) -> None:
    with pytest.raises(InvalidJSONSchema, match="leads"):
        warehouse.load(schema("leads", "other", id=INTEGER))


def test_states_before_an_error_pass(warehouse: Warehouse) -> None:
    with pytest.raises(Exception, match="leads"):
        warehouse.load(
            *(LEADS, record("leads", id=1), state({"done": 1})),
            *(schema("leads", "id", id=INTEGER), record("leads", id="x"), state({"done": 2})),
        )
    assert warehouse.states() == [{"done": 1}]
    assert warehouse.query("SELECT id FROM marketo.leads") == [(1,)]


def test_a_batch_file_that_is_not_there_is_an_error(warehouse: Warehouse, tmp_path: Path) -> None:
    message = {
        "type": "BATCH",
        "stream": "leads",
        "encoding": {"format": "parquet"},
        "manifest": [(tmp_path / "gone.parquet").as_uri()],
    }
    with pytest.raises(Exception, match=r"gone\.parquet"):
        warehouse.load(LEADS, message, state({"done": 1}))
    assert warehouse.states() == []


def test_a_file_that_is_open_elsewhere_is_an_error(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.path)):
        process = warehouse.start()
        _, log = process.communicate(lines([LEADS, record("leads", id=1)]), timeout=60)
    assert process.returncode != 0
    assert b"open in another process" in log


@pytest.mark.parametrize("rows_at_once", [1, 50])
def test_a_killed_target_has_loaded_what_its_states_say(
    warehouse: Warehouse, rows_at_once: int
) -> None:
    process = warehouse.start(batch_size_rows=rows_at_once)
    assert process.stdin
    assert process.stdout
    process.stdin.write(lines([LEADS]))
    passed = None
    for number in range(1000):
        process.stdin.write(lines([record("leads", id=number, x=1), state({"last": number})]))
        if number % 100 == 99:
            process.stdin.flush()
            passed = json.loads(process.stdout.readline())["last"]
        if number >= 500:
            break
    process.kill()
    process.wait()
    assert passed is not None
    ids = {id_ for (id_,) in warehouse.query("SELECT id FROM marketo.leads")}
    assert ids >= set(range(passed + 1))

    warehouse.load(LEADS, *(record("leads", id=one, x=2) for one in range(passed + 1, 600)))
    found = warehouse.query("SELECT count(*), count(DISTINCT id), max(id) FROM marketo.leads")
    assert found == [(600, 600, 599)]


def test_sigterm_loads_what_has_come(warehouse: Warehouse) -> None:
    process = warehouse.start()
    assert process.stdin
    assert process.stdout
    first = [LEADS, record("leads", id=1), state({"last": 1})]
    # A schema change triggers a load; its state shows that the target then waits for input.
    second = [schema("leads", "id", id=INTEGER), record("leads", id=2), state({"last": 2})]
    process.stdin.write(lines([*first, *second]))
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == {"last": 1}
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read().split()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert [json.loads(b"".join(rest))] == [{"last": 2}]
    assert warehouse.query("SELECT id FROM marketo.leads ORDER BY id") == [(1,), (2,)]


def test_no_spool_file_stays(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = warehouse.path.parent / "spool"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    warehouse.load(LEADS, record("leads", id=1))
    with pytest.raises(Exception, match="leads"):
        warehouse.load(LEADS, record("leads", id="x"))
    assert list(folder.iterdir()) == []
