"""States in the formats of other connectors."""

from __future__ import annotations

from typing import Any

STITCH: dict[str, Any] = {
    "bookmarks": {
        "leads": {"updatedAt": "2026-03-10T02:00:05+00:00", "export_id": None, "export_end": None},
        "activities_visit_webpage": {"activityDate": "2026-03-01T00:00:00+00:00"},
        "activities_change_status_in_progression": {"activityDate": "2026-03-01T00:00:00Z"},
        "lists": {"updatedAt": "2026-03-10T02:00:05.123456+00:00", "next_page_token": None},
        "campaigns": {"updatedAt": "2026-03-10T02:00:05+00:00", "next_page_token": "ABC==="},
        "programs": {"updatedAt": "2026-03-10T02:00:05+00:00"},
    },
    "currently_syncing": None,
}


AIRBYTE = [
    ("leads", {"updatedAt": "2026-03-09T17:30:00Z"}),
    ("activities_visit_webpage", {"activityDate": "2026-03-09T22:10:00Z"}),
    ("activities_change_statusin_progression", {"activityDate": "2026-03-09T01:00:00Z"}),
    ("activities_removefrom_list", {"activityDate": "2025-11-02T08:00:00Z"}),
    ("programs", {"updatedAt": "2026-03-09T12:00:00Z"}),
    ("campaigns", {"createdAt": "2026-03-09T12:00:00Z"}),
    ("segmentations", {}),
]


HOTGLUE: dict[str, Any] = {
    "bookmarks": {
        "leads": {"replication_key": "updatedAt", "replication_key_value": "2026-03-09T17:30:00"},
        "event_Visit_Webpage": {
            "replication_key": "activityDate",
            "replication_key_value": "2026-03-09T22:10:00Z",
        },
    }
}


def per_stream(state: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {
            "type": "STREAM",
            "stream": {"stream_descriptor": {"name": name}, "stream_state": bookmark},
        }
        for name, bookmark in state
    ]
