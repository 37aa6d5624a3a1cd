"""The report page: reason, figures, charts and tables in one file without links or scripts."""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from tap_marketo.report import charts
from tap_marketo.report.drawing import PATTERNS, clock, duration, element, size, table
from tap_marketo.report.history import ERRORS
from tap_marketo.report.run import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_marketo.report.run import Run

MOST_TROUBLES = 500
NEXT = {
    Status.FAILED: "Written records stay written, and the next run resumes where this one stopped."
    " <code>tap-marketo doctor</code> checks the instance without exporting anything.",
    Status.EARLY: "The next run resumes where this one stopped.",
    Status.OPEN: "No data is lost if the run was killed: the next one resumes from its last state.",
}


def render(run: Run, earlier: Sequence[Run] = ()) -> str:
    """Render the page.

    Args:
        run: Run from the sync log.
        earlier: Earlier runs, oldest first, for the trend.

    Returns:
        HTML without external references.
    """
    title = f"Sync of {escape(run.instance)}"
    style = files("tap_marketo.report").joinpath("page.css").read_text(encoding="utf-8")
    parts = [
        element("h1", title),
        _when(run),
        _reason(run),
        _figures(run),
        _section("Export jobs", charts.timeline(run) if run.jobs else "", "No export job ran."),
        _section("API calls of this run", charts.calls(run)),
        _section(_allocation_title(run), charts.allocation(run) if run.allocation else ""),
        _section("Errors, retries and pauses", _troubles(run), "None."),
        _section("Records by stream", _records(run), "No stream had a record."),
        _section("The last runs", charts.trend([*earlier, run]) if earlier else ""),
        _section("", _jobs(run)),
        element("footer", f"tap-marketo {escape(run.version)}. All times in UTC."),
    ]
    body = "\n".join(part for part in parts if part)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}, {run.start:%Y-%m-%d %H:%M} UTC</title>
<style>
{style}</style>
</head>
<body>
{PATTERNS}
<main>
{body}
</main>
</body>
</html>
"""


def _section(title: str, content: str, otherwise: str = "") -> str:
    if not content and not otherwise:
        return ""
    heading = element("h2", escape(title)) if title else ""
    return element("section", heading + (content or element("p", otherwise)))


def _when(run: Run) -> str:
    ended = clock(run.end, day=run.end.date() != run.start.date())
    outcome = element("span", escape(run.outcome), class_=f"outcome {run.status.value}")
    return element("p", f"{clock(run.start, day=True)} to {ended} UTC: {outcome}", class_="when")


def _reason(run: Run) -> str:
    """Why the run did not read everything, for the top of the page."""
    if run.status is Status.WELL:
        return ""
    heads = {
        Status.FAILED: "Why it failed",
        Status.EARLY: "What is missing",
        Status.OPEN: "No end in the log",
    }
    reasons = "".join(element("li", escape(why)) for why in run.reasons)
    if run.status is Status.OPEN:
        reasons += element("li", f"The last event is from {clock(run.end, day=True)} UTC.")
    content = element("strong", heads[run.status]) + (element("ul", reasons) if reasons else "<br>")
    return element(
        "div", content + NEXT[run.status], class_=f"reason {run.status.value}", id="reason"
    )


def _figures(run: Run) -> str:
    kinds = Counter(trouble.kind for trouble in run.troubles)
    paused = sum(trouble.seconds for trouble in run.troubles if trouble.kind == "pause")
    whole = run.status in {Status.WELL, Status.FAILED}
    windows = len({(job.stream, job.window, job.part) for job in run.written})
    planned = f" of {max(run.planned, windows)}" if run.planned else ""
    facts = [
        ("duration", duration((run.end - run.start).total_seconds())),
        (
            "windows written",
            f"{windows}{planned}",
        ),
        ("export jobs", f"{len(run.jobs)}"),
        ("records", f"{'' if whole else 'at least '}{run.records:,}"),
        ("exported", size(run.exported)),
        ("API calls", f"{run.calls[-1][1]:,}"),
        ("pauses", duration(paused) if paused else "none"),
        ("retries", str(kinds["retry"])),
        ("errors", str(sum(kinds[kind] for kind in ERRORS))),
    ]
    return element(
        "dl", "\n".join(element("div", element("dt", a) + element("dd", b)) for a, b in facts)
    )


def _allocation_title(run: Run) -> str:
    limit = f", of {size(run.limit)}" if run.limit else ""
    return f"Export allocation used today{limit}"


def _troubles(run: Run) -> str:
    if not run.troubles:
        return ""
    rows = [
        (
            clock(trouble.at),
            escape(trouble.kind),
            escape(trouble.why),
            escape(trouble.about),
            duration(trouble.seconds) if trouble.seconds else "",
        )
        for trouble in run.troubles[:MOST_TROUBLES]
    ]
    more = len(run.troubles) - len(rows)
    head = ("UTC", "what", "why", "where", "paused")
    return table(head, rows, "ttw-n", id="troubles", class_="narrow") + (
        element("p", f"And {more} more, in the sync log.") if more else ""
    )


def _records(run: Run) -> str:
    streams = run.largest_streams()
    if not streams:
        return ""
    smaller = [(escape(stream), f"{count:,}") for stream, count in streams[charts.MOST_STREAMS :]]
    idle = sum(not count for count in run.counts.values())
    content = charts.records(run)
    if smaller:
        content += _details(f"{len(smaller)} smaller streams", table((), smaller, "-n"))
    if idle:
        content += element(
            "p",
            f"{idle} more {'stream' if idle == 1 else 'streams'} had nothing new.",
            class_="soft",
        )
    return content


def _jobs(run: Run) -> str:
    if not run.jobs:
        return ""
    rows = [
        (
            escape(job.stream),
            escape(job.days),
            element("code", escape(job.export_id)),
            "" if job.records is None else f"{job.records:,}",
            "" if job.size is None else f"{job.size:,}",
            *(
                duration(job.seconds(phase))
                for phase in ("queued", "running", "downloading", "writing")
            ),
            escape(job.outcome),
        )
        for job in run.jobs
    ]
    head = (
        "stream",
        "window",
        "export job",
        "records",
        "bytes",
        "queued",
        "ran",
        "downloaded in",
        "written in",
        "outcome",
    )
    return _details("All export jobs as a table", table(head, rows, "-t-nnnnnn-", id="jobs"))


def _details(summary: str, content: str) -> str:
    return element("details", element("summary", summary) + element("div", content))
