from __future__ import annotations

import csv
import io
import itertools
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tap_marketo.files import rows, sound
from tap_marketo.files.attributes import UNPARSED, attributes_of, parse_attributes
from tap_marketo.files.errors import BadRowsError, ExportFileError
from tap_marketo.files.header import header_positions
from tap_marketo.files.records import AttributeColumns, Shape, compile_activity, compile_record
from tap_marketo.files.rows import read_rows
from tap_marketo.values.anomalies import Anomalies
from tap_marketo.values.convert import read_value
from tap_marketo.values.kinds import Column, Kind
from tests.support.cells import NASTY


def read(
    content: bytes, anomalies: Anomalies | None = None, delimiter: str = ","
) -> tuple[list[str], list[list[str]]]:
    header, found = read_rows(
        io.BytesIO(content), delimiter=delimiter, anomalies=anomalies or Anomalies()
    )
    return header, [row for chunk in found for row in chunk]


def read_bad(content: bytes) -> tuple[list[list[str]], BadRowsError]:
    _, chunks = read_rows(io.BytesIO(content), anomalies=Anomalies())
    found: list[list[str]] = []
    with pytest.raises(BadRowsError) as caught:
        found.extend(row for chunk in chunks for row in chunk)
    return found, caught.value


def columns(**kinds: Kind) -> list[Column]:
    return [Column(name, name, kind) for name, kind in kinds.items()]


def test_cells_survive_as_they_were_written() -> None:
    cells = [
        "00123",
        " a ",
        'say "hi", ok',
        "a\nb",
        "a\r\nb",
        "a\rb",
        "a\u2028b\x85c",
        "🙂",
        "x" * 100_000,
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[f"c{n}" for n in range(len(cells))], cells, cells])
    anomalies = Anomalies()
    header, found = read(text.getvalue().encode(), anomalies)
    assert len(header) == len(cells)
    assert found == [cells, cells]
    assert anomalies.lines() == []


def test_empty_file_has_no_header_and_no_rows() -> None:
    assert read(b"") == ([], [])
    assert read(b"\xef\xbb\xbf") == ([], [])
    assert read(b"\r\n\n") == ([], [])


def test_header_alone_has_no_rows() -> None:
    assert read(b"id,email\n") == (["id", "email"], [])


def test_byte_order_mark_and_blank_lines_are_skipped() -> None:
    content = b"\xef\xbb\xbf\nid,email\r\n\r\n1,a\r\n\n2,b\n\n"
    assert read(content) == (["id", "email"], [["1", "a"], ["2", "b"]])


def test_tabs_can_delimit() -> None:
    assert read(b"a\tb\n1,5\t2\n", delimiter="\t") == (["a", "b"], [["1,5", "2"]])


def test_nul_characters_are_dropped_and_counted() -> None:
    anomalies = Anomalies()
    assert read(b"\0a,b\n1\0\0,\0\n" + b"\0" * 200_000, anomalies) == (["a", "b"], [["1", ""]])
    assert anomalies.nul_characters == 200_004


def test_invalid_utf8_is_replaced_and_counted() -> None:
    anomalies = Anomalies()
    assert read(b"a,b\n\xff\xe9t\xe9,\xef\xbf\xbd\n", anomalies)[1] == [
        ["\ufffd\ufffdt\ufffd", "\ufffd"]
    ]
    assert anomalies.undecodable == 3


def test_file_ending_within_a_character_is_counted() -> None:
    anomalies = Anomalies()
    assert read(b"a\n\xf0\x9f", anomalies)[1] == [["\ufffd"]]
    assert anomalies.undecodable == 1


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7])
def test_characters_across_chunks_stay_whole(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(sound, "_CHUNK", chunk)
    anomalies = Anomalies()
    content = '\ufeffid,ü\n1,"🙂é\r\n€"\n'.encode() + b"2,\xff\n"
    assert read(content, anomalies) == (["id", "ü"], [["1", "🙂é\r\n€"], ["2", "\ufffd"]])
    assert anomalies.undecodable == 1


def test_file_stays_open_for_its_owner() -> None:
    file = io.BytesIO(b"a\n1\n")
    _, found = read_rows(file, anomalies=Anomalies())
    assert list(found) == [[["1"]]]
    del found
    assert not file.closed


@pytest.mark.parametrize(
    ("content", "good", "message"),
    [
        (
            b"a,b\n1,2\n1\n3,4\n",
            [["1", "2"], ["3", "4"]],
            "cannot read row 2 (line 3): 1 cells instead of 2",
        ),
        (
            b'a,b\n"x\ny",2\n1,2,3\n3,4\n',
            [["x\ny", "2"], ["3", "4"]],
            "cannot read row 2 (line 4): 3 cells instead of 2",
        ),
        (
            b'a,b\n1,"secret\n2,3\n4,5\n',
            [["2", "3"], ["4", "5"]],
            "cannot read row 1 (line 2), columns: b: the file ends within a quoted cell",
        ),
        (
            b'a,b\n"sec"ret,2\n3,4\n',
            [["3", "4"]],
            "cannot read row 1 (line 2), columns: a: misplaced quote or line break",
        ),
    ],
)
def test_bad_rows_cost_themselves_alone(
    content: bytes, good: list[list[str]], message: str
) -> None:
    found, error = read_bad(content)
    assert found == good
    assert str(error) == message


def test_bad_rows_are_named_by_row_and_line() -> None:
    found, error = read_bad(b'a,b\n1,2\n"5" x,3,"y"z,8\n3,4\n\n5\n6,7\n')
    assert found == [["1", "2"], ["3", "4"], ["6", "7"]]
    assert [(one.row, one.line, one.column) for one in error.rows] == [(2, 3, "a"), (4, 6, None)]


def test_a_file_that_ends_within_its_header_is_an_error() -> None:
    with pytest.raises(ExportFileError, match="line 1: the file ends within a quoted cell"):
        read(b'"a')


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1,"5" nail",x', ["1", '5" nail', "x"]),
        ('1,"He said "hi"",x', ["1", 'He said "hi"', "x"]),
        ('1,"a, "b", c",x', ["1", 'a, "b", c', "x"]),
        ('"a"b","c, d","e ""f"""', ['a"b', "c, d", 'e "f"']),
        ('1,"two\nlines "of" it","x"', ["1", 'two\nlines "of" it', "x"]),
        ('1,"5"",""', ["1", '5"', ""]),
    ],
)
def test_a_stray_quote_is_read_where_only_one_reading_fits(line: str, cells: list[str]) -> None:
    content = f"a,b,c\n1,2,3\n{line}\n7,8,9\n"
    assert read(content.encode())[1] == [["1", "2", "3"], cells, ["7", "8", "9"]]


def test_an_ambiguous_row_is_bad() -> None:
    content = b'a,b\n"p","q"r","s"\n1,2\n'
    found, error = read_bad(content)
    assert found == [["1", "2"]]
    assert "row 1 (line 2), columns: b" in str(error)


def test_many_bad_rows_are_counted_and_some_are_named() -> None:
    content = b"a,b\n" + b'"x"y"z,2\n1,2\n' * 3000
    found, error = read_bad(content)
    assert (len(found), error.count, len(error.rows)) == (3000, 3000, 1000)


def test_oversized_cell_costs_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "FIELD_SIZE_LIMIT", 1000)
    assert read(b"a\n" + b"x" * 1000)[1] == [["x" * 1000]]
    found, error = read_bad(b"a\n" + b"x" * 1001 + b"\ny\n")
    assert found == [["y"]]
    assert "a cell has more than 1000 characters" in str(error)


def test_columns_are_found_by_name_then_in_any_case() -> None:
    wanted = columns(email=Kind.TEXT, Email=Kind.TEXT, leadScore=Kind.INTEGER)
    assert header_positions(["LeadScore", "Email", "email"], wanted) == [2, 1, 0]
    assert header_positions(["Email", "leadScore"], wanted) == [None, 0, 1]


def test_display_names_are_found_by_the_place_requested() -> None:
    wanted = columns(statusName=Kind.TEXT, leadId=Kind.INTEGER)
    requested = ["leadId", "statusName"]
    assert header_positions(["Lead Id", "Status"], wanted, requested=requested) == [1, 0]
    program = Column("programId", "programId", Kind.INTEGER)
    header = ["programId", "Lead Id", "Status"]
    assert header_positions(header, [program, *wanted], requested=requested) == [0, 2, 1]
    twice, asked = ["programId", "Program Id", "Lead Id", "Status"], ["programId", *requested]
    assert header_positions(twice, [program, *wanted], requested=asked) == [0, 3, 2]


def test_places_are_not_trusted_against_names_or_counts() -> None:
    wanted = columns(a=Kind.TEXT, b=Kind.TEXT)
    assert header_positions(["b", "?"], wanted, requested=["a", "b"]) == [None, 0]
    assert header_positions(["b", "?", "?"], wanted, requested=["a", "b"]) == [None, 0]


def test_missing_column_is_null_and_told_once() -> None:
    anomalies = Anomalies()
    gone = Column("gone", "gone", Kind.INTEGER)
    record = compile_record(["id"], [Column("id", "id", Kind.INTEGER), gone], anomalies)
    assert [record(["1"]), record(["2"])] == [{"id": 1, "gone": None}, {"id": 2, "gone": None}]
    assert anomalies.missing == {gone}


def test_missing_required_column_is_an_error() -> None:
    key = Column("id", "id", Kind.INTEGER, required=True)
    with pytest.raises(ExportFileError, match="no column id"):
        compile_record(["email"], [key, *columns(email=Kind.TEXT)], Anomalies())


def test_header_without_any_column_is_an_error() -> None:
    with pytest.raises(ExportFileError, match="none of the columns"):
        compile_record(['{"requestId":"1"'], columns(email=Kind.TEXT), Anomalies())


EVERY_KIND = columns(
    text=Kind.TEXT,
    integer=Kind.INTEGER,
    number=Kind.NUMBER,
    boolean=Kind.BOOLEAN,
    date=Kind.DATE,
    datetime=Kind.DATETIME,
    object=Kind.OBJECT,
)
HEADER = [column.source for column in EVERY_KIND]


def test_record_of_every_kind() -> None:
    anomalies = Anomalies()
    record = compile_record(HEADER, EVERY_KIND, anomalies)
    row = ["007", "12", "10.40", "true", "2010-05-07", "2022-02-13T14:06:20Z", '{"a":1}']
    assert record(row) == {
        "text": "007",
        "integer": 12,
        "number": 10.4,
        "boolean": True,
        "date": "2010-05-07",
        "datetime": "2022-02-13T14:06:20Z",
        "object": {"a": 1},
    }
    assert anomalies.lines() == []


@pytest.mark.parametrize("nothing", ["null", ""])
def test_null_and_empty_cells_are_null_for_every_kind(nothing: str) -> None:
    anomalies = Anomalies()
    record = compile_record(HEADER, EVERY_KIND, anomalies)
    assert record([nothing] * len(HEADER)) == dict.fromkeys(HEADER)
    assert anomalies.lines() == []


def test_bad_cells_are_null_and_counted_and_their_row_is_kept() -> None:
    anomalies = Anomalies()
    record = compile_record(HEADER, EVERY_KIND, anomalies)
    good = ["a", "1", "1", "1", "2010-05-07", "2022-02-13T14:06:20Z", "{}"]
    assert record(["a", "12.5", "inf", "maybe", "soon", "later", "no JSON"]) == {
        "text": "a",
        "integer": None,
        "number": None,
        "boolean": None,
        "date": None,
        "datetime": None,
        "object": {UNPARSED: "no JSON"},
    }
    assert record(good)["integer"] == 1
    assert {column.name: count for column, count in anomalies.nulled.items()} == {
        "integer": 1,
        "number": 1,
        "boolean": 1,
        "date": 1,
        "datetime": 1,
    }
    assert anomalies.attribute_cells == 1


@pytest.mark.parametrize("column", EVERY_KIND[:-1], ids=lambda column: column.name)
def test_compiled_function_reads_and_counts_as_the_exact_converters_do(column: Column) -> None:
    for cell in NASTY:
        exactly, compiled = Anomalies(), Anomalies()
        expected = None if cell in ("", "null") else read_value(cell, column, exactly)
        value = compile_record([column.source], [column], compiled)([cell])[column.name]
        assert (cell, value, type(value)) == (cell, expected, type(expected))
        assert compiled == exactly


@pytest.mark.parametrize("key", ["null", "", "ghost"])
def test_a_row_without_its_key_makes_no_record_and_is_counted(key: str) -> None:
    anomalies = Anomalies()
    wanted = [Column("id", "id", Kind.INTEGER, key=True), Column("born", "born", Kind.DATE)]
    for shape in (None, Shape(lambda _: lambda *values: values)):
        record = compile_record(["id", "born"], wanted, anomalies, shape=shape)
        assert record([key, "2020-01-02"]) is None
        assert record([key, "not a date"]) is None
        assert record(["7", "2020-01-02"]) is not None
    assert anomalies.keyless == 4


def test_an_activity_without_its_key_makes_no_record() -> None:
    anomalies = Anomalies()
    key = Column("marketoGUID", "marketoGUID", Kind.TEXT, key=True)
    record = compile_activity(ACTIVITY, [key], TYPE, anomalies)
    assert record(["", "7", '{"Webpage ID":4}']) is None
    assert record(["null", "7", "oops"]) is None
    assert record(["g", "7", '{"Webpage ID":4}'])["webpage_id"] == 4
    assert anomalies.keyless == 2


@pytest.mark.parametrize("column", EVERY_KIND[:-1], ids=lambda column: column.name)
def test_a_column_refused_often_is_still_read_and_counted_exactly(column: Column) -> None:
    other = Column("other", "other", Kind.INTEGER)
    exactly, compiled = Anomalies(), Anomalies()
    record = compile_record([column.source, "other"], [column, other], compiled)
    for cell in [*NASTY * 2, *["no such value"] * 30, *NASTY]:
        expected = None if cell in ("", "null") else read_value(cell, column, exactly)
        made = record([cell, "1"])
        assert (cell, made) == (cell, {column.name: expected, "other": 1})
        assert type(made[column.name]) is type(expected)
    assert compiled == exactly


@pytest.mark.parametrize("column", EVERY_KIND[:-1], ids=lambda column: column.name)
@pytest.mark.parametrize("is_array", [False, True], ids=["object", "array"])
def test_attributes_of_a_dialect_are_read_and_counted_exactly(
    column: Column,
    is_array: bool,  # noqa: FBT001
) -> None:
    declared = AttributeColumns({"It": column, "Next": columns(next=Kind.TEXT)[0]}, "rest")
    exactly, compiled = Anomalies(), Anomalies()
    record = compile_activity(["attributes"], [], declared, compiled)
    for value in NASTY_JSON * 3:
        for extra in ({}, {"Extra": 1, "Next": "x"}, {"Next": None}, {"More": [value]}):
            expected = read_value(value, column, exactly)
            named = {"It": value, **extra}
            spelled = [{"name": name, "value": one} for name, one in named.items()]
            cell = msgspec.json.encode(spelled if is_array else named).decode()
            made = record([cell])
            rest = {name: one for name, one in extra.items() if name != "Next"} or None
            assert (cell, made) == (
                cell,
                {column.name: expected, "next": extra.get("Next"), "rest": rest},
            )
            assert type(made[column.name]) is type(expected)
    assert compiled == exactly


def test_numbers_between_pairs_of_quotes_are_numbers() -> None:
    assert activity('{"Webpage ID":""102938""}')["webpage_id"] == 102938
    assert activity('{"Webpage ID":"\\"102938\\"","Cost":""1.5""}')["webpage_id"] == 102938
    record = compile_record(["n"], columns(n=Kind.INTEGER), Anomalies())
    assert record(['"102938"']) == {"n": 102938}


def test_an_attribute_called_by_its_api_name_has_its_column() -> None:
    town = AttributeColumns(
        {"Town": Column("Town", "city", Kind.TEXT)}, "rest", aliases={"city": "Town"}
    )
    record = compile_activity(["attributes"], [], town, Anomalies())
    for cell in ('{"Town":"A"}', '{"city":"A"}', '[{"name":"city","value":"A"}]') * 3:
        assert record([cell]) == {"city": "A", "rest": None}
    assert record(['{"Town":"A","city":"B"}']) == {"city": "A", "rest": {"city": "B"}}


def test_record_can_be_made_by_a_struct() -> None:
    made = msgspec.defstruct("Made", [("a", str | None), ("b", int | None)])
    record = compile_record(
        ["b", "a"], columns(a=Kind.TEXT, b=Kind.INTEGER), Anomalies(), shape=Shape(lambda _: made)
    )
    assert record(["1", "x"]) == made("x", 1)
    assert record(["bad", "x"]) == made("x", None)


def test_property_names_are_never_code() -> None:
    name = "'] = 1; import os #\n\\"
    record = compile_record([name], [Column(name, name, Kind.TEXT)], Anomalies())
    assert record(["x"]) == {name: "x"}


def test_a_thousand_columns() -> None:
    many = columns(**{f"c{n}": Kind.INTEGER for n in range(1000)})
    record = compile_record([column.source for column in many], many, Anomalies())
    assert record([str(n) for n in range(1000)]) == {f"c{n}": n for n in range(1000)}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (
            '{"Reason":"x","Success":true,"New Status ID":21}',
            {"Reason": "x", "Success": True, "New Status ID": 21},
        ),
        (
            '[{"name":"Reason","value":"x"},{"apiName":"s","name":"Success","value":true}]',
            {"Reason": "x", "Success": True},
        ),
        ('[{"name":"Reason"}]', {"Reason": None}),
        ("[]", {}),
        ("null", {}),
        ("", {}),
        ("{}", {}),
        ('{"a":1.5,"b":12345678901234567.89}', {"a": 1.5, "b": Decimal("12345678901234567.89")}),
        ('{"a":123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        ('{"a":"raw\r\nbreak"}', {"a": "raw\r\nbreak"}),
        ('{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_attribute_cells(cell: str, expected: dict[str, Any]) -> None:
    anomalies = Anomalies()
    assert parse_attributes(cell, anomalies) == expected
    assert anomalies.lines() == []


@pytest.mark.parametrize(
    "cell",
    [
        "no JSON",
        '{"a":',
        "5",
        '"a"',
        "[1]",
        '[{"value":1}]',
        '[{"name":1}]',
        '{"a":NaN}',
        "[" * 100_000,
        '[{"name":[]}]',
    ],
)
def test_cell_without_attributes_is_kept_as_text_and_counted(cell: str) -> None:
    anomalies = Anomalies()
    assert parse_attributes(cell, anomalies) == {UNPARSED: cell}
    assert anomalies.attribute_cells == 1


def test_repeated_attribute_of_an_array_keeps_the_last_and_is_counted() -> None:
    anomalies = Anomalies()
    cell = '[{"name":"a","value":1},{"name":"a","value":2}]'
    assert parse_attributes(cell, anomalies) == {"a": 2}
    assert anomalies.repeated_attributes == 1


def test_nul_and_lone_surrogates_spelled_in_json_are_cleaned_and_counted() -> None:
    anomalies = Anomalies()
    assert parse_attributes(r'{"a":"x\u0000y","b":"\ud83d!","c":"\ud83d\ude00"}', anomalies) == {
        "a": "xy",
        "b": "\ufffd!",
        "c": "😀",
    }
    assert (anomalies.nul_characters, anomalies.undecodable) == (1, 1)


def test_attributes_of_a_rest_reply() -> None:
    assert attributes_of([{"name": "a", "value": [887]}], Anomalies()) == {"a": [887]}
    assert attributes_of(None, Anomalies()) == {}


BASE = columns(marketoGUID=Kind.TEXT, leadId=Kind.INTEGER)
TYPE = AttributeColumns(
    {
        "Webpage ID": Column("Webpage ID", "webpage_id", Kind.INTEGER),
        "Merge IDs": Column("Merge IDs", "merge_ids", Kind.TEXT),
        "Is Bot": Column("Is Bot", "is_bot", Kind.BOOLEAN),
        "Cost": Column("Cost", "cost", Kind.NUMBER),
        "Created": Column("Created", "created", Kind.DATE),
        "At": Column("At", "at", Kind.DATETIME),
    },
    "undeclared_attributes",
)
ACTIVITY = ["marketoGUID", "leadId", "attributes"]
ABSENT = dict.fromkeys(column.name for column in TYPE.columns.values())


def activity(attributes: str, anomalies: Anomalies | None = None) -> dict[str, Any]:
    record = compile_activity(ACTIVITY, BASE, TYPE, anomalies or Anomalies())
    made: dict[str, Any] = record(["g1", "7", attributes])
    assert (made.pop("marketoGUID"), made.pop("leadId")) == ("g1", 7)
    return made


FULL = {
    "webpage_id": 4,
    "merge_ids": "a",
    "is_bot": True,
    "cost": 1.5,
    "created": "2020-01-02",
    "at": "2020-01-02T03:04:05Z",
    "undeclared_attributes": None,
}


@pytest.mark.parametrize(
    "cell",
    [
        (
            '{"Webpage ID":4,"Merge IDs":"a","Is Bot":true,"Cost":1.5,'
            '"Created":"2020-01-02","At":"2020-01-02T03:04:05Z"}'
        ),
        (
            '{"Webpage ID":"4","Merge IDs":"a","Is Bot":"true","Cost":"1.50",'
            '"Created":"2020-01-02","At":"2020-01-02T03:04:05+0000"}'
        ),
        (
            '{"Webpage ID":4.0,"Merge IDs":"a","Is Bot":1,"Cost":1.5,'
            '"Created":"2020-01-02","At":"2020-01-02T04:04:05+01:00"}'
        ),
        (
            '[{"name":"Webpage ID","value":4},{"name":"Merge IDs","value":"a"},'
            '{"name":"Is Bot","value":"1"},{"name":"Cost","value":1.5},'
            '{"name":"Created","value":"2020-01-02"},{"name":"At","value":"2020-01-02T03:04:05Z"}]'
        ),
    ],
    ids=["native", "text", "mixed", "array"],
)
def test_declared_attributes_become_typed_properties(cell: str) -> None:
    anomalies = Anomalies()
    assert activity(cell, anomalies) == FULL
    assert anomalies.lines() == []


@pytest.mark.parametrize("cell", ["null", "", "{}", "[]"])
def test_absent_attributes_are_null(cell: str) -> None:
    assert activity(cell) == {**ABSENT, "undeclared_attributes": None}


def test_attributes_nobody_declared_are_kept() -> None:
    assert activity('{"New One":{"a":[1]},"Webpage ID":4}') == {
        **ABSENT,
        "webpage_id": 4,
        "undeclared_attributes": {"New One": {"a": [1]}},
    }


NASTY_JSON = [
    *NASTY, None, True, False, 0, 1, 2, -7, 12.0, 12.5, 1e300, 2**70, [], [887], {}, {"a": [1.5]},
]  # fmt: skip


@pytest.mark.parametrize("column", EVERY_KIND[:-1], ids=lambda column: column.name)
def test_compiled_attributes_are_read_and_counted_as_the_exact_converters_do(
    column: Column,
) -> None:
    declared = AttributeColumns({"It": column}, "rest")
    for value, extra in itertools.product(NASTY_JSON, ({}, {"Extra": 1})):
        exactly, compiled = Anomalies(), Anomalies()
        expected = read_value(value, column, exactly)
        cell = msgspec.json.encode({"It": value, **extra}).decode()
        record = compile_activity(["attributes"], [], declared, compiled)([cell])
        typed = record[column.name]
        assert (value, typed, type(typed)) == (value, expected, type(expected))
        assert record["rest"] == (extra or None)
        assert compiled == exactly


def test_list_in_a_text_attribute_becomes_json_text() -> None:
    assert activity('{"Merge IDs":[887]}')["merge_ids"] == "[887]"
    assert activity('{"Merge IDs":4}')["merge_ids"] == "4"
    assert activity('{"Merge IDs":"null"}')["merge_ids"] == "null"


def test_bad_attributes_are_null_and_counted() -> None:
    anomalies = Anomalies()
    made = activity('{"Webpage ID":true,"Is Bot":"x","Cost":"y","Created":5,"At":"z"}', anomalies)
    assert made == {**ABSENT, "undeclared_attributes": None}
    assert sum(anomalies.nulled.values()) == 5


def test_time_of_day_in_a_date_attribute_is_cut_and_counted() -> None:
    anomalies = Anomalies()
    assert activity('{"Created":"2020-01-02T23:00:00Z"}', anomalies)["created"] == "2020-01-02"
    assert sum(anomalies.shortened.values()) == 1


def test_cell_that_is_no_json_is_kept_among_the_undeclared() -> None:
    anomalies = Anomalies()
    assert activity("oops", anomalies)["undeclared_attributes"] == {UNPARSED: "oops"}
    assert anomalies.attribute_cells == 1


def test_nul_in_an_attribute_is_dropped_and_counted_once() -> None:
    anomalies = Anomalies()
    assert activity(r'{"Merge IDs":"a\u0000b","Cost":"bad"}', anomalies)["merge_ids"] == "ab"
    assert anomalies.nul_characters == 1


@pytest.mark.parametrize("name", ['Said "yes"', "back\\slash", "tab\t", "rest", "a0", "ünï"])
def test_attributes_of_any_name(name: str) -> None:
    declared = AttributeColumns({name: Column(name, "it", Kind.TEXT)}, "undeclared_attributes")
    record = compile_activity(["attributes"], [], declared, Anomalies())
    cell = msgspec.json.encode({name: "x"}).decode()
    assert record([cell]) == {"it": "x", "undeclared_attributes": None}
    assert record(['{"else":1}']) == {"it": None, "undeclared_attributes": {"else": 1}}


def test_file_without_attributes_has_null_attributes() -> None:
    anomalies = Anomalies()
    record = compile_activity(["marketoGUID", "leadId"], BASE, TYPE, anomalies)
    expected = {"marketoGUID": "g", "leadId": 1, **ABSENT, "undeclared_attributes": None}
    assert record(["g", "1"]) == expected
    assert record(["g", "1.0"]) == expected
    assert len(anomalies.missing) == 1


def test_activity_can_be_made_by_a_struct() -> None:
    names = ["marketoGUID", "leadId", *ABSENT, "undeclared_attributes"]
    made = msgspec.defstruct("Made", [(name, Any) for name in names])
    record = compile_activity(ACTIVITY, BASE, TYPE, Anomalies(), shape=Shape(lambda _: made))
    for cell in ('{"Webpage ID":4}', '{"Webpage ID":"4.0"}'):
        assert record(["g", "1", cell]) == made("g", 1, 4, *[None] * 6)
