"""Options of an export: dates, names with suggestions, and combinations that are refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pendulum
import pytest

from tap_marketo.export.columns import kind_in, table_columns
from tap_marketo.export.errors import ExportError
from tap_marketo.export.order import Order, find_activity_stream, find_stream, to_rfc3339
from tap_marketo.values.kinds import Kind

NOW = pendulum.datetime(2026, 12, 1, 8)
PROPERTIES: dict[str, Any] = {
    "id": {"type": ["integer", "null"]},
    "email": {"type": ["string", "null"], "title": "Email Address"},
    "createdAt": {"type": ["string", "null"], "format": "date-time"},
}
TYPES = [{"id": 2, "name": "Fill Out Form"}, {"id": 37, "name": "Delete Lead"}]
STREAMS: dict[str, Any] = {
    "leads": SimpleNamespace(name="leads"),
    "programs": SimpleNamespace(name="programs"),
    "activity_fill_out_form": SimpleNamespace(name="activity_fill_out_form", type_ids=(2,)),
}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90d", "2026-09-02T08:00:00Z"),
        ("12h", "2026-11-30T20:00:00Z"),
        ("2w", "2026-11-17T08:00:00Z"),
        ("3m", "2026-09-01T08:00:00Z"),
        ("1Y", "2025-12-01T08:00:00Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31T08:00:00+02:00", "2026-01-31T06:00:00Z"),
    ],
)
def test_dates(text: str, moment: str) -> None:
    assert to_rfc3339(text, NOW) == moment


@pytest.mark.parametrize("text", ["yesterday", "", "90", "d", "2026-13-01", "99999y"])
def test_no_dates(text: str) -> None:
    with pytest.raises(ExportError, match="is no date"):
        to_rfc3339(text, NOW)


def test_columns_stand_in_the_order_asked_for() -> None:
    found = table_columns("leads", PROPERTIES, ["createdAt", "id"])

    assert [(one.name, one.kind) for one in found] == [
        ("createdAt", Kind.DATETIME),
        ("id", Kind.INTEGER),
    ]
    assert [one.name for one in table_columns("leads", PROPERTIES, [])] == list(PROPERTIES)


@pytest.mark.parametrize("wrong", ["emial", "Email", "email address"])
def test_an_unknown_field_has_a_suggestion(wrong: str) -> None:
    with pytest.raises(ExportError, match=r"leads has no field '.*'\. Did you mean email\?"):
        table_columns("leads", PROPERTIES, ["id", wrong])


def test_a_field_named_twice_is_refused() -> None:
    with pytest.raises(ExportError, match="names id twice"):
        table_columns("leads", PROPERTIES, ["id", "email", "id"])


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "integer"}, Kind.INTEGER),
        ({"type": ["null", "number"]}, Kind.NUMBER),
        ({"type": ["string", "null"], "format": "date"}, Kind.DATE),
        ({"type": ["string", "integer"]}, Kind.OBJECT),
        ({"type": ["array", "null"]}, Kind.OBJECT),
        ({}, Kind.OBJECT),
    ],
)
def test_kinds(schema: dict[str, Any], kind: Kind) -> None:
    assert kind_in(schema) is kind


def test_an_unknown_stream_has_a_suggestion() -> None:
    assert find_stream(STREAMS, "leads").name == "leads"
    with pytest.raises(ExportError, match=r"no stream 'lead'\. Did you mean leads\?"):
        find_stream(STREAMS, "lead")
    with pytest.raises(ExportError, match="--list shows them all"):
        find_stream(STREAMS, "zzz")


@pytest.mark.parametrize("name", ["Fill Out Form", "fill out form", "2"])
def test_an_activity_type_by_name_or_id(name: str) -> None:
    assert find_activity_stream(STREAMS, TYPES, name).name == "activity_fill_out_form"


def test_an_unknown_activity_type_has_a_suggestion() -> None:
    with pytest.raises(ExportError, match=r"no activity type 'Fill Form'\. Did you mean Fill Out"):
        find_activity_stream(STREAMS, TYPES, "Fill Form")
    with pytest.raises(ExportError, match="cannot be exported"):
        find_activity_stream(STREAMS, TYPES, "Delete Lead")


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order("leads", activity_type="Fill Out Form"), "--type is for activities"),
        (Order("programs", leads_filter={"static_list_id": 1}), "A list is for leads"),
        (
            Order("leads", leads_filter={"static_list_id": 1, "smart_list_id": 2}),
            "Name one list",
        ),
        (Order("leads", leads_filter={"static_list_id": 1}, since="90d"), "cannot be combined"),
        (Order("leads", leads_filter={"static_list_id": 1}, append=True), "cannot be combined"),
    ],
)
def test_what_has_no_meaning_together_is_refused(order: Order, words: str) -> None:
    with pytest.raises(ExportError, match=words):
        order.check()
