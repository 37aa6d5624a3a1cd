"""A configuration becomes typed settings; errors name a setting, and never show its value."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pendulum
import pytest

from tap_marketo.configuration import declarations
from tap_marketo.settings import SETTINGS_SCHEMA, SettingError, Settings, problems

NEEDED = {
    "base_url": "https://123-ABC-456.mktorest.com/rest",
    "client_id": " id ",
    "client_secret": "hush",
}


def test_defaults_are_those_of_the_schema() -> None:
    settings = Settings.from_config(NEEDED)

    for name, schema in SETTINGS_SCHEMA["properties"].items():
        if "default" in schema:
            assert getattr(settings, name) == schema["default"], name


def test_values_are_normalised() -> None:
    settings = Settings.from_config(
        {
            **NEEDED,
            "start_date": "2026-01-31T02:00:00.9+02:00",
            "end_date": "2026-02-01",
            "export_daily_quota_mb": Decimal("0.5"),
            "field_names": "snake_case",
            "leads_filter": {"static_list_name": "Berlin", "smart_list_id": None},
            "sync_log": "~/log.jsonl",
        }
    )

    assert settings.base_url == "https://123-abc-456.mktorest.com"
    assert settings.client_id == "id"
    assert settings.start_date == pendulum.datetime(2026, 1, 31)
    assert settings.end_date == pendulum.datetime(2026, 2, 1)
    assert settings.export_daily_quota_mb == 0.5
    assert isinstance(settings.export_daily_quota_mb, float)
    assert settings.snake_case
    assert settings.leads_filter == ("staticListName", "Berlin")
    assert settings.sync_log == Path("~/log.jsonl").expanduser()


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"base_url": "http://example.com"}, "base_url"),
        ({"client_id": "  "}, "client_id"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-01"}, "end_date"),
        ({"leads_filter": {"static_list_id": 7, "smart_list_id": 8}}, "leads_filter"),
        ({"leads_filter": {"static_list_id": 7}, "capture_deletes": True}, "capture_deletes"),
    ],
)
def test_a_value_that_no_schema_can_judge_is_named(wrong: dict[str, Any], name: str) -> None:
    with pytest.raises(SettingError, match=f"^{name}: "):
        Settings.from_config({**NEEDED, **wrong})


def test_a_missing_setting_is_named() -> None:
    assert problems({"base_url": "https://a.example"}, SETTINGS_SCHEMA) == [
        "client_id, client_secret: required, but missing"
    ]


def test_a_secret_is_in_no_text() -> None:
    assert "hush" not in repr(Settings.from_config(NEEDED))
    assert declarations(Settings)["client_secret"].secret
