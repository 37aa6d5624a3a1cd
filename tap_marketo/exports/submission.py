"""Which job is created or enqueued next, and what a refusal of it means."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from tap_marketo.client.errors import (
    DailyCallsSpentError,
    ExportQueueFullError,
    ExportQuotaSpentError,
    FieldNotFoundError,
    MarketoError,
    NotFoundError,
    ResponseError,
)
from tap_marketo.events import note
from tap_marketo.exports.budget import MEGABYTE
from tap_marketo.exports.job import ExportEndpoint, JobState
from tap_marketo.exports.series import Phase

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.exports import Exports
    from tap_marketo.exports.queue import QueueRules
    from tap_marketo.exports.series import Export
    from tap_marketo.exports.watch import Watch

logger = logging.getLogger("tap-marketo")

# Exports that may be finished at Marketo and not yet written; their files live seven days there.
EXPORTS_AHEAD = 20
FULL_QUEUE_WAIT = (30.0, 300.0)
LONGEST_SLEEP = 60.0


class Submission:
    """Keeps the queue as full as the rules, the others and the allocation allow.

    Source: bulk-extract.md
    """

    def __init__(
        self, client: MarketoClient, rules: QueueRules, exports: Exports, watch: Watch
    ) -> None:
        """Submit nothing yet.

        Args:
            client: Of the instance.
            rules: How to behave.
            exports: Those to submit.
            watch: Looks at the jobs from their enqueuing on.
        """
        self._client = client
        self._rules = rules
        self._exports = exports
        self._watch = watch
        self._not_before = 0.0
        self._spent_until = client.clock.now()
        self._full_since: float | None = None
        self._full_wait = FULL_QUEUE_WAIT[0]

    def due(self) -> float | None:
        """When to go on after a pause, by the monotonic clock; None when there is none."""
        now = time.monotonic()
        # By Marketo's time: a machine that sleeps meanwhile must not wait on.
        until_renewal = (self._spent_until - self._client.clock.now()).total_seconds()
        if until_renewal > 0:
            return now + min(until_renewal, LONGEST_SLEEP)
        return self._not_before if now < self._not_before else None

    def next(self) -> Export | None:
        """The export whose job is to be created or enqueued now, if any."""
        exports = self._exports
        if exports.quota_spent or self.due():
            return None
        under_way = exports.of(Phase.QUEUED)
        ahead = exports.of(Phase.QUEUED, Phase.EXPORTED, Phase.DOWNLOADING, Phase.READY)
        places = self._rules.max_jobs - len(under_way)
        if places <= 0 or len(ahead) >= EXPORTS_AHEAD:
            return None
        created, planned = exports.of(Phase.CREATED), exports.of(Phase.PLANNED)
        for export in [*created, *planned][:places]:
            if export.phase is Phase.PLANNED:
                # Another that ends may have taken less than expected.
                waits = (created or under_way) and not self._has_room(export)
                return None if waits else export
            if export.recorded:
                return export
        return None

    def _has_room(self, export: Export) -> bool:
        """Tell whether a window fits into what is left of the allocation, or must be split."""
        budget, request, window = self._exports.budget, export.request, export.window
        budget.begin_day(self._client.clock.day_start())
        return budget.fits(request, window) or budget.never_fits(request, window)

    def submit(self) -> None:
        """Create and enqueue what may be now."""
        exports = self._exports
        while not exports.stopped:
            with exports.changed:
                export = self.next()
            if export is None:
                return
            try:
                if export.phase is Phase.PLANNED:
                    self._create(export)
                else:
                    self._enqueue(export)
            except ExportQueueFullError as error:
                self._wait_for_place(export, error)
            except (ExportQuotaSpentError, DailyCallsSpentError) as error:
                self._wait_for_quota(error)
            except FieldNotFoundError as error:
                self._drop_field(export, error)
            except NotFoundError as error:
                if export.phase is Phase.PLANNED:
                    self._drop_gone(export, error)
                else:
                    exports.again(export, "is not known to Marketo any more")
            except MarketoError as error:
                self._refused(export, error)

    def _create(self, export: Export) -> None:
        request, exports, budget = export.request, self._exports, self._exports.budget
        if budget.never_fits(request, export.window):
            logger.info("%s is larger than a day's export allocation: split in two.", export)
            export.note("split")
            with exports.changed:
                export.series.split(export)
            return
        if not self._has_room(export):
            raise ExportQuotaSpentError(
                f"{export} would exceed what is left of today's export allocation:"
                f" {budget.used / MEGABYTE:.1f} of {budget.limit / MEGABYTE:.1f} MB are used",
                hint=(
                    "Set export_daily_quota_mb to what Admin > Bulk Extract shows, if that is more."
                ),
            )
        job = ExportEndpoint(self._client, request.base).create(request, export.window)
        with exports.changed:
            export.job = job
            export.creations += 1
            export.recorded = False
            exports.jobs_made += 1
            exports.unrecorded = True
            budget.promise(request, export.window)
            exports.move(export, Phase.CREATED)
        export.note("created")
        logger.info("%s: created.", export)

    def _enqueue(self, export: Export) -> None:
        endpoint = ExportEndpoint(self._client, export.series.request.base)
        try:
            endpoint.enqueue(export.export_id)
        except ResponseError as error:
            # An earlier try may have come through, in whatever words that is told now.
            if type(error) not in {ExportQueueFullError, ResponseError}:
                raise
            if endpoint.status(export.export_id).state is JobState.CREATED:
                raise error from None
        self._watch.begin(export)
        self._full_since = None
        self._full_wait = FULL_QUEUE_WAIT[0]
        export.note("enqueued")
        logger.info("%s: enqueued.", export)

    def _wait_for_place(self, export: Export, error: ExportQueueFullError) -> None:
        now = time.monotonic()
        self._full_since = self._full_since or now
        waited = now - self._full_since
        if waited >= self._rules.full_timeout:
            error.hint = (
                f"It was full for {waited / 3600:.1f} h, as long as export_queue_timeout_hours has"
                " the tap wait. Admin > Bulk Extract shows whose jobs they are; the next run goes"
                " on with this one."
            )
            self._exports.fail(export, error)
            return
        pause = min(self._full_wait, self._rules.full_timeout - waited)
        pause = min(pause, max(self._rules.poll_interval, 1.0) * 5)
        logger.info(
            "Marketo's export queue is full (other integrations use it too): %s waits,"
            " for %.0f s so far; trying again in %.0f s.",
            export,
            waited,
            pause,
        )
        note("wait", why="Marketo's export queue is full", seconds=pause)
        self._full_wait = min(self._full_wait * 2, FULL_QUEUE_WAIT[1])
        self._not_before = now + pause

    def _wait_for_quota(self, error: ResponseError) -> None:
        if not self._rules.wait_for_quota:
            self._exports.pause(error)
            return
        clock = self._client.clock
        self._spent_until = until = clock.worth_asking_at()
        logger.warning("%s Waiting until %s UTC.", error, until.format("YYYY-MM-DD HH:mm"))
        note("wait", why=str(error), seconds=(until - clock.now()).total_seconds())

    def _refused(self, export: Export, error: MarketoError) -> None:
        if type(error) is not ResponseError:
            self._exports.fail(export, error)
        elif export.phase is Phase.PLANNED:
            # A filter that names what is gone may be called invalid data.
            self._drop_gone(export, error)
        else:
            self._exports.again(export, f"cannot be enqueued ({error.what})")

    def _drop_gone(self, export: Export, error: ResponseError) -> None:
        series, part = export.series, export.filters
        if series.without_gone is None or not part:
            self._exports.fail(export, error)
            return
        try:
            left = series.without_gone(part, error)
        except MarketoError as failure:
            self._exports.fail(export, failure)
            return
        with self._exports.changed:
            for one in series.exports:
                if one.filters == part and one.phase is Phase.PLANNED:
                    one.filters = left
                    self._exports.move(one, Phase.PLANNED if left else Phase.READY)

    def _drop_field(self, export: Export, error: FieldNotFoundError) -> None:
        series = export.series
        try:
            if series.without_field is None:
                raise error
            request = series.without_field(series.request, error)
        except MarketoError as failure:
            self._exports.fail(export, failure)
            return
        with self._exports.changed:
            series.request = request
