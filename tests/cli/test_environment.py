"""The tap warns about variables that are set and have no effect."""

from __future__ import annotations

import pytest

from tap_marketo.cli.environment import unused

KNOWN = {"base_url", "leads_filter", "batch_config"}


@pytest.mark.parametrize(
    ("variable", "idle", "unknown"),
    [
        ("TAP_MARKETO_BASE_URL", False, False),
        ("TAP_MARKETO_LEADS_FILTER", True, False),
        ("TAP_MARKETO_LEADS_FILTER_STATIC_LIST_ID", True, False),
        ("TAP_MARKETO_BATCH_CONFIG_ENCODING_FORMAT", True, False),
        ("TAP_MARKETO_LEADS_FILTR", False, True),
        # Variables of Meltano's extras and of the SDK.
        ("TAP_MARKETO__SELECT", False, False),
        ("TAP_MARKETO_LOGLEVEL", False, False),
        ("TARGET_POSTGRES_HOST", False, False),
    ],
)
def test_a_variable_that_nothing_reads_is_found(
    variable: str, *, idle: bool, unknown: bool
) -> None:
    found = unused({variable: "x"}, "TAP_MARKETO_", KNOWN, {"base_url"})

    assert found == ([variable] if idle else [], [variable] if unknown else [])


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert unused({"TAP_MARKETO_LEADS_FILTER": ""}, "TAP_MARKETO_", KNOWN, set()) == ([], [])
