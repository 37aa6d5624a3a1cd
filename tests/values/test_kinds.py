from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from singer_sdk.singerlib.json import serialize_json

from tap_marketo.values.anomalies import Anomalies
from tap_marketo.values.convert import (
    clean_json,
    read_value,
    to_boolean,
    to_integer,
    to_number,
    to_text,
)
from tap_marketo.values.kinds import Column, Kind, json_schema, kind_of
from tap_marketo.values.times import to_date, to_datetime


@pytest.mark.parametrize(
    ("data_type", "kind"),
    [
        ("string", Kind.TEXT),
        ("email", Kind.TEXT),
        ("reference", Kind.TEXT),
        ("something new", Kind.TEXT),
        ("integer", Kind.INTEGER),
        ("Integer", Kind.INTEGER),
        ("score", Kind.INTEGER),
        ("percent", Kind.NUMBER),
        ("currency", Kind.NUMBER),
        ("float", Kind.NUMBER),
        ("number", Kind.NUMBER),
        ("double", Kind.NUMBER),
        ("Boolean", Kind.BOOLEAN),
        ("checkbox", Kind.BOOLEAN),
        ("date", Kind.DATE),
        ("datetime", Kind.DATETIME),
    ],
)
def test_kind_of_a_data_type(data_type: str, kind: Kind) -> None:
    assert kind_of(data_type) is kind


def test_every_kind_has_a_nullable_schema() -> None:
    assert all("null" in json_schema(kind)["type"] for kind in Kind)
    assert json_schema(Kind.DATETIME) == {"type": ["string", "null"], "format": "date-time"}
    assert json_schema(Kind.DATE) == {"type": ["string", "null"], "format": "date"}
    assert json_schema(Kind.INTEGER) == {"type": ["integer", "null"]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        (" 12 ", 12),
        ("12.0", 12),
        ("-12.000", -12),
        ("12345678901234567890123", 12345678901234567890123),
        (12, 12),
        (12.0, 12),
        (Decimal("12.0"), 12),
        ("", None),
        ("null", None),
        (None, None),
    ],
)
def test_integers(value: object, expected: int | None) -> None:
    result = to_integer(value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        "12.5",
        "1_000",
        "\uff11\uff12",
        "0x1f",
        "12a",
        "1,000",
        "--1",
        "inf",
        "NaN",
        " ",
        "9" * 5000,
        "1e9999999",
        12.5,
        float("inf"),
        float("nan"),
        True,
        [1],
        {"a": 1},
    ],
)
def test_what_is_no_integer(value: object) -> None:
    with pytest.raises(ValueError, match="integer"):
        to_integer(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10.40", 10.4),
        ("-0.5", -0.5),
        (".5", 0.5),
        (" 2.5 ", 2.5),
        ("12", 12),
        ("0012", 12),
        ("12.0", 12.0),
        ("1e3", 1000.0),
        ("12345678901234567890", 12345678901234567890),
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("0.1234567890123456789", Decimal("0.1234567890123456789")),
        ("1e400", Decimal("1e400")),
        ("1e-400", Decimal("1e-400")),
        (1604.47, 1604.47),
        (3, 3),
        (Decimal("0.5"), 0.5),
        ("null", None),
        ("", None),
        (None, None),
    ],
)
def test_numbers_keep_their_digits(value: object, expected: object) -> None:
    result = to_number(value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        "inf",
        "-Infinity",
        "nan",
        "1_0.5",
        "\uff11.5",
        "1,5",
        "1.2.3",
        ".",
        "e5",
        "1e99999",
        float("inf"),
        float("nan"),
        Decimal("NaN"),
        True,
        [],
    ],
)
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(ValueError, match="number"):
        to_number(value)


def test_both_singer_writers_write_a_decimal_as_the_same_number() -> None:
    value = to_number("12345678901234567.89")
    msgspec_writer = msgspec.json.Encoder(decimal_format="number")
    assert serialize_json({"v": value}) == '{"v":12345678901234567.89}'
    assert msgspec_writer.encode({"v": value}) == b'{"v":12345678901234567.89}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", True),
        ("TRUE", True),
        ("t", True),
        ("Yes", True),
        ("1", True),
        (1, True),
        (True, True),
        ("false", False),
        ("False", False),
        ("f", False),
        ("no", False),
        ("0", False),
        (0, False),
        (False, False),
        (" true ", True),
        ("null", None),
        ("", None),
        (None, None),
    ],
)
def test_booleans(value: object, expected: object) -> None:
    assert to_boolean(value) is expected


@pytest.mark.parametrize("value", ["2", "maybe", 2, -1, 0.5, [], "truee"])
def test_what_is_no_boolean(value: object) -> None:
    with pytest.raises(ValueError, match="boolean"):
        to_boolean(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2010-05-07", "2010-05-07"),
        ("2024-02-29", "2024-02-29"),
        ("20100507", "2010-05-07"),
        ("2010-05-07T23:30:00Z", "2010-05-07"),
        ("2010-05-07T23:30:00-08:00", "2010-05-07"),
        ("null", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(value: object, expected: str | None) -> None:
    assert to_date(value) == expected


@pytest.mark.parametrize(
    "value",
    ["2023-02-29", "2010-13-01", "07/05/2010", "0000-01-01", "\uff12010-05-07", "soon", 20100507],
)
def test_what_is_no_date(value: object) -> None:
    with pytest.raises(ValueError, match="date"):
        to_date(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2015-08-24T20:17:23Z", "2015-08-24T20:17:23Z"),
        ("2015-05-07T11:47:30-08:00", "2015-05-07T19:47:30Z"),
        ("2014-09-17T22:31:49+0000", "2014-09-17T22:31:49Z"),
        ("2014-12-09T22:33:57Z+0000", "2014-12-09T22:33:57Z"),
        ("20200807T20:49:54.0t+0000", "2020-08-07T20:49:54Z"),
        ("2020-12-31T08:00:00.000t+0000", "2020-12-31T08:00:00Z"),
        ("2015-10-17", "2015-10-17T00:00:00Z"),
        ("2015-08-24T20:17:23.250Z", "2015-08-24T20:17:23.25Z"),
        ("2015-08-24T20:17:23.123456789+05:30", "2015-08-24T14:47:23.123456789Z"),
        ("2015-12-31T23:30:00-0100", "2016-01-01T00:30:00Z"),
        ("2015-08-24 20:17:23", "2015-08-24T20:17:23Z"),
        ("2015-08-24T20:17Z", "2015-08-24T20:17:00Z"),
        (" 2015-08-24T20:17:23Z ", "2015-08-24T20:17:23Z"),
        ("null", None),
        ("", None),
        (None, None),
    ],
)
def test_every_spelling_of_a_datetime_becomes_rfc_3339_in_utc(
    value: object, expected: str | None
) -> None:
    assert to_datetime(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "2015-02-29T00:00:00Z",
        "2015-08-24T24:00:00Z",
        "2015-08-24T20:60:00Z",
        "2015-08-24T20:17:23+99:00",
        "2026-W01-1T10:20:30Z",
        "2026-01-01T10:20+01Z",
        "2015-0824T20:17:23Z",
        "2015-08-24T20:17:23ZZ",
        "0001-01-01T00:00:00+10:00",
        "yesterday",
        "2015-08-24T20:17:23Z\n.",
        "\uff12015-08-24T20:17:23Z",
        1440447443,
    ],
)
def test_what_is_no_datetime(value: object) -> None:
    with pytest.raises(ValueError, match="datetime"):
        to_datetime(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("00123", "00123"),
        ("  a\r\n\u2028🙂 ", "  a\r\n\u2028🙂 "),
        ("null", "null"),
        ("", ""),
        (4, "4"),
        (1.5, "1.5"),
        (Decimal("1.50"), "1.50"),
        (True, "true"),
        ([887], "[887]"),
        ({"a": [1, "é"]}, '{"a":[1,"é"]}'),
        (None, None),
    ],
)
def test_text_of_json_values(value: object, expected: str | None) -> None:
    assert to_text(value) == expected


def test_clean_json_drops_nul_and_replaces_lone_surrogates_and_counts_them() -> None:
    anomalies = Anomalies()
    dirty: Any = {"a\0": ["x\0y\0", {"b": "\ud800!"}], "n": 1}
    assert clean_json(dirty, anomalies) == {"a": ["xy", {"b": "\ufffd!"}], "n": 1}
    assert anomalies.nul_characters == 3
    assert anomalies.undecodable == 1


def test_anomalies_describe_themselves_without_contents() -> None:
    anomalies = Anomalies()
    assert anomalies.lines() == []
    score = Column("leadScore", "lead_score", Kind.INTEGER)
    anomalies.nulled[score] += 3
    anomalies.shortened[Column("born", "born", Kind.DATE)] += 1
    anomalies.nul_characters += 2
    anomalies.missing.add(Column("gone", "gone", Kind.TEXT))
    assert anomalies.lines() == [
        "column lead_score: 3 values not readable as integer, written as null",
        "column born: time of day dropped from 1 value",
        "column gone: not in the file, written as null",
        "2 NUL characters dropped, which databases cannot store",
    ]


def test_what_a_column_cannot_read_is_null_and_counted() -> None:
    anomalies = Anomalies()
    score, born = Column("s", "s", Kind.INTEGER), Column("b", "b", Kind.DATE)
    assert read_value("12.5", score, anomalies) is None
    assert read_value(12, score, anomalies) == 12
    assert read_value("2010-05-07T10:00:00Z", born, anomalies) == "2010-05-07"
    assert anomalies.nulled == {score: 1}
    assert anomalies.shortened == {born: 1}
