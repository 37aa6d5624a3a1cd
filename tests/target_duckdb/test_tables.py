"""Tables change with the schema; tables that users created keep their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_marketo_duckdb.columns import merged, type_of
from target_marketo_duckdb.errors import LoadError
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
)

if TYPE_CHECKING:
    from tests.support.target_runs import Warehouse


def test_columns_are_added(warehouse: Warehouse) -> None:
    warehouse.load(schema("leads", "id", id=INTEGER), record("leads", id=1))
    warehouse.load(schema("leads", "id", id=INTEGER, new=TEXT), record("leads", id=2, new="x"))
    assert content(warehouse) == [(1, None), (2, "x")]


@pytest.mark.parametrize(
    ("before", "old", "after", "new", "found"),
    [
        (INTEGER, 1, NUMBER, 1.5, [1.0, 1.5]),
        (INTEGER, 2**60 + 1, NUMBER, 1.5, [str(2**60 + 1), "1.5"]),
        (INTEGER, 1, TEXT, "x", ["1", "x"]),
        (NUMBER, 1.5, INTEGER, 2, [1.5, 2.0]),
        (TEXT, "x", INTEGER, 2, ["x", "2"]),
        (BOOLEAN, True, INTEGER, 2, ["true", "2"]),
        (DATE, "2026-01-31", DATETIME, "2026-02-01T01:02:03Z", None),
        (OBJECT, {"a": 1}, TEXT, "x", ['{"a":1}', "x"]),
    ],
)
def test_columns_are_widened(
    warehouse: Warehouse, before: Any, old: Any, after: Any, new: Any, found: list[Any] | None
) -> None:
    warehouse.load(schema("leads", "id", id=INTEGER, x=before), record("leads", id=1, x=old))
    warehouse.load(schema("leads", "id", id=INTEGER, x=after), record("leads", id=2, x=new))
    rows = [x for _, x in content(warehouse)]
    if found is None:
        assert [str(row) for row in rows] == ["2026-01-31 00:00:00", "2026-02-01 01:02:03"]
    else:
        assert rows == found


def test_integers_of_more_than_64_bits_widen_their_column(warehouse: Warehouse) -> None:
    leads = schema("leads", "id", id=INTEGER, x=INTEGER)
    warehouse.load(leads, record("leads", id=1, x=5))
    warehouse.load(leads, record("leads", id=2, x=10**22 + 1), record("leads", id=3, x=7))
    assert content(warehouse) == [(1, 5), (2, 10**22 + 1), (3, 7)]
    warehouse.load(leads, record("leads", id=4, x=8))
    assert content(warehouse)[-1] == (4, 8)


def test_a_table_with_constraints_of_a_user(warehouse: Warehouse) -> None:
    warehouse.query("CREATE SCHEMA marketo")
    warehouse.query(
        "CREATE TABLE marketo.leads (id INTEGER PRIMARY KEY, x VARCHAR NOT NULL, note VARCHAR)"
    )
    leads = schema("leads", "id", id=INTEGER, x=TEXT)
    for value in ("first", "second"):
        warehouse.load(leads, *(record("leads", id=one, x=value) for one in (1, 2, 2)))
    assert content(warehouse) == [(1, "second", None), (2, "second", None)]

    with pytest.raises(LoadError, match="leads"):
        warehouse.load(leads, record("leads", id=3, x="secret-text"), record("leads", id=4, x=None))
    assert len(content(warehouse)) == 2


def test_what_is_in_other_schemas_stays(warehouse: Warehouse) -> None:
    leads = schema("leads", "id", id=INTEGER)
    warehouse.load(leads, record("leads", id=1))
    warehouse.query("CREATE SCHEMA models; CREATE VIEW models.leads AS FROM marketo.leads")
    warehouse.load(leads, record("leads", id=2))
    assert warehouse.query("SELECT count(*) FROM models.leads") == [(2,)]


def test_a_view_in_the_way_is_an_error(warehouse: Warehouse) -> None:
    warehouse.query("CREATE SCHEMA marketo; CREATE VIEW marketo.leads AS SELECT 1 AS id")
    with pytest.raises(LoadError, match="is a view"):
        warehouse.load(schema("leads", "id", id=INTEGER), record("leads", id=1))


def test_names_of_streams_and_columns_are_quoted(warehouse: Warehouse) -> None:
    name = 'it\'s; "odd"'
    warehouse.load(schema(name, "i'd", **{"i'd": INTEGER}), record(name, **{"i'd": 1}))
    quoted = name.replace('"', '""')
    assert warehouse.query(f'SELECT "i\'d" FROM marketo."{quoted}"') == [(1,)]


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ({}, "JSON"),
        ({"type": ["null", "integer", "number"]}, "DOUBLE"),
        ({"type": ["string", "integer"]}, "VARCHAR"),
        ({"type": ["string", "object"]}, "JSON"),
        ({"type": "string", "format": "uri"}, "VARCHAR"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "TIMESTAMP"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]}, "VARCHAR"),
    ],
)
def test_type_of_a_property(property_: dict[str, Any], expected: str) -> None:
    assert type_of(property_) == expected


@pytest.mark.parametrize(
    ("existing", "wanted", "expected"),
    [
        ("DECIMAL(18,3)", "BIGINT", "DECIMAL(18,3)"),
        ("HUGEINT", "BIGINT", "HUGEINT"),
        ("HUGEINT", "DOUBLE", "VARCHAR"),
        ("VARCHAR", "JSON", "VARCHAR"),
        ("JSON", "BIGINT", "VARCHAR"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    ],
)
def test_type_that_a_column_has_to_have(existing: str, wanted: str, expected: str) -> None:
    assert merged(existing, wanted) == expected


def content(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.query("SELECT * FROM marketo.leads ORDER BY id")
