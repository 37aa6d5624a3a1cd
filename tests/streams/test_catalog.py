"""The catalog of list streams is sound."""

from __future__ import annotations

from tap_marketo.streams.lists.catalog import STREAMS, name_of


def test_no_two_streams_share_a_name() -> None:
    assert len({name_of(stream) for stream in STREAMS}) == len(STREAMS)


def test_every_key_is_a_column() -> None:
    for stream in STREAMS:
        assert set(stream.api_keys) <= set(stream.api_schema["properties"]), name_of(stream)
