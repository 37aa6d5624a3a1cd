"""A stream that cannot be read fails the run if it was selected by name, not by a wildcard."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tap_marketo.client.errors import AccessDeniedError, NotFoundError
from tap_marketo.outcome import Outcome
from tap_marketo.tap import TapMarketo
from tests.support.tap_runs import selected

CONFIG = {"base_url": "http://127.0.0.1:1/rest", "client_id": "a", "client_secret": "b"}


def tap(catalog: dict[str, Any] | None = None) -> TapMarketo:
    return TapMarketo(config=CONFIG, catalog=catalog, setup_mapper=False)


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        (["*.*"], set()),
        (["leads.*", "activity_*.*", "programs.id"], {"leads", "programs"}),
        (["programs.*", "!programs.*", "forms.*"], {"forms"}),
    ],
)
def test_the_select_of_meltano_says_which_were_named(
    monkeypatch: pytest.MonkeyPatch, rules: list[str], named: set[str]
) -> None:
    monkeypatch.setenv("MELTANO_EXTRACT__SELECT", json.dumps(rules))

    assert tap().named() == named


def test_a_catalog_names_what_it_selects_unless_it_selects_all(catalog: dict[str, Any]) -> None:
    everything = {stream["tap_stream_id"] for stream in catalog["streams"]}

    assert tap().named() == set()
    assert tap(selected(catalog, {"programs", "forms"})).named() == {"programs", "forms"}
    assert tap(selected(catalog, everything)).named() == set()


@pytest.mark.parametrize(
    ("error", "named", "code"),
    [
        (AccessDeniedError, {"companies"}, 1),
        (AccessDeniedError, {"forms"}, 0),
        (NotFoundError, {"companies"}, 0),
    ],
)
def test_the_exit_code(error: type[Exception], named: set[str], code: int) -> None:
    outcome = Outcome(
        logging.getLogger(__name__), lambda: True, has_catalog=True, require_all=False
    )
    outcome.skipped["companies"] = error.__new__(error)

    assert outcome.end({"companies", "forms"}, named=named, stops=False) == code


def test_a_named_stream_that_discovery_could_not_offer_fails_the_run() -> None:
    outcome = Outcome(
        logging.getLogger(__name__), lambda: True, has_catalog=True, require_all=False
    )
    outcome.skipped["companies"] = AccessDeniedError.__new__(AccessDeniedError)

    assert outcome.end({"forms"}, named={"companies"}, stops=False) == 1
