"""States of other connectors, and the converted states."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tap_marketo.migration import foreign
from tap_marketo.migration.activity_names import ActivityNames
from tap_marketo.migration.convert import Converted, convert
from tap_marketo.migration.foreign import Origin
from tests.support.foreign_states import AIRBYTE, HOTGLUE, STITCH, per_stream

OURS: dict[str, Any] = {
    "bookmarks": {
        "leads": {
            "replication_key": "updatedAt",
            "replication_key_value": "2026-03-09T17:30:00Z",
            "gaps": [{"startAt": "2025-01-01T00:00:00Z", "endAt": "2025-02-01T00:00:00Z"}],
        },
        "program_tags": {"filled": True},
        "deleted_leads": {"read_until": "2026-03-09T17:30:00Z"},
    },
    "export_jobs": [{"exportId": "1", "base": "leads", "startAt": "2026-01-01T00:00:00Z"}],
}


def converted(state: Any, types: list[dict[str, Any]] | None = None, **how: Any) -> Converted:
    document = foreign.unwrapped(state)
    origin = foreign.origin_of(document)
    assert origin
    return convert(foreign.bookmarks(document, origin), origin, ActivityNames(types), **how)


def values(done: Converted) -> dict[str, str]:
    return {name: one["replication_key_value"] for name, one in done.state["bookmarks"].items()}


def test_stitch_goes_on_where_stitch_itself_would() -> None:
    done = converted(STITCH)

    assert values(done) == {
        # The next run begins a second after the bookmark, here a day before Stitch's, like Stitch.
        "leads": "2026-03-09T02:00:04Z",
        # The start of the last window.
        "activity_visit_webpage": "2026-02-28T23:59:59Z",
        "activity_change_status_in_progression": "2026-02-28T23:59:59Z",
        "static_lists": "2026-03-10T02:00:05Z",
        "campaigns": "2026-03-10T02:00:05Z",
        "programs": "2026-03-10T02:00:05Z",
    }
    assert done.left == []
    assert done.state["bookmarks"]["leads"]["replication_key"] == "updatedAt"
    assert done.state["bookmarks"]["activity_visit_webpage"]["replication_key"] == "activityDate"


def test_airbyte_begins_with_the_day_before() -> None:
    done = converted(per_stream(AIRBYTE))

    assert values(done) == {
        "leads": "2026-03-07T23:59:59Z",
        "activity_visit_webpage": "2026-03-07T23:59:59Z",
        "activity_change_status_in_progression": "2026-03-07T23:59:59Z",
        "activity_remove_from_list": "2025-10-31T23:59:59Z",
        "programs": "2026-03-09T12:00:00Z",
    }
    assert [line.split(":")[0] for line in done.left] == ["campaigns", "segmentations"]
    assert "createdAt" in done.left[0]
    assert any("--anew leads" in line for line in done.warnings)


@pytest.mark.parametrize(
    "state",
    [
        per_stream(AIRBYTE),
        [{"stream_descriptor": {"name": name}, "stream_state": one} for name, one in AIRBYTE],
        [{"streamDescriptor": {"name": name}, "streamState": one} for name, one in AIRBYTE],
        {"stateType": "stream", "streamState": [
            {"streamDescriptor": {"name": name}, "streamState": one} for name, one in AIRBYTE]},
        {"type": "GLOBAL", "global": {"shared_state": {}, "stream_states": [
            {"stream_descriptor": {"name": name}, "stream_state": one} for name, one in AIRBYTE]}},
        [{"type": "STATE", "state": one} for one in per_stream(AIRBYTE)],
        {"type": "LEGACY", "data": dict(AIRBYTE)},
        {"singer_state": {"airbyte_state": dict(AIRBYTE)}},
        dict(AIRBYTE),
    ],
    ids=("messages", "list", "shown", "interface", "global", "log", "legacy", "meltano", "plain"),
)  # fmt: skip
def test_every_form_of_airbytes_state_is_understood(state: Any) -> None:
    assert values(converted(state)) == values(converted(per_stream(AIRBYTE)))


def test_states_of_one_line_each_are_read() -> None:
    lines = "\n".join(json.dumps(one) for one in per_stream(AIRBYTE))

    assert values(converted(foreign.parse(lines))) == values(converted(per_stream(AIRBYTE)))
    assert foreign.parse('{"bookmarks": {}}\n{"bookmarks": {"leads": {}}}\n') == {
        "bookmarks": {"leads": {}}
    }


def test_hotglue_begins_with_the_day_before() -> None:
    assert values(converted(HOTGLUE)) == {
        "leads": "2026-03-07T23:59:59Z",
        "activity_visit_webpage": "2026-03-07T23:59:59Z",
    }


def test_meltanos_and_singers_envelopes_are_taken_off() -> None:
    for envelope in ({"singer_state": STITCH}, {"type": "STATE", "value": STITCH}):
        assert values(converted(envelope)) == values(converted(STITCH))


def test_each_stream_that_is_not_taken_over_has_its_reason() -> None:
    done = converted(
        {
            "bookmarks": {
                "activities_send_email": {"activityDate": None},
                "activities_click_email": {"activityDate": "lately"},
                "opportunities": {"updatedAt": "2026-03-09T17:30:00Z"},
                "programs": {"updatedAt": "2026-03-09T17:30:00Z"},
            }
        },
        anew=("programs",),
    )

    assert done.state == {"bookmarks": {}}
    assert done.left == [
        "activities_send_email: has no bookmark yet.",
        "activities_click_email: its bookmark is not a date with a time.",
        "opportunities: this tap has no such stream.",
        "programs: starts over at the start date, because of --anew.",
    ]


def test_an_unfinished_export_is_told_and_not_taken_over() -> None:
    done = converted(
        {
            "bookmarks": {
                "activities_send_email": {
                    "activityDate": "2026-03-01T00:00:00Z",
                    "export_id": "1689f995-1397",
                    "export_end": "2026-03-09T00:00:00Z",
                }
            }
        }
    )

    assert values(done) == {"activity_send_email": "2026-02-28T23:59:59Z"}
    assert "1689f995-1397 cannot be resumed" in done.warnings[0]


TYPES = [
    {"id": 1, "name": "Visit Webpage"},
    {"id": 100001, "name": "Self Serve?", "apiName": "selfServe"},
    {"id": 100002, "name": "Attended my Webinar: Übersicht", "apiName": "webinar_c"},
    {"id": 100003, "name": "self serve", "apiName": "kiosk"},
    {"id": 100004, "name": "Kiosk Visit", "apiName": "kioskVisit"},
    {"id": 100005, "name": "Kiosk visit"},
]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("activities_self_serve?", ["activity_selfserve"]),
        ("activities_self_serve", ["activity_kiosk"]),
        ("activities_selfserve", ["activity_kiosk"]),
        ("event_Self_Serve?", ["activity_selfserve"]),
        ("activities_attended_my_webinar:_übersicht", ["activity_webinar_c"]),
        ("activities_attendedmy_webinar:_übersicht", ["activity_webinar_c"]),
        ("activities_kiosk_visit", ["activity_kioskvisit", "activity_100005"]),
        ("activities_send_email", []),
    ],
)
def test_custom_activity_types_are_found_in_the_instance(theirs: str, ours: list[str]) -> None:
    assert ActivityNames(TYPES).streams_for(theirs) == ours


def test_a_type_that_two_names_fit_is_left_to_the_reader() -> None:
    state = {"bookmarks": {"activities_kiosk_visit": {"activityDate": "2026-03-01T00:00:00Z"}}}

    assert converted(state, TYPES).left == [
        "activities_kiosk_visit: it may be activity_kioskvisit or activity_100005;"
        " use the right name in the state."
    ]


def test_a_type_that_the_instance_lacks_is_left_out() -> None:
    state = {"bookmarks": {"activities_gone": {"activityDate": "2026-03-01T00:00:00Z"}}}

    assert converted(state, TYPES).left == [
        "activities_gone: the instance has no such activity type."
    ]


def test_without_the_instance_a_custom_type_is_not_known() -> None:
    stitch = {"bookmarks": {"activities_my_own_event": {"activityDate": "2026-03-01T00:00:00Z"}}}

    assert converted(stitch).left == [
        "activities_my_own_event: this tap names custom activity types by API name; pass --config."
    ]


def test_columns_in_snake_case_name_the_replication_key() -> None:
    done = converted(STITCH, renamed=True)

    keys = {one["replication_key"] for one in done.state["bookmarks"].values()}
    assert keys == {"updated_at", "activity_date"}


@pytest.mark.parametrize(
    ("state", "origin"),
    [
        (STITCH, Origin.STITCH),
        ({"bookmarks": {"leads": {"updatedAt": "2026-03-01T00:00:00Z"}}}, Origin.STITCH),
        (per_stream(AIRBYTE), Origin.AIRBYTE),
        (HOTGLUE, Origin.HOTGLUE),
        (OURS, None),
        ({}, None),
        ({"bookmarks": {}}, None),
        ({"bookmarks": []}, None),
        ([], None),
        ("text", None),
    ],
)
def test_it_is_told_whose_state_it_is(state: Any, origin: Origin | None) -> None:
    assert foreign.origin_of(state) is origin


@pytest.mark.parametrize("state", [OURS, {}, {"bookmarks": {}}, {"export_jobs": []}])
def test_the_taps_own_state_passes(state: Any) -> None:
    assert foreign.own(state) is state


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (STITCH, "Stitch's"),
        (per_stream(AIRBYTE), "Airbyte's"),
        (HOTGLUE, "hotglue's"),
        ({"singer_state": OURS}, "envelope"),
        ({"type": "STATE", "value": OURS}, "envelope"),
        ({"state": {"leads": 1}}, "not written by this tap"),
        ([], "not written by this tap"),
        (None, "not written by this tap"),
    ],
)
def test_no_other_state_passes(state: Any, words: str) -> None:
    with pytest.raises(foreign.StateError, match=words):
        foreign.own(state)
