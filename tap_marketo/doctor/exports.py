"""Checks of bulk exports: the `updatedAt` filter, the queue, and the daily allocation."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tap_marketo.client.errors import (
    AccessDeniedError,
    ExportQuotaSpentError,
    FeatureUnavailableError,
    FilterUnavailableError,
    NotFoundError,
)
from tap_marketo.doctor.finding import Finding, Status, failed, passed, skipped, warned
from tap_marketo.doctor.permissions import REMEDY
from tap_marketo.exports.allocation import MEGABYTE, Allocation
from tap_marketo.exports.job import ACTIVITIES, LEADS, ExportEndpoint, ExportRequest, JobState
from tap_marketo.exports.window import SECOND, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.job import ExportJob
    from tap_marketo.settings import Settings

FILTER, QUEUE, ALLOCATION = "updatedAt filter", "Export queue", "Export allocation"
PLACES = 10


def try_a_job(client: MarketoClient, settings: Settings, *, of_leads: bool) -> Iterator[Finding]:
    """Create an export job without enqueuing it.

    Such a job takes no place in the queue and nothing of the allocation.

    Args:
        client: Client for the instance.
        settings: Settings of the tap.
        of_leads: Whether to check the filter of leads, or only create a job for activities.

    Yields:
        Findings about the filter, the allocation, and the permission.

    Raises:
        ResponseError: The job was refused for another reason.

    Source: bulk-extract.md
    """
    now = client.clock.now().in_timezone("UTC").start_of("second")
    lead_job = ExportRequest("leads", LEADS, ("id",), "updatedAt")
    activity_job = ExportRequest("activities", ACTIVITIES, ("marketoGUID",), "createdAt")
    request = lead_job if of_leads else activity_job
    try:
        ExportEndpoint(client, request.base).create(request, Window(now - SECOND, now))
    except FilterUnavailableError as error:
        yield warned(
            FILTER,
            f"Missing in the subscription ({error.summary}). Changed leads are read through lead"
            " changes and by id, or all leads are exported again: more calls and exports.",
            "Ask Marketo Support to enable the updatedAt filter for bulk lead extract.",
        )
    except ExportQuotaSpentError as error:
        if of_leads:
            yield skipped(FILTER, "Unknown until the export allocation resets.")
        yield _spent(client, settings, error.summary)
    except AccessDeniedError as error:
        yield failed("Bulk extract", f"Refused: {error.summary}.", REMEDY)
    else:
        if of_leads:
            yield passed(FILTER, "Leads can be exported by the time of their last change.")


def check_queue(
    client: MarketoClient, settings: Settings, bases: Iterable[str], *, is_spent: bool
) -> Iterator[Finding]:
    """Check the API user's jobs in the queue, and what they exported today.

    Args:
        client: Client for the instance.
        settings: Settings of the tap.
        bases: Export endpoints of the object types that a sync would export.
        is_spent: Whether the allocation is known to be used up.

    Yields:
        Findings about the queue and the allocation.

    Raises:
        ResponseError: The jobs cannot be listed.

    Source: bulk-extract.md
    """
    allocation = Allocation(settings.export_daily_quota_mb, settings.export_quota_reserve_percent)
    jobs: list[ExportJob] = []
    for base in bases:
        with suppress(AccessDeniedError, FeatureUnavailableError, NotFoundError):
            jobs += ExportEndpoint(client, base).jobs()
    allocation.count(jobs, client.clock.day_start())
    yield _queue(jobs)
    if not is_spent:
        yield _allocation(client, settings, allocation)


def _queue(jobs: Iterable[ExportJob]) -> Finding:
    states = [job.state for job in jobs]
    running, waiting = states.count(JobState.PROCESSING), states.count(JobState.QUEUED)
    occupied = running + waiting
    message = (
        f"This API user has {running} running and {waiting} waiting jobs; those of others cannot be"
        " seen"
    )
    details = {"running": running, "waiting": waiting, "places": PLACES}
    if occupied >= PLACES:
        return warned(
            QUEUE,
            f"{message}. All {PLACES} places are taken, so a sync would wait.",
            "Wait for these jobs, or cancel them through the API. Admin > Bulk Extract shows which"
            " API users export.",
            **details,
        )
    return passed(QUEUE, f"{message}, so at most {PLACES - occupied} places are free.", **details)


def _allocation(client: MarketoClient, settings: Settings, allocation: Allocation) -> Finding:
    used, limit = allocation.used / MEGABYTE, allocation.limit / MEGABYTE
    message = (
        f"This API user exported {used:,.1f} of {limit:,.0f} MB today; at most"
        f" {max(0.0, limit - used):,.1f} MB are left, less what others exported."
    )
    if used >= limit:
        return _spent(client, settings, message)
    return passed(ALLOCATION, message, used_mb=round(used, 3), limit_mb=round(limit, 3))


def _spent(client: MarketoClient, settings: Settings, message: str) -> Finding:
    return Finding(
        ALLOCATION,
        Status.WARNING if settings.when_quota_is_spent == "wait" else Status.FAILED,
        message,
        f"It resets at {client.clock.quota_reset_text()}. Admin > Bulk Extract shows who exported"
        " how much; Adobe sells larger allocations.",
    )
