"""SVG charts: export jobs over time, calls and allocation, records, trend."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tap_marketo.report.drawing import clock, duration, element, percent, size, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tap_marketo.report.run import Job, Run

# Displayed names of phases, in order.
PHASES = {
    "created": "created, not yet queued",
    "queued": "in Marketo's queue",
    "running": "running at Marketo",
    "exported": "exported, not yet downloaded",
    "downloading": "downloading",
    "ready": "downloaded, waiting to be written",
    "writing": "writing",
    "paused": "pause: waiting for a limit",
}
MANY_JOBS = 40
MOST_STREAMS = 30
MOST_MARKS = 200
CURVE_HEIGHT = 110


def timeline(run: Run) -> str:
    """Export jobs as bars over time, with pauses and errors above.

    Args:
        run: Run from the sync log.
    """
    used = {span.phase for job in run.jobs for span in job.spans}
    if any(trouble.kind == "pause" for trouble in run.troubles):
        used.add("paused")
    legend = "".join(
        element("li", _swatch(phase) + name) for phase, name in PHASES.items() if phase in used
    )
    rows = [element("span", "UTC", class_="soft"), _axis(run)]
    if run.troubles:
        rows += [element("span", "pauses and errors", class_="soft"), _troubles(run)]
    height = 9 if len(run.jobs) > MANY_JOBS else 14
    for job in run.jobs:
        lost = "" if job.outcome == "written" else " lost"
        title = f"{job.stream} {job.days}: {job.outcome}"
        label = element(
            "span",
            f"{'✕ ' if lost else ''}{escape(job.stream)} {escape(job.days)}",
            class_=f"job{lost}",
            title=title,
        )
        rows += [label, _bars(run, job, height)]
    many = " many" if len(run.jobs) > MANY_JOBS else ""
    return element("ul", legend, class_="legend") + element(
        "div", "\n".join(rows), class_=f"rows{many}", id="timeline"
    )


def calls(run: Run) -> str:
    """API calls of the run so far, as steps.

    Args:
        run: Run from the sync log.
    """
    return _steps(run, run.calls, "calls", lambda value: f"{value:,.0f} calls")


def allocation(run: Run) -> str:
    """Used bytes of the daily export allocation, and its limit.

    Args:
        run: Run from the sync log.
    """
    return _steps(run, run.allocation, "used", size, limit=run.limit)


def records(run: Run) -> str:
    """Records of the largest streams, largest first.

    Args:
        run: Run from the sync log.
    """
    counts = run.largest_streams()[:MOST_STREAMS]
    most = counts[0][1] if counts else 1
    rows = [
        part
        for stream, count in counts
        for part in (
            element("span", f"{escape(stream)} · {count:,}"),
            _svg(
                element("rect", class_="bar", width=percent(count / most), height=12),
                height=12,
            ),
        )
    ]
    return element("div", "\n".join(rows), class_="rows", id="records")


def trend(runs: Sequence[Run]) -> str:
    """One line per run with a kept log, oldest first.

    Args:
        runs: Runs, oldest first; the last is the run of the page.
    """

    def column(value: Callable[[Run], float], text: Callable[[float], str]) -> list[str]:
        most = max((value(run) for run in runs), default=0) or 1
        return [
            text(value(run))
            + _svg(element("rect", class_="bar", width=percent(value(run) / most), height=5), 5)
            for run in runs
        ]

    columns = [
        [clock(run.start, day=True)[:16] for run in runs],
        [_outcome(run) for run in runs],
        column(lambda run: (run.end - run.start).total_seconds(), duration),
        column(lambda run: run.calls[-1][1], lambda value: f"{value:,.0f}"),
        column(lambda run: run.exported, size),
        column(lambda run: run.records, lambda value: f"{value:,.0f}"),
    ]
    head = ("start, UTC", "outcome", "duration", "API calls", "exported", "records")
    return table(head, list(zip(*columns, strict=True)), "t-nnnn", id="trend")


def _outcome(run: Run) -> str:
    return element("span", escape(run.outcome), class_=f"outcome {run.status.value}")


def _svg(content: str, height: int, **attributes: object) -> str:
    return element("svg", content, height=height, **attributes)


def _swatch(phase: str) -> str:
    return _svg(element("rect", class_=phase, width=16, height=12, rx=2), 12, aria_hidden="true")


def _place(run: Run, at: datetime) -> float:
    return (at - run.start).total_seconds() / max((run.end - run.start).total_seconds(), 0.001)


def _axis(run: Run) -> str:
    length = run.end - run.start
    marks = [
        element(
            "text",
            clock(run.start + length * part),
            x=percent(part),
            y=11,
            text_anchor=anchor,
        )
        for part, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
    ]
    return _svg("".join(marks), 14)


def _bars(run: Run, job: Job, height: int) -> str:
    about = "" if job.records is None else f", {job.records:,} records, {size(job.size or 0)}"
    bars = []
    for span in job.spans:
        start, end = _place(run, span.start), _place(run, span.end)
        text = f"{PHASES[span.phase]} {duration(span.seconds)} ({job.stream} {job.days}{about})"
        bars.append(
            element(
                "rect",
                element("title", escape(text)),
                class_=span.phase,
                x=percent(start),
                width=percent(max(end - start, 0.0015)),
                height=height,
            )
        )
    return _svg("".join(bars), height, role="img", aria_label=f"{job.stream} {job.days}")


def _troubles(run: Run) -> str:
    marks = []
    for trouble in run.troubles[:MOST_MARKS]:
        title = element("title", escape(f"{clock(trouble.at)} {trouble.kind}: {trouble.why}"))
        start = _place(run, trouble.at)
        if trouble.kind == "pause":
            width = trouble.seconds / max((run.end - run.start).total_seconds(), 0.001)
            marks.append(
                element(
                    "rect",
                    title,
                    class_="paused",
                    x=percent(start),
                    width=percent(min(max(width, 0.002), max(1 - start, 0.002))),
                    y=2,
                    height=12,
                )
            )
        else:
            marks.append(element("circle", title, class_="mark", cx=percent(start), cy=8, r=4))
    return _svg("".join(marks), 16)


def _steps(
    run: Run,
    points: Sequence[tuple[datetime, int]],
    name: str,
    text: Callable[[float], str],
    limit: int = 0,
) -> str:
    """A step curve that scales in width; texts keep their size."""
    top = max([limit, *(value for _, value in points)], default=0) * 1.2 or 1
    height = CURVE_HEIGHT

    def y(value: float) -> float:
        return round((1 - value / top) * height, 1)

    path, previous = [], None
    for at, value in points:
        x = round(_place(run, at) * 1000, 1)
        path.append(f"M{x} {y(value)}" if previous is None else f"H{x}V{y(value)}")
        previous = value
    line = "".join(dict.fromkeys(path)) + "H1000"
    first = round(_place(run, points[0][0]) * 1000, 1) if points else 0
    curve = element(
        "svg",
        element("path", class_=f"area {name}", d=f"{line}V{height}H{first}Z")
        + element("path", class_=f"curve {name}", d=line),
        viewBox=f"0 0 1000 {height}",
        preserveAspectRatio="none",
        height=height,
    )
    marks = element("line", class_="grid", x1="0", x2="100%", y1=height - 0.5, y2=height - 0.5)
    if limit:
        marks += element("line", class_="limit", x1="0", x2="100%", y1=y(limit), y2=y(limit))
        marks += element("text", f"limit {text(limit)}", x=4, y=y(limit) + 13)
    last = points[-1][1] if points else 0
    above = max(y(last) - 6, 11)
    marks += element("text", text(last), x="100%", dx=-4, y=above, text_anchor="end")
    return _svg(curve + marks, height, class_="steps", role="img", aria_label=text(last))
