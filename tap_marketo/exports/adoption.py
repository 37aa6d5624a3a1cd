"""Jobs that an earlier run left behind: fitted into the plan, and taken over or cancelled."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_marketo.client.errors import AccessDeniedError, NotFoundError, ResponseError
from tap_marketo.exports.job import ExportEndpoint, JobState
from tap_marketo.exports.series import Phase
from tap_marketo.exports.window import SECOND, Window, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pendulum

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.job import ExportJob, ExportRequest
    from tap_marketo.exports.series import Export, JobRecord
    from tap_marketo.exports.watch import Watch

logger = logging.getLogger("tap-marketo")

# As long as Marketo keeps the files of finished jobs.
FILE_DAYS = 7
# What Marketo may say of a job that it forgot, or that another API user made.
NOT_SHOWN = {AccessDeniedError, NotFoundError, ResponseError}


def adoptable(
    ranges: list[Window], records: list[JobRecord], request: ExportRequest
) -> list[tuple[Window, JobRecord | None]]:
    """Fit jobs that an earlier run left behind into what is missing now.

    Args:
        ranges: What is missing, oldest first.
        records: Jobs of the state.
        request: What is asked for now.

    Returns:
        The ranges, cut where left-behind jobs cover them, with those jobs, oldest first.
    """
    mine = sorted(
        (
            (Window(moment(record["startAt"]), moment(record["endAt"])), record)
            for record in _fitting(records, request)
        ),
        key=lambda pair: pair[0],
    )
    plan: list[tuple[Window, JobRecord | None]] = []
    used: list[JobRecord] = []
    for whole in ranges:
        start = whole.start
        for window, record in mine:
            fits = window.start >= start or not (used or plan)
            if record in used or window.end < start or window.end > whole.end or not fits:
                continue
            if window.start > start:
                plan.append((Window(start, window.start - SECOND), None))
            plan.append((window, record))
            used.append(record)
            start = window.end + SECOND
        if start <= whole.end:
            plan.append((Window(start, whole.end), None))
    return plan


def undated_job(
    records: list[JobRecord], request: ExportRequest, now: pendulum.DateTime
) -> JobRecord | None:
    """The job that an earlier run left behind of an undated export, unless it is too old.

    Args:
        records: Jobs of the state.
        request: What is asked for now.
        now: The present.
    """
    oldest = now.subtract(days=FILE_DAYS)
    for record in _fitting(records, request):
        if moment(record["begunAt"]) >= oldest:
            return record
    return None


def _fitting(records: list[JobRecord], request: ExportRequest) -> Iterable[JobRecord]:
    base, fingerprint = request.base, request.fingerprint
    return (one for one in records if one["base"] == base and one["request"] == fingerprint)


def take_over(
    client: MarketoClient, watch: Watch, export: Export, jobs: Mapping[str, ExportJob]
) -> None:
    """Go on with the job of an earlier run, from wherever it is by now.

    Args:
        client: Of the instance.
        watch: Follows it if it is in the queue.
        export: Planned with that job.
        jobs: Those that Marketo lists, by id.
    """
    endpoint = ExportEndpoint(client, export.series.request.base)
    job = jobs.get(export.export_id)
    try:
        job = job or endpoint.status(export.export_id)
    except ResponseError as error:
        if type(error) not in NOT_SHOWN:
            raise
    export.recorded = True
    if job is None or not _is_usable(job, client.clock.now()):
        logger.info("%s is gone: exporting this window again.", export)
        export.job, export.phase = None, Phase.PLANNED
        return
    export.job = job
    logger.info("%s: taken over from an earlier run (%s).", export, job.state.value.lower())
    export.note("taken_over", state=job.state.value, records=job.records, bytes=job.file_size)
    if job.state is JobState.CREATED:
        export.phase = Phase.CREATED
    elif job.state is JobState.COMPLETED:
        export.phase = Phase.READY if job.records == 0 else Phase.EXPORTED
    else:
        watch.begin(export)


def _is_usable(job: ExportJob, now: pendulum.DateTime) -> bool:
    if job.state is JobState.COMPLETED and job.finished_at:
        return moment(job.finished_at) > now.subtract(days=FILE_DAYS)
    return job.state not in {JobState.FAILED, JobState.CANCELLED}


def abandon(watch: Watch, record: JobRecord, jobs: Mapping[str, ExportJob]) -> None:
    """Cancel a job that fits no plan any more, unless it is over.

    Args:
        watch: Cancels it.
        record: Of the state.
        jobs: Those that Marketo lists, by id.
    """
    job = jobs.get(record["exportId"])
    if job is None or not job.is_over:
        watch.cancel(record["base"], record["exportId"], "fits no plan any more")
