"""Records become rows: every value, every row, and the last record of each key."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.support.target_runs import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    NUMBER,
    OBJECT,
    TEXT,
    record,
    schema,
    state,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.target_runs import Warehouse

LEADS = schema("leads", "id", id=INTEGER, email=TEXT)


def test_every_value_arrives_as_it_was_sent(warehouse: Warehouse) -> None:
    columns = {
        "id": INTEGER,
        "leadScore": NUMBER,
        "isVip": BOOLEAN,
        "Notes, etc.": TEXT,
        "born": DATE,
        "updatedAt": DATETIME,
        "attributes": OBJECT,
        "tags": {"type": ["array", "null"], "items": TEXT},
        'a "quoted" name': TEXT,
    }
    text = "first\nsecond\t\u2028 'quoted' \"twice\" \x00 😀 Größe"
    values = (12, 1.5, True, text, "2026-01-31", "2026-01-31T08:15:00.123456Z", {"a": [1, "é"]})
    first = dict(zip(columns, (*values, ["x"], ""), strict=True))
    second = dict.fromkeys(columns) | {"id": 2**62, "isVip": False, "leadScore": -0.1}

    warehouse.load(
        schema("leads", "id", **columns),
        record("leads", **first),
        record("leads", **second),
        record("leads", id=3),
    )

    rows = warehouse.query("SELECT * FROM marketo.leads ORDER BY id")
    assert rows[1] == (
        *(12, 1.5, True, text, date(2026, 1, 31), datetime(2026, 1, 31, 8, 15, 0, 123456)),  # noqa: DTZ001
        *('{"a":[1,"é"]}', '["x"]', ""),
    )
    assert rows[0] == (3, *[None] * 8)
    assert rows[2] == (2**62, -0.1, False, *[None] * 6)
    names = warehouse.query("SELECT column_name FROM duckdb_columns() WHERE table_name = 'leads'")
    assert [name for (name,) in names] == list(columns)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("2026-01-31T08:15:00+02:00", "2026-01-31 06:15:00"),
        ("2026-01-31T08:15:00-0600", "2026-01-31 14:15:00"),
        ("2026-01-31T08:15:00", "2026-01-31 08:15:00"),
    ],
)
def test_datetimes_are_in_utc(warehouse: Warehouse, sent: str, found: str) -> None:
    warehouse.load(schema("leads", "id", id=INTEGER, at=DATETIME), record("leads", id=1, at=sent))
    assert warehouse.query('SELECT "at"::VARCHAR FROM marketo.leads') == [(found,)]


@pytest.mark.parametrize(
    "form",
    [
        '{"type":"RECORD","record":{"id":%d,"email":"x"},"stream":"leads"}',
        '{"type":"RECORD","record":{"id":%d,"email":"x"},"stream":"leads","version":5}',
        '{"type":"RECORD","record":{"id":%d},"stream":"leads","time_extracted":"2026-01-01T00:00:00Z"}',
        '{"type": "RECORD", "stream": "leads", "record": {"id": %d, "email": "x"}}',
        '{"type": "RECORD", "stream": "leads", "record": {"id": %d, "o": {"a": 1}}, "version": 2}',
        '{"stream": "leads", "record": {"id": %d}, "type": "RECORD", "other": {"a": "}"}}',
        ' {"type" : "RECORD", "stream" : "leads", "record" : {"id" : %d} } ',
        '{"type":"RECORD","record":{"id":%d,"o":{},"stream":"x"},"stream":"leads"}',
        '{"type":"RECORD","stream":"leads","record":{"id":%d,"o":{},"stream":"x"}}',
    ],
)
def test_messages_in_any_form_are_read(warehouse: Warehouse, form: str) -> None:
    messages = [(form % number).encode() for number in range(3)]
    warehouse.load(LEADS, *messages)
    assert warehouse.query("SELECT id FROM marketo.leads ORDER BY id") == [(0,), (1,), (2,)]


def test_the_last_value_of_a_key_holds(warehouse: Warehouse) -> None:
    mixed = b'{"type":"RECORD","record":{"id":1,"email":"second"},"stream":"leads","version":1}'
    warehouse.load(
        LEADS,
        record("leads", id=1, email="first"),
        record("leads", id=2, email="other"),
        mixed,
        record("leads", id=1, email="last"),
    )
    assert rows(warehouse) == [(1, "last"), (2, "other")]
    warehouse.load(LEADS, record("leads", id=2, email="new"), record("leads", id=3))
    assert rows(warehouse) == [(1, "last"), (2, "new"), (3, None)]


def test_a_key_of_several_columns(warehouse: Warehouse) -> None:
    keys = schema("members", "listId", "leadId", listId=INTEGER, leadId=INTEGER, at=TEXT)
    for value in ("first", "second"):
        warehouse.load(
            keys, *(record("members", listId=one, leadId=2, at=value) for one in (1, 3, 3))
        )
    found = warehouse.query("SELECT * FROM marketo.members ORDER BY listId")
    assert found == [(1, 2, "second"), (3, 2, "second")]


def test_without_a_key_every_record_is_a_row(warehouse: Warehouse) -> None:
    keyless = schema("usage", id=INTEGER)
    warehouse.load(keyless, record("usage", id=1), record("usage", id=1))
    warehouse.load(keyless, record("usage", id=1))
    assert warehouse.query("SELECT id FROM marketo.usage") == [(1,)] * 3


def test_append_only_keeps_what_came_before(warehouse: Warehouse) -> None:
    for email in ("first", "second"):
        warehouse.load(LEADS, record("leads", id=1, email=email), load_method="append-only")
    assert rows(warehouse) == [(1, "first"), (1, "second")]


def test_a_stream_without_records_has_an_empty_table(warehouse: Warehouse) -> None:
    warehouse.load(LEADS)
    assert rows(warehouse) == []


def test_a_narrower_schema_leaves_the_other_columns(warehouse: Warehouse) -> None:
    marked = {"_sdc_deleted_at": DATETIME}
    warehouse.load(
        schema("leads", "id", id=INTEGER, email=TEXT, **marked),
        record("leads", id=1, email="x"),
        schema("leads", "id", id=INTEGER, **marked),
        record("leads", id=1, _sdc_deleted_at="2026-01-01T00:00:00Z"),
    )
    found = warehouse.query("SELECT email, _sdc_deleted_at IS NULL FROM marketo.leads")
    assert found == [("x", False)]
    warehouse.load(LEADS, record("leads", id=1, email="back"))
    found = warehouse.query("SELECT email, _sdc_deleted_at IS NULL FROM marketo.leads")
    assert found == [("back", True)]


def test_hard_delete_removes_marked_rows(warehouse: Warehouse) -> None:
    leads = schema("leads", "id", id=INTEGER, email=TEXT, _sdc_deleted_at=DATETIME)
    gone = {"_sdc_deleted_at": "2026-01-01T00:00:00Z"}
    warehouse.load(leads, *(record("leads", id=number, email="x") for number in range(4)))
    warehouse.load(
        leads,
        record("leads", id=1, **gone),
        record("leads", id=2, **gone),
        record("leads", id=2, email="back"),
        record("leads", id=9, **gone),
        hard_delete=True,
    )
    found = warehouse.query("SELECT id, email FROM marketo.leads ORDER BY id")
    assert found == [(0, "x"), (2, "back"), (3, "x")]


@pytest.mark.parametrize("hard", [True, False])
def test_an_activated_version_replaces_older_rows(warehouse: Warehouse, hard: bool) -> None:  # noqa: FBT001
    def activate(version: int) -> dict[str, Any]:
        return {"type": "ACTIVATE_VERSION", "stream": "leads", "version": version}

    warehouse.load(LEADS, record("leads", id=0, email="x"), hard_delete=hard)
    first = [record("leads", 1, id=one, email="x") for one in (1, 2)]
    warehouse.load(LEADS, *first, activate(1), hard_delete=hard)
    warehouse.load(LEADS, record("leads", 2, id=2, email="y"), activate(2), hard_delete=hard)

    found = warehouse.query("SELECT * EXCLUDE _sdc_table_version FROM marketo.leads ORDER BY id")
    if hard:
        assert found == [(2, "y")]
    else:
        assert [(id_, gone is None) for id_, _, gone in found] == [
            (0, False),
            (1, False),
            (2, True),
        ]


def test_metadata_columns_are_added_when_asked_for(warehouse: Warehouse) -> None:
    message = record("leads", 7, id=1) | {"time_extracted": "2026-01-01T00:00:00.000000Z"}
    warehouse.load(LEADS, message, add_record_metadata=True)
    ((extracted, batched, gone, version),) = warehouse.query(
        "SELECT _sdc_extracted_at, _sdc_batched_at, _sdc_deleted_at, _sdc_table_version"
        " FROM marketo.leads"
    )
    assert extracted == datetime(2026, 1, 1)  # noqa: DTZ001
    assert batched > extracted
    assert (gone, version) == (None, 7)


@pytest.mark.parametrize("rows_at_once", [1, 3, 1000])
def test_states_pass_once_their_records_are_in(warehouse: Warehouse, rows_at_once: int) -> None:
    messages: list[Any] = [LEADS]
    for number in range(10):
        messages += [record("leads", id=number), state({"last": number})]
    states = warehouse.load(*messages, batch_size_rows=rows_at_once)
    assert states[-1] == {"last": 9}
    assert warehouse.query("SELECT count(*) FROM marketo.leads") == [(10,)]


def test_stream_maps_and_flattening_apply(warehouse: Warehouse) -> None:
    warehouse.load(
        schema("leads", "id", id=INTEGER, o={"type": "object", "properties": {"x": INTEGER}}),
        record("leads", id=1, o={"x": 5}),
        record("leads", id=2, o={"x": 6}),
        stream_maps={"leads": {"__filter__": "id == 2", "twice": "id * 2"}},
        flattening_enabled=True,
        flattening_max_depth=1,
    )
    assert warehouse.query("SELECT id, o__x, twice FROM marketo.leads") == [(2, 6, "4")]


def test_columns_that_differ_only_by_case_get_names_of_their_own(warehouse: Warehouse) -> None:
    warehouse.load(
        schema("leads", "id", id=INTEGER, score=INTEGER, Score=TEXT),
        record("leads", id=1, score=5, Score="x"),
    )
    assert warehouse.query("SELECT id, score, Score_2 FROM marketo.leads") == [(1, 5, "x")]


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_batch_files_of_json_lines(warehouse: Warehouse, tmp_path: Path, compression: str) -> None:
    text = "".join(
        json.dumps({"id": number % 3, "email": f"{number}"}) + "\n" for number in range(7)
    ).encode()
    file = tmp_path / "part"
    file.write_bytes(gzip.compress(text) if compression == "gzip" else text)
    states = warehouse.load(
        LEADS,
        record("leads", id=0, email="before"),
        batch(file, "jsonl", compression),
        record("leads", id=1, email="after"),
        state({"done": 1}),
    )
    assert rows(warehouse) == [(0, "6"), (1, "after"), (2, "5")]
    assert states == [{"done": 1}]


def test_parquet_files_with_their_own_types_and_repeated_keys(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "part.parquet"
    duckdb.execute(
        "COPY (SELECT (range % 3)::INTEGER AS id, range AS number, '{\"a\": 1}' AS attributes,"
        f" TIMESTAMPTZ '2026-01-31 08:15:00+02' AS updatedAt FROM range(10)) TO '{file}'"
    )
    leads = schema(
        *("leads", "id"), id=INTEGER, number=INTEGER, updatedAt=DATETIME, attributes=OBJECT, x=TEXT
    )
    warehouse.load(leads, batch(file, "parquet"), state(1))
    found = warehouse.query("SELECT *, typeof(attributes) FROM marketo.leads ORDER BY id")
    moment = datetime(2026, 1, 31, 6, 15)  # noqa: DTZ001
    assert found == [
        (key, number, moment, '{"a": 1}', None, "JSON") for key, number in ((0, 9), (1, 7), (2, 8))
    ]


def batch(file: Path, format_: str, compression: str = "none") -> dict[str, Any]:
    return {
        "type": "BATCH",
        "stream": "leads",
        "encoding": {"format": format_, "compression": compression},
        "manifest": [file.as_uri()],
    }


def rows(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.query("SELECT id, email FROM marketo.leads ORDER BY id, email")
