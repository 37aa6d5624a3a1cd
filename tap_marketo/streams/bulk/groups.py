"""Groups of streams with the same bookmark, which share one series of exports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo.exports.machine.series import Series
from tap_marketo.exports.window import Window
from tap_marketo.state import Bookmark, write_bookmark

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pendulum

    from tap_marketo.settings import Settings
    from tap_marketo.streams.bulk.base import BulkStream, FileWriter


@dataclass(eq=False)
class ExportGroup:
    """Streams that share their exports.

    Attributes:
        members: Streams of the group; the first one reads the files for all.
        bookmark: What earlier runs have exported.
        series: Exports that are still needed.
        reported: Whether its failure was already raised in one of its streams.
        records: Rows written so far.
        windows: Pieces written so far.
        writer: Writer for the files, once the first one is written.
    """

    members: list[BulkStream]
    bookmark: Bookmark
    series: Series
    reported: bool = False
    records: int = 0
    windows: int = 0
    writer: FileWriter | None = None

    @property
    def leader(self) -> BulkStream:
        """The stream that reads the files."""
        return self.members[0]

    def keep_bookmarks(self) -> None:
        """Save the bookmark in the state of each member."""
        for member in self.members:
            if member.keeps_bookmark:
                write_bookmark(member.stream_state, self.series, member.replication_key)


def grouped(
    streams: Iterable[BulkStream],
    settings: Settings,
    now: pendulum.DateTime,
    *,
    one_per_kind: bool = False,
) -> list[ExportGroup]:
    """Group streams of one kind that have the same bookmark.

    Args:
        streams: Selected streams.
        settings: Settings with the start and end date.
        now: Current time by Marketo's clock.
        one_per_kind: Whether to ignore bookmarks, as for a test.

    Raises:
        MarketoError: A bookmark cannot be read.
    """
    groups: dict[Any, tuple[list[BulkStream], Bookmark]] = {}
    for stream in streams:
        bookmark = stream.bookmark()
        written = json.dumps([piece.to_state() for piece in bookmark.written])
        key: Any = (stream.group_name, bookmark.until, tuple(bookmark.gaps), written)
        if one_per_kind:
            key = stream.group_name
        groups.setdefault(key, ([], bookmark))[0].append(stream)
    return [_group(members, mark, settings, now) for members, mark in groups.values()]


def _group(
    members: list[BulkStream], bookmark: Bookmark, settings: Settings, now: pendulum.DateTime
) -> ExportGroup:
    leader = members[0]
    lookback = settings.lookback_seconds
    if lookback is None:
        lookback = leader.default_lookback
    start = bookmark.start(settings.start_date, settings.start_for(now), lookback)
    end = min(settings.end_date, now) if settings.end_date else now
    series = Series(
        leader.export_request(members),
        Window(start, max(start, end)),
        bookmark.coverage(start),
        done=list(bookmark.written),
        had_bookmark=bookmark.until is not None,
        lookback=lookback,
        keeps_done=leader.replication_method == "INCREMENTAL",
        leaves_jobs=leader.ignores_bookmark,
        streams=tuple(member.name for member in members),
    )
    return ExportGroup(members, bookmark, series)
