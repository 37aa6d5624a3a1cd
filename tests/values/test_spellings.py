"""Every documented spelling gives the same value as the plain one, in cells and attributes."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo.files.records import AttributeColumns, compile_activity, compile_record
from tap_marketo.values.anomalies import Anomalies
from tap_marketo.values.convert import read_value
from tap_marketo.values.kinds import Column, Kind
from tap_marketo.values.times import parse_timestamp, to_datetime

MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def read(kind: Kind, cell: str, times: int = 1) -> Any:
    """Read a cell by the exact converter, the compiled row and the attributes, which must agree."""
    column = Column("it", "it", kind)
    counted = [Anomalies() for _ in range(4)]
    exact, compiled, in_object, in_array = counted
    value = None if cell in ("", "null") else read_value(cell, column, exact)
    record = compile_record(["it"], [column], compiled)
    declared = AttributeColumns({"It": column}, "rest")
    of_object = compile_activity(["attributes"], [], declared, in_object)
    of_array = compile_activity(["attributes"], [], declared, in_array)
    named = json.dumps({"It": cell if value is not None or cell else None})
    listed = json.dumps([{"name": "It", "value": cell if value is not None or cell else None}])
    for _ in range(times):
        found = [record([cell])["it"], of_object([named])["it"], of_array([listed])["it"]]
        if cell != "null":
            assert found == [value] * 3
            assert {type(one) for one in found} == {type(value)}
    return value


def plain(moment: datetime) -> str:
    return f"{moment.isoformat()}Z"


@given(MOMENTS)
def test_utc_has_many_spellings(moment: datetime) -> None:
    text = moment.isoformat()
    for zone in ("Z", "+0000", "Z+0000", "+00:00", ".0t+0000", ".000Z", ".000t+0000", "-00:00", ""):
        assert read(Kind.DATETIME, f"{text}{zone}", 2) == plain(moment)
    day, _, time = text.partition("T")
    assert read(Kind.DATETIME, f"{day.replace('-', '')}T{time}.0t+0000") == plain(moment)
    assert read(Kind.DATETIME, f"{day} {time}") == plain(moment)


@given(MOMENTS, OFFSETS)
def test_offsets_are_moved_to_utc(moment: datetime, zone: timezone) -> None:
    local = moment.replace(tzinfo=timezone.utc).astimezone(zone)
    for spelled in (local.isoformat(), local.strftime("%z")):
        text = spelled if "T" in spelled else f"{local.isoformat()[:19]}{spelled}"
        assert read(Kind.DATETIME, text) == plain(moment)
        assert parse_timestamp(text) == moment.replace(tzinfo=timezone.utc)


@given(MOMENTS, st.integers(1, 999))
def test_milliseconds_are_kept(moment: datetime, milliseconds: int) -> None:
    fraction = f"{milliseconds:03}"
    expected = f"{moment.isoformat()}.{fraction.rstrip('0')}Z"
    for zone in ("Z", "+0000", "Z+0000", ""):
        assert read(Kind.DATETIME, f"{moment.isoformat()}.{fraction}{zone}") == expected
    assert parse_timestamp(expected) == moment.replace(tzinfo=timezone.utc)


@given(st.dates(), st.sampled_from(["", "T10:00:00Z", "T23:59:59+0000", "T00:00:00-05:00"]))
def test_a_date_may_hold_a_time(day: date, time: str) -> None:
    assert read(Kind.DATE, f"{day.isoformat()}{time}", 30) == day.isoformat()
    assert read(Kind.DATE, day.isoformat().replace("-", "")) == day.isoformat()


@given(st.integers())
def test_integers_have_many_spellings(number: int) -> None:
    spellings = [f"{number}", f" {number}\t", f"{number}.0", f"{number}.00", f'"{number}"']
    for spelled in [*spellings, f'""{number}""']:
        assert read(Kind.INTEGER, spelled, 2) == number


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_decimals_keep_their_value(number: float) -> None:
    for spelled in (repr(number), f" {number!r} ", f'"{number!r}"', repr(number).upper()):
        assert float(read(Kind.NUMBER, spelled)) == number


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (["true", "TRUE", "True", "1", "t", "yes", " Yes"], True),
        (["false", "FALSE", "False", "0", "f", "no", "No "], False),
    ],
)
def test_booleans_have_many_spellings(spellings: list[str], expected: bool) -> None:  # noqa: FBT001
    for spelled in spellings:
        assert read(Kind.BOOLEAN, spelled, 2) is expected


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_text_stays_as_it_is(text: str) -> None:
    assert read(Kind.TEXT, text) == (None if text == "null" else text)


@given(st.text("0123456789-:TZ+. t", max_size=30))
def test_a_time_is_read_or_refused_but_never_guessed(text: str) -> None:
    try:
        found = to_datetime(text)
    except ValueError:
        return
    assert found is None or to_datetime(found) == found
