"""Records of lists: keys, spellings, duplicates; without API calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.streams.lists.admin import RolesStream
from tap_marketo.streams.lists.asset_contents import EmailVariablesStream
from tap_marketo.streams.lists.asset_parts import (
    EmailContentStream,
    ProgramTagsStream,
    StaticListMembershipsStream,
)
from tap_marketo.streams.lists.assets import (
    ChannelsStream,
    EmailsStream,
    FoldersStream,
    ProgramsStream,
)
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from tap_marketo.streams.lists.base import MarketoStream


CONFIG = {
    "base_url": "https://123-abc-456.mktorest.com",
    "client_id": "a",
    "client_secret": "b",
}


@pytest.fixture
def tap() -> TapMarketo:
    """A tap that makes no calls."""
    config = {
        "base_url": "https://123-abc-456.mktorest.com",
        "client_id": "a",
        "client_secret": "b",
    }
    return TapMarketo(config=config, setup_mapper=False)


def one(stream: MarketoStream, row: dict[str, Any], **context: Any) -> dict[str, Any] | None:
    return stream.record(row, context or None)


def test_a_record_without_its_key_is_dropped_and_counted(
    tap: TapMarketo, caplog: pytest.LogCaptureFixture
) -> None:
    stream = ChannelsStream(tap)

    assert one(stream, {"name": "Email"}) is None
    assert one(stream, {"id": None, "name": "Event"}) is None
    assert one(stream, {"id": "7", "name": "Web"}) == {"id": 7, "name": "Web"}
    stream.warn_of_keyless()
    stream.warn_of_keyless()

    assert caplog.text.count("2 records without their key (id) were dropped") == 1
    assert "Event" not in caplog.text


def test_a_folder_takes_its_id_from_where_it_is_repeated(tap: TapMarketo) -> None:
    found = one(FoldersStream(tap), {"name": "A", "folderId": {"id": 5, "type": "FOLDER"}})

    assert found is not None
    assert (found["id"], found["type"]) == (5, "Folder")


@pytest.mark.parametrize("row", [{"isHidden": True}, {"hidden": True}])
def test_roles_are_spelled_in_two_ways(tap: TapMarketo, row: dict[str, Any]) -> None:
    found = one(RolesStream(tap), {"id": 1, **row})

    assert found is not None
    assert found["isHidden"] is True


def test_a_variable_of_no_module_has_a_key(tap: TapMarketo) -> None:
    found = one(EmailVariablesStream(tap), {"name": "colour", "value": "red"}, id=7)

    assert found is not None
    assert (found["emailId"], found["moduleId"]) == (7, "")


def test_only_a_dynamic_section_has_content_for_segments(tap: TapMarketo) -> None:
    stream = EmailContentStream(tap)
    rows = (
        {"htmlId": "a", "contentType": "Text", "value": "text"},
        {"htmlId": "b", "contentType": "DynamicContent", "value": "1008"},
    )
    records = [one(stream, row, id=7) for row in rows]

    contexts = [list(stream.generate_child_contexts(record or {}, None)) for record in records]

    assert contexts == [[], [{"emailId": 7, "contentId": "1008"}]]


@pytest.mark.parametrize("bookmark", ["2999-01-01T00:00:00Z", "2020-01-01T00:00:00Z"])
@pytest.mark.parametrize("kind", [ProgramsStream, EmailsStream])
def test_a_list_never_asks_for_an_end_that_is_not_after_the_start(
    tap: TapMarketo, kind: type[MarketoStream], bookmark: str
) -> None:
    stream = kind(tap)
    stream._since = bookmark

    query = stream.query(None)

    assert query["earliestUpdatedAt"] < query["latestUpdatedAt"]
    assert query["earliestUpdatedAt"] <= bookmark


def test_tags_and_costs_ask_one_question(tap: TapMarketo) -> None:
    stream = ProgramTagsStream(tap)

    assert stream.query({"id": 1, "name": "Spring"}) == {
        "name": "Spring",
        "includeTags": "true",
        "includeCosts": "true",
    }


def test_members_of_unchanged_lists_are_asked_for_once_in_an_interval() -> None:
    tap = TapMarketo(config={**CONFIG, "full_lists_interval_hours": 24}, setup_mapper=False)
    stream = StaticListMembershipsStream(tap)
    now = tap.client.clock.now()
    stream.stream_state["read_whole_at"] = f"{now.subtract(hours=2).isoformat()[:19]}Z"

    def is_asked(changed: str) -> bool:
        return stream._is_asked({"id": 1, "updatedAt": changed})

    assert not is_asked(f"{now.subtract(hours=3).isoformat()[:19]}Z")
    assert is_asked(f"{now.subtract(hours=1).isoformat()[:19]}Z")

    due = StaticListMembershipsStream(tap)
    due.stream_state["read_whole_at"] = f"{now.subtract(hours=25).isoformat()[:19]}Z"
    assert due._is_asked({"id": 1, "updatedAt": "2020-01-01T00:00:00Z"})
