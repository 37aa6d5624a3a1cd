"""The stream of a custom activity type keeps its columns when the type changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_marketo.streams.bulk.activities import ActivityTypeStream, stream_names
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream

HEADER = ["marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId", "attributes"]


class OfflineTap(TapMarketo):
    def discover_streams(self) -> Sequence[Stream]:
        return []


@pytest.fixture
def tap() -> TapMarketo:
    login = {"base_url": "http://127.0.0.1:1", "client_id": "none", "client_secret": "none"}
    return OfflineTap(config=login)


def kiosk(*attributes: tuple[str, str], name: str = "資料請求") -> dict[str, Any]:
    return {
        "id": 100001,
        "name": name,
        "apiName": "shiryo_c",
        "attributes": [
            {"name": display, "apiName": api_name, "dataType": "string"}
            for display, api_name in attributes
        ],
    }


def record(tap: TapMarketo, kind: dict[str, Any], cell: str) -> dict[str, Any]:
    (name,) = stream_names([kind]).values()
    stream = ActivityTypeStream(tap, name, kind)
    assert stream.name == "activity_shiryo_c"
    row = ["g", "1", "2026-11-02T00:00:00Z", "100001", "null", cell]
    made: dict[str, Any] = stream.reader(HEADER, HEADER, None)(row)
    return made


def test_an_added_attribute_shifts_no_column(tap: TapMarketo) -> None:
    first = kiosk(("会社名", "company"), ("メモ", "memo"))
    later = kiosk(("お名前", "namae"), ("会社名", "company"), ("メモ", "memo"))
    cell = '{"会社名":"ABC","メモ":"x"}'
    for kind in (first, later):
        made = record(tap, kind, cell)
        assert (made["company"], made["memo"]) == ("ABC", "x")


def test_a_renamed_type_and_attribute_keep_stream_and_column(tap: TapMarketo) -> None:
    renamed = kiosk(("Firma", "company"), name="Brochure request")
    for cell in ('{"Firma":"ABC"}', '{"company":"ABC"}'):
        made = record(tap, renamed, cell)
        assert (made["company"], made["undeclared_attributes"]) == ("ABC", None)
