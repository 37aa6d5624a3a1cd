"""Estimate of a sync's windows, export jobs, and API calls."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tap_marketo.client.paging import Paging
from tap_marketo.doctor.finding import passed, warned
from tap_marketo.streams.lists.base import MarketoStream

if TYPE_CHECKING:
    from tap_marketo.doctor.checked_tap import CheckedTap
    from tap_marketo.doctor.finding import Finding

COST = "Cost of a sync"
DISCOVERY_CALLS = 2
LIST_CALLS = 3
# Create, enqueue, download.
CALLS_A_JOB = 3


def estimate(tap: CheckedTap, calls_left: int | None) -> Finding:
    """Plan a sync without starting it.

    Args:
        tap: Tap after discovery.
        calls_left: Calls left of `max_daily_calls` today; None if it is not set.

    Raises:
        MarketoError: A bookmark of the state cannot be read.
    """
    windows: Counter[str] = Counter()
    jobs: Counter[str] = Counter()
    each: dict[str, str] = {}
    for group in tap.plan.preview():
        name = group.series.request.name
        if group.members[0].jobs_for_each:
            each[name] = f" for each {group.members[0].jobs_for_each}"
        windows[name] += len(group.series.pieces)
        jobs[name] += sum(not piece.job for piece in group.series.pieces)
    lists = [
        stream
        for stream in tap.streams.values()
        if isinstance(stream, MarketoStream)
        and (stream.selected or stream.has_selected_descendents)
    ]
    parents = [stream for stream in lists if stream.parent_stream_type is None]
    children = [stream.name for stream in lists if stream.parent_stream_type is not None]
    adopted = windows.total() - jobs.total()
    exports = (LIST_CALLS if windows else 0) + CALLS_A_JOB * jobs.total() + adopted
    # The last page of a list by offset is empty.
    pages = sum(1 if stream.paging is Paging.SINGLE else 2 for stream in parents)
    calls = DISCOVERY_CALLS + exports + pages
    message = f"{windows.total()} windows in {jobs.total()} new export jobs"
    by_kind = (f"{name} {count}{each.get(name, '')}" for name, count in jobs.items())
    message += f" ({', '.join(by_kind)})" if jobs else ""
    if adopted:
        message += f", {adopted} jobs of earlier runs resumed"
    message += f"; at least {calls} API calls"
    if windows.total():
        message += f", plus {len(windows)} a minute while exports run"
    message += f". {len(parents)} streams are lists" if parents else ""
    message += ", with a call for each 200 or 300 records" if parents else ""
    if children:
        message += f"; at least a call for each parent record: {', '.join(children)}"
    message = f"{message.rstrip('.')}."
    details = {"windows": windows, "export_jobs": jobs, "calls_at_least": calls}
    if calls_left is not None and calls > calls_left:
        return warned(
            COST,
            f"{message} That is more than the {calls_left} calls left of max_daily_calls.",
            "Raise max_daily_calls, or spread the work over several runs: each resumes where the"
            " previous run stopped.",
            **details,
        )
    return passed(COST, message, **details)
