# mypy: disable-error-code="arg-type,attr-defined,assignment,return-value"
"""Which windows the bulk streams ask for: what their bookmarks lack, jobs left behind fitted in."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_marketo.events import note
from tap_marketo.exports.adoption import adoptable, undated_job
from tap_marketo.exports.job import ExportJob, JobState
from tap_marketo.exports.series import Export, Series
from tap_marketo.exports.window import SECOND, Coverage, Window, moment, rfc3339, without
from tap_marketo.streams.bulk.base import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pendulum

    from tap_marketo.exports.job import Filters
    from tap_marketo.exports.series import JobRecord
    from tap_marketo.streams.bulk.base import BulkStream
    from tap_marketo.tap import TapMarketo

    Part = tuple[Filters, list[Window]]

logger = logging.getLogger("tap-marketo")


@dataclass(eq=False)
class ExportGroup:
    """Streams that stand at the same bookmark and share their exports.

    Attributes:
        members: The first of them reads the files for all.
        coverage: What they have exported, gaps included.
        series: The exports that they still need.
        start: Where a stream without a bookmark begins.
        missing: What was missing when the run began.
    """

    members: list[BulkStream]
    coverage: Coverage
    series: Series
    start: pendulum.DateTime
    missing: list[Window] = field(default_factory=list)

    @property
    def has_bookmark(self) -> bool:
        """Whether an earlier run has exported anything."""
        return self.coverage.until >= self.start

    def keep_bookmarks(self) -> None:
        """Move the bookmarks over what was missing and no export is left for: it is written."""
        if self.series.is_undated:
            return
        left = [export.window for export in self.series.exports if export.window]
        for window in without(self.missing, left):
            self.coverage.add(window)
        if self.has_bookmark:
            for member in self.members:
                member.keep_bookmark(self.coverage)


def grouped(streams: Iterable[BulkStream], start: pendulum.DateTime) -> list[ExportGroup]:
    """Streams of one kind that stand at the same bookmark, together.

    Args:
        streams: Those selected.
        start: Where a stream without a bookmark begins.

    Raises:
        MarketoError: A bookmark cannot be read.
    """
    by_bookmark: dict[Any, tuple[list[BulkStream], Coverage]] = {}
    for stream in streams:
        coverage = stream.coverage(start)
        key = (stream.group_name, coverage.until, tuple(coverage.gaps))
        by_bookmark.setdefault(key, ([], coverage))[0].append(stream)
    return [
        ExportGroup(members, coverage, Series(members[0].export_request(members)), start)
        for members, coverage in by_bookmark.values()
    ]


class Layout:
    """The exports that a sync needs.

    Attributes:
        groups: With their exports.
        left: Jobs of the state that fit none of them.
    """

    def __init__(
        self, tap: TapMarketo, period: Window, records: list[JobRecord], *, is_dry_run: bool
    ) -> None:
        """Plan nothing yet.

        Args:
            tap: With its settings.
            period: From where a stream without a bookmark begins until now.
            records: Jobs of the state.
            is_dry_run: Whether one recent window is enough.
        """
        self.groups: list[ExportGroup] = []
        self.left = list(records)
        self._tap = tap
        self._settings = tap.settings
        self._period = period
        self._is_dry_run = is_dry_run

    def plan(self, streams: Iterable[BulkStream], *, in_parts: bool) -> None:
        """Lay out the exports of some streams.

        Args:
            streams: Those selected.
            in_parts: Whether streams may ask Marketo for their parts.

        Raises:
            MarketoError: A bookmark cannot be read.
        """
        self.groups = grouped(streams, self._period.start)
        records = list(self.left)
        for group in self.groups:
            leader, series = group.members[0], group.series
            leader.configure(series)
            group.missing = group.coverage.missing(self._period.end)
            whole: list[Part] = [((), group.missing)]
            try:
                parts = leader.parts(group.missing) if in_parts else whole
            except REFUSED as error:
                self._tap.outcome.skip_stream(leader.name, leader.permissions, error)
                continue
            series.parts = [filters for filters, _ in parts]
            if self._is_dry_run:
                self._plan_recent(series)
            elif self._continues_undated(series, records):
                self._plan_undated(group, records)
            else:
                self._plan_dated(group, parts, records)

    def _adopted(self, export: Export, record: JobRecord) -> Export:
        self.left = [one for one in self.left if one != record]
        export.job = ExportJob(record["exportId"], JobState.UNKNOWN)
        return export

    def _plan_recent(self, series: Series) -> None:
        days, end = self._settings.export_window_days, self._period.end
        windows = Window(end.subtract(days=days) + SECOND, end).split(days)
        series.plan([None] if series.is_undated else windows)
        del series.exports[1:]

    def _continues_undated(self, series: Series, records: list[JobRecord]) -> bool:
        """Tell whether a series is undated, or was in an earlier run that did not finish it."""
        if series.is_undated:
            return True
        undated = series.undated
        if undated is None or not any(
            undated_job(records, undated.part(part), self._period.end) for part in series.parts
        ):
            return False
        logger.info("%s: going on with the full export of an earlier run.", series.request.name)
        series.request = undated
        return True

    def _plan_undated(self, group: ExportGroup, records: list[JobRecord]) -> None:
        series = group.series
        begun: list[pendulum.DateTime] = []
        for part in series.parts:
            export = Export(series, None, part)
            record = undated_job(records, export.request, self._period.end)
            if record:
                self._adopted(export, record)
                begun.append(moment(record["begunAt"]))
            (series.done if record and record.get("written") else series.exports).append(export)
        if not series.exports:
            series.done = []
            series.plan([None])
        series.begun = min(begun, default=self._period.end)
        self._tell(group)

    def _plan_dated(self, group: ExportGroup, parts: list[Part], records: list[JobRecord]) -> None:
        settings, series = self._settings, group.series
        planned: list[Export] = []
        for filters, ranges in parts:
            pieces = adoptable(ranges, records, series.request.part(filters))
            for number, (whole, record) in enumerate(pieces):
                if record:
                    export = self._adopted(Export(series, whole, filters), record)
                    (series.done if record.get("written") else planned).append(export)
                    continue
                missing = whole
                if number == 0:
                    missing = whole.looked_back(settings.lookback_seconds, self._period.start)
                windows = missing.split(settings.export_window_days)
                planned += [Export(series, window, filters) for window in windows]
        planned.sort(key=_window_of)
        if settings.backfill_order == "newest_first":
            planned = _newest_first(planned, group.coverage.until if group.has_bookmark else None)
        series.exports = planned
        if group.missing and not planned:
            group.keep_bookmarks()
        self._tell(group)

    def _tell(self, group: ExportGroup) -> None:
        series = group.series
        planned = series.exports
        if not planned:
            return
        note(
            "planned",
            stream=series.request.name,
            streams=[member.name for member in group.members],
            windows=len(planned),
        )
        windows = [export.window for export in planned if export.window]
        logger.info(
            "%s: %d %s%s.",
            series.request.name,
            len(planned),
            "windows" if series.parts == [()] else "exports",
            f" from {rfc3339(min(windows).start)} to {rfc3339(max(one.end for one in windows))}"
            if windows
            else "",
        )


def _window_of(export: Export) -> Window:
    if export.window is None:
        raise AssertionError(export)
    return export.window


def _newest_first(exports: list[Export], until: pendulum.DateTime | None) -> list[Export]:
    """What is new since the last run, oldest first; then the history, backwards.

    Args:
        exports: Oldest first.
        until: Where the last run stopped; None on a first run, when everything is history.
    """
    new = [export for export in exports if until and _window_of(export).end > until]
    history = [export for export in exports if export not in new]
    return new + history[::-1]
