"""The page of streams says what the code does."""

from __future__ import annotations

from pathlib import Path

from tap_marketo.streams.lists.catalog import STREAMS, name_of
from tap_marketo.streams.lists.table import document

PAGE = Path(__file__).resolve().parents[2] / "docs" / "streams.md"


def test_the_page_of_streams_is_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == document()


def test_no_two_streams_share_a_name() -> None:
    assert len({name_of(stream) for stream in STREAMS}) == len(STREAMS)


def test_every_key_is_a_column() -> None:
    for stream in STREAMS:
        assert set(stream.api_keys) <= set(stream.api_schema["properties"]), name_of(stream)
