"""Settings from the environment are typed; an invalid value stays a text, for the later check."""

from __future__ import annotations

import pytest

from tap_marketo.settings import SETTINGS_SCHEMA, from_environment, problems

PREFIX = "TAP_MARKETO_TEST_"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("export_poll_interval_seconds", "0.5", 0.5),
        ("export_poll_interval_seconds", "60", 60),
        ("export_window_days", "7", 7),
        ("export_window_days", "many", "many"),
        ("require_all_streams", "true", True),
        ("base_url", "12", "12"),
    ],
)
def test_a_variable_has_the_type_of_its_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), text)

    assert from_environment(SETTINGS_SCHEMA, PREFIX) == {name: value}


def test_a_text_for_a_number_is_named() -> None:
    found = problems({"export_window_days": "many"}, SETTINGS_SCHEMA)

    assert any("export_window_days" in line for line in found)
    assert not any("many" in line for line in found)
