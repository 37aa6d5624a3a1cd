"""A name depends only on the API name, and never changes."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo.values.gone import gone
from tap_marketo.values.names import (
    activity_stream,
    attribute_columns,
    custom_object_stream,
    field_columns,
    slug,
    snake_case,
)


def custom(*attributes: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"id": 100001, "name": "Kiosk", "attributes": list(attributes), **more}


def attribute(name: str, api_name: str = "") -> dict[str, str]:
    return {"name": name, "dataType": "string"} | ({"apiName": api_name} if api_name else {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Self Serve?", "self_serve"), ("Übersicht", "ubersicht"), ("€ 5", "eur_5"), ("?", "")],
)
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("leadScore", "lead_score"),
        ("marketoGUID", "marketo_guid"),
        ("anonymousIP", "anonymous_ip"),
        ("Account_Score__c", "account_score__c"),
        ("SFDC_Type__c_account", "sfdc_type__c_account"),
        ("utmSource", "utm_source"),
        ("utm_source", "utm__source"),
    ],
)
def test_api_names_in_snake_case(name: str, expected: str) -> None:
    assert snake_case(name) == expected


@given(st.sets(st.text("aAbBcC_-é1 ", min_size=1, max_size=6), min_size=2, max_size=8))
def test_names_that_differ_by_more_than_case_never_share_a_column(names: set[str]) -> None:
    for one, other in itertools.combinations(names, 2):
        if one.lower() != other.lower():
            assert snake_case(one) != snake_case(other)
            assert custom_object_stream(one) != custom_object_stream(other)


def test_standard_types_keep_their_plain_names() -> None:
    assert activity_stream({"id": 6, "name": "Send Email"}) == "activity_send_email"
    assert activity_stream({"id": 106, "name": "Enrich with Data.com"}) == (
        "activity_enrich_with_data_com"
    )
    types = {"id": 10, "attributes": [attribute("Is Bot Activity"), attribute("User Agent", "x")]}
    assert attribute_columns(types) == {
        "Is Bot Activity": "is_bot_activity",
        "User Agent": "user_agent",
    }


@pytest.mark.parametrize(
    ("api_name", "expected"),
    [
        ("attended_c", "activity_attended_c"),
        ("attendEvent", "activity_attendevent"),
        ("send_email", "activity_send_email_100001"),
        (None, "activity_100001"),
    ],
)
def test_a_custom_type_is_named_by_its_api_name(api_name: str | None, expected: str) -> None:
    for name in ("Kiosk", "資料請求", "Send Email"):
        assert activity_stream({"id": 100001, "name": name, "apiName": api_name}) == expected


def test_attributes_that_are_added_or_renamed_shift_no_column() -> None:
    first = custom(attribute("会社名", "company"), attribute("メモ", "memo"))
    later = custom(
        attribute("お名前", "namae"), attribute("Firma", "company"), attribute("メモ", "memo")
    )
    assert attribute_columns(first) == {"会社名": "company", "メモ": "memo"}
    assert attribute_columns(later) == {"お名前": "namae", "Firma": "company", "メモ": "memo"}


@given(
    st.lists(st.text("Aab €£é2?", min_size=1, max_size=5), unique=True, min_size=1, max_size=6),
    st.data(),
)
def test_display_names_alone_shift_no_column_either(names: list[str], data: st.DataObject) -> None:
    alone = {name: attribute_columns(custom(attribute(name)))[name] for name in names}
    some = data.draw(st.permutations(names))
    assert attribute_columns(custom(*map(attribute, some))) == {name: alone[name] for name in some}
    assert len(set(alone.values())) == len(names)


def test_an_attribute_never_takes_a_column_that_all_activities_have() -> None:
    kiosk = custom(attribute("Lead", "leadId"), attribute("Campaign", "Campaign"))
    assert attribute_columns(kiosk, ["lead_id", "campaign"]) == {
        "Lead": "lead_id_2",
        "Campaign": "campaign_2",
    }


def test_custom_objects_are_named_by_their_api_names() -> None:
    assert custom_object_stream("car_c") == "custom_object_car_c"
    assert custom_object_stream("types") != "custom_object_types"


def test_fields_keep_their_api_names() -> None:
    assert field_columns(["b", "A"], renamed=False) == {"b": "b", "A": "A"}
    assert field_columns(["leadScore", "lead_score"], renamed=True) == {
        "leadScore": "lead_score",
        "lead_score": "lead__score",
    }


def test_what_a_catalog_selects_in_vain_is_found() -> None:
    selected = {"leads": ["id", "old"], "activity_1": ["a"], "programs": ["id"]}
    assert gone(selected, {"leads": ["id", "new"], "programs": ["id"]}) == {
        "leads": ["old"],
        "activity_1": [],
    }
