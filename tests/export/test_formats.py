"""Files have typed values, and no text that a spreadsheet would change or run."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest

from tap_marketo.export import xlsx
from tap_marketo.export.columns import TableColumn
from tap_marketo.export.errors import ExportError
from tap_marketo.export.spool import Spool
from tap_marketo.export.table import Table, private_folder, write_file
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [
    TableColumn("id", Kind.INTEGER),
    TableColumn("score", Kind.NUMBER),
    TableColumn("active", Kind.BOOLEAN),
    TableColumn("born", Kind.DATE),
    TableColumn("at", Kind.DATETIME),
    TableColumn("text", Kind.TEXT),
    TableColumn("extra", Kind.OBJECT),
]
RECORD = {
    "id": 7,
    "score": 1.5,
    "active": True,
    "born": "1990-02-28",
    "at": "2026-11-30T23:59:58Z",
    "text": "00123",
    "extra": {"a": [1, "é"]},
}
EMPTY = {"id": 8}
ENDINGS = ("csv", "jsonl", "parquet", "xlsx", "duckdb")


def save(
    path: Path, records: list[dict[str, Any]], *, append: bool = False, **how: Any
) -> list[str]:
    """Write a file as an export does and return the warnings."""
    warnings: list[str] = []
    table = Table("leads", how.pop("columns", COLUMNS), ["id"], **how)
    with private_folder(path) as folder:
        spool = Spool(folder, table.columns, ["id"])
        for record in records:
            spool.add(record)
        write_file(
            path,
            table,
            spool,
            folder,
            append=append,
            warn=warnings.append,
            progress=lambda rows: rows,
        )
        spool.close()
    return warnings


def sheet(path: Path, name: str = "leads") -> Any:
    return openpyxl.load_workbook(path)[name]


def table_of(path: Path) -> list[list[Any]]:
    """The ids and texts of a file of any format, as text."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows: list[Any] = [[one["id"], one["text"]] for one in csv.DictReader(file)]
    elif path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [[one["id"], one["text"]] for one in map(json.loads, lines)]
    elif path.suffix == ".parquet":
        rows = [[one["id"], one["text"]] for one in pq.read_table(path).to_pylist()]
    elif path.suffix == ".xlsx":
        rows = [[one[0], one[5]] for one in sheet(path).iter_rows(values_only=True)][1:]
    else:
        with duckdb.connect(str(path)) as database:
            rows = database.execute('SELECT id, "text" FROM leads').fetchall()
    return sorted([str(id_), text or ""] for id_, text in rows)


def test_a_workbook_has_typed_cells(tmp_path: Path) -> None:
    save(tmp_path / "a.xlsx", [RECORD, EMPTY])

    header, first, second = sheet(tmp_path / "a.xlsx").iter_rows(values_only=True)
    assert header == ("id", "score", "active", "born", "at", "text", "extra")
    assert first == (
        7,
        1.5,
        True,
        datetime(1990, 2, 28),  # noqa: DTZ001 - Excel has no time zones
        datetime(2026, 11, 30, 23, 59, 58),  # noqa: DTZ001
        "00123",
        '{"a":[1,"é"]}',
    )
    assert second == (8, None, None, None, None, None, None)


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "0049", "1e5", "x"])
def test_text_stays_text_in_a_workbook(tmp_path: Path, text: str) -> None:
    save(tmp_path / "a.xlsx", [{"id": 1, "text": text}])

    cell = sheet(tmp_path / "a.xlsx")["F2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix is text.startswith(("=", "+", "-", "@", "\t"))


def test_numbers_that_excel_would_round_are_text(tmp_path: Path) -> None:
    save(tmp_path / "a.xlsx", [{"id": 1234567890123456789}, {"id": 999_999_999_999_999}])

    long, short = sheet(tmp_path / "a.xlsx")["A2":"A3"]
    assert (long[0].value, long[0].data_type) == ("1234567890123456789", "s")
    assert (short[0].value, short[0].data_type) == (999_999_999_999_999, "n")


def test_dates_before_excel_are_text(tmp_path: Path) -> None:
    save(tmp_path / "a.xlsx", [{"id": 1, "born": "1815-12-10", "at": "not a date"}])

    cells = sheet(tmp_path / "a.xlsx")
    assert (cells["D2"].value, cells["E2"].value) == ("1815-12-10", "not a date")


def test_a_full_sheet_goes_on_in_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "ROWS", 3)

    (warning,) = save(tmp_path / "a.xlsx", [{"id": number} for number in range(1, 6)])

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    found = {one.title: [cell.value for cell in one["A"]] for one in book.worksheets}
    assert found == {"leads": ["id", 1, 2], "leads 2": ["id", 3, 4], "leads 3": ["id", 5]}
    assert "2 further sheets" in warning


def test_a_text_that_excel_cannot_hold_is_cut_and_said(tmp_path: Path) -> None:
    (warning,) = save(tmp_path / "a.xlsx", [{"id": 1, "text": "x" * 40_000}])

    assert len(sheet(tmp_path / "a.xlsx")["F2"].value) == 32_767
    assert "column text: 1 texts" in warning


def test_more_columns_than_a_sheet_has_are_refused(tmp_path: Path) -> None:
    columns = [TableColumn("id", Kind.INTEGER)]
    columns += [TableColumn(f"c{number}", Kind.TEXT) for number in range(16_384)]

    with pytest.raises(ExportError, match="--fields"):
        save(tmp_path / "a.xlsx", [{"id": 1}], columns=columns)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+cmd|' /C calc'!A0", "'-2+cmd|' /C calc'!A0"),
        ("+49 30 1234", "+49 30 1234"),
        ("-5", "-5"),
        ("00123", "00123"),
        ('a "b"\r\nc', 'a "b"\r\nc'),
    ],
)
def test_csv_neutralises_formulas_alone(tmp_path: Path, text: str, cell: str) -> None:
    save(tmp_path / "a.csv", [{"id": 1, "text": text}])
    save(tmp_path / "raw.csv", [{"id": 1, "text": text}], raw=True)

    assert table_of(tmp_path / "a.csv") == [["1", cell]]
    assert table_of(tmp_path / "raw.csv") == [["1", text]]


def test_csv_values_and_byte_order_mark(tmp_path: Path) -> None:
    save(tmp_path / "a.csv", [RECORD], byte_order_mark=True)

    assert (tmp_path / "a.csv").read_bytes().decode("utf-8").splitlines() == [
        "\ufeffid,score,active,born,at,text,extra",
        '7,1.5,true,1990-02-28,2026-11-30T23:59:58Z,00123,"{""a"":[1,""é""]}"',
    ]


def test_parquet_has_types(tmp_path: Path) -> None:
    warnings = save(tmp_path / "a.parquet", [RECORD, {"id": 8, "score": "many"}])

    assert pq.read_table(tmp_path / "a.parquet").to_pylist()[0] == {
        **RECORD,
        "born": date(1990, 2, 28),
        "at": datetime(2026, 11, 30, 23, 59, 58, tzinfo=timezone.utc),
        "extra": '{"a":[1,"é"]}',
    }
    assert warnings == ["a.parquet: column score: 1 values do not fit its type and became null."]


def test_json_lines_keep_objects(tmp_path: Path) -> None:
    save(tmp_path / "a.jsonl", [RECORD])

    assert json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8")) == RECORD


def test_a_database_keeps_its_other_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute("CREATE TABLE mine AS SELECT 1 AS one; CREATE TABLE leads (old INTEGER)")

    save(path, [RECORD])

    with duckdb.connect(str(path)) as database:
        assert database.execute("FROM mine").fetchall() == [(1,)]
        kinds = [row[1] for row in database.execute("DESCRIBE leads").fetchall()]
    assert kinds == [
        "BIGINT",
        "DOUBLE",
        "BOOLEAN",
        "DATE",
        "TIMESTAMP WITH TIME ZONE",
        "VARCHAR",
        "JSON",
    ]


def test_a_database_that_refuses_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    save(path, [RECORD])

    with pytest.raises(ExportError, match="DuckDB refuses"):
        save(path, [{"id": 2**70}])
    assert table_of(path) == [["7", "00123"]]


@pytest.mark.parametrize("ending", ENDINGS)
def test_append_keeps_each_record_once(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    save(path, [{"id": 1, "text": "old"}, {"id": 2, "text": "=old"}])

    save(path, [{"id": 3, "text": "0new"}, {"id": 1, "text": "new"}], append=True)
    save(path, [{"id": 4, "at": "2026-01-01T00:00:00Z", "active": False}], append=True)

    formula = "'=old" if ending == "csv" else "=old"
    assert table_of(path) == [["1", "new"], ["2", formula], ["3", "0new"], ["4", ""]]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "xlsx"])
def test_append_refuses_other_columns(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    save(path, [{"id": 1}])
    before = path.read_bytes()

    with pytest.raises(ExportError, match="--append needs the columns"):
        save(path, [{"id": 2}], append=True, columns=COLUMNS[:3])
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_append_does_not_lose_sheets_of_others(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    save(path, [{"id": 1}])
    book = openpyxl.load_workbook(path)
    book.create_sheet("My notes")
    book.save(path)

    with pytest.raises(ExportError, match="My notes"):
        save(path, [{"id": 2}], append=True)


def test_types_survive_appending_to_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    save(path, [RECORD, {"id": 1234567890123456789, "text": "=1"}])
    before = [list(row) for row in sheet(path).iter_rows(values_only=True)]

    save(path, [EMPTY], append=True)

    after = sheet(path)
    assert [list(row) for row in after.iter_rows(values_only=True)][:-1] == before
    assert after["F3"].quotePrefix
