"""The charts of the page: what the export jobs did when, calls and allocation, records."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo.report.history import Job, Run

MEGABYTE = 1024 * 1024
# Phase to colour; what is only waiting is pale.
COLOURS = {
    "created": ("created, not yet enqueued", "#cfd6df"),
    "queued": ("queued", "#f0b849"),
    "running": ("running at Marketo", "#3b76d6"),
    "exported": ("exported, not yet fetched", "#e3e8ef"),
    "downloading": ("downloading", "#8a5cc7"),
    "ready": ("fetched, waits its turn", "#e3e8ef"),
    "writing": ("writing", "#2f9a63"),
}
WAITS, TROUBLE, INK, GRID = "#e07b39", "#c93a3a", "#1f2933", "#e6eaf0"
FONT = {"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "color": INK}
CURVE, GAP, TOP, BOTTOM = 130, 56, 104, 40
MOST_STREAMS = 30
# Pixels: a row of the jobs' chart, a label, and the line of waits and errors above the jobs.
ROWS, LABEL, LANE = (5, 24), 15, 26
JOBS_HEIGHT = 1000
_LOOK: dict[str, Any] = {
    "font": FONT,
    "paper_bgcolor": "white",
    "plot_bgcolor": "white",
    "hoverlabel": {"bgcolor": "white", "align": "left"},
}


def timeline(run: Run) -> go.Figure:
    """The export jobs as bars over time; below, API calls and the allocation used.

    Args:
        run: As the sync log tells it.
    """
    row = max(ROWS[0], min(ROWS[1], JOBS_HEIGHT // len(run.jobs)))
    lane = -LANE / row
    bars = LANE + row * (len(run.jobs) + 1)
    height = TOP + bars + 2 * (GAP + CURVE) + BOTTOM
    inner = height - TOP - BOTTOM
    figure = make_subplots(
        rows=3,
        shared_xaxes=True,
        vertical_spacing=GAP / inner,
        row_heights=[bars, CURVE, CURVE],
        subplot_titles=("", "API calls of this run", _allocation_title(run)),
    )
    _add_jobs(figure, run)
    _add_troubles(figure, run, lane)
    _add_curves(figure, run)
    pad = max((run.end - run.start) * 0.01, timedelta(milliseconds=100))
    figure.update_xaxes(
        type="date",
        range=[_text(run.start - pad), _text(run.end + pad)],
        gridcolor=GRID,
        showticklabels=True,
        hoverformat="%H:%M:%S",
        zeroline=False,
        ticks="outside",
        ticklen=5,
        tickcolor=GRID,
    )
    figure.update_xaxes(row=1, side="top")
    figure.update_xaxes(row=2, showticklabels=False)
    figure.update_yaxes(row=1, **_labels(run.jobs, row, lane))
    figure.update_layout(
        height=height,
        barmode="overlay",
        margin={"l": 10, "r": 40, "t": TOP, "b": BOTTOM},
        legend={"orientation": "h", "y": 1 + 42 / inner, "x": 0, "yanchor": "bottom"},
        modebar={"orientation": "v"},
        **_LOOK,
    )
    figure.update_annotations(font={"size": 13, **FONT}, x=0, xanchor="left")
    return figure


def records(run: Run) -> go.Figure | None:
    """Records of the largest streams, most first; None when there are none.

    Args:
        run: As the sync log tells it.
    """
    counts = run.largest_streams()[:MOST_STREAMS][::-1]
    if not counts:
        return None
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=[stream for stream, _ in counts],
            x=[count for _, count in counts],
            text=[f"{count:,}" for _, count in counts],
            textposition="outside",
            cliponaxis=False,
            marker_color=COLOURS["writing"][1],
            hovertemplate="%{y}: %{x:,}<extra></extra>",
        )
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, tickformat=",")
    figure.update_yaxes(automargin=True, tickmode="linear", ticksuffix="  ")
    figure.update_layout(
        height=60 + 22 * len(counts),
        margin={"l": 10, "r": 70, "t": 10, "b": 40},
        bargap=0.3,
        **_LOOK,
    )
    return figure


def _add_jobs(figure: go.Figure, run: Run) -> None:
    for phase, (name, colour) in COLOURS.items():
        spans = [
            (number, job, span)
            for number, job in enumerate(run.jobs)
            for span in job.spans
            if span.phase == phase
        ]
        if not spans:
            continue
        figure.add_trace(
            go.Bar(
                name=name,
                orientation="h",
                y=[number for number, _, _ in spans],
                base=[_text(span.start) for _, _, span in spans],
                x=[span.seconds * 1000 for _, _, span in spans],
                width=0.8,
                marker={"color": colour, "line": {"width": 0}},
                text=[_about(job, f"{name} {span.seconds:,.1f} s") for _, job, span in spans],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
                legendrank=list(COLOURS).index(phase),
            ),
            row=1,
            col=1,
        )
    lost = [(number, job) for number, job in enumerate(run.jobs) if job.outcome != "written"]
    if lost:
        figure.add_trace(
            go.Scatter(
                name="not written",
                mode="markers",
                y=[number for number, _ in lost],
                x=[_text(job.spans[-1].end if job.spans else run.end) for _, job in lost],
                marker={"symbol": "x", "size": 8, "color": TROUBLE},
                text=[_about(job, job.outcome) for _, job in lost],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=1,
            col=1,
        )


def _add_troubles(figure: go.Figure, run: Run, lane: float) -> None:
    """Waits and repeated calls, in a line above the jobs."""
    waits = [one for one in run.troubles if one.kind == "wait"]
    others = [one for one in run.troubles if one.kind != "wait"]
    if waits:
        left = [(run.end - one.at).total_seconds() for one in waits]
        figure.add_trace(
            go.Bar(
                name="waiting for a limit",
                orientation="h",
                y=[lane] * len(waits),
                base=[_text(one.at) for one in waits],
                x=[min(one.seconds, most) * 1000 for one, most in zip(waits, left, strict=True)],
                width=-lane * 0.6,
                marker={"color": WAITS, "line": {"width": 0}},
                text=[_shortened(f"{one.why} ({one.seconds:,.0f} s)") for one in waits],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            ),
            row=1,
            col=1,
        )
    if others:
        figure.add_trace(
            go.Scatter(
                name="retry or error",
                mode="markers",
                y=[lane] * len(others),
                x=[_text(one.at) for one in others],
                marker={"symbol": "diamond", "size": 9, "color": TROUBLE},
                text=[_shortened(f"{one.kind}: {one.why}") for one in others],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=1,
            col=1,
        )


def _add_curves(figure: go.Figure, run: Run) -> None:
    used = [(at, size / MEGABYTE) for at, size in run.allocation]
    if used:
        used.append((run.end, used[-1][1]))
    curves = (
        (2, run.calls, "linear", COLOURS["running"][1], "%{y:,} calls"),
        (3, used, "hv", COLOURS["downloading"][1], "%{y:,.1f} MB"),
    )
    for row, points, shape, colour, hover in curves:
        figure.add_trace(
            go.Scatter(
                mode="lines",
                showlegend=False,
                x=[_text(at) for at, _ in points],
                y=[value for _, value in points],
                line={"shape": shape, "color": colour, "width": 2},
                fill="tozeroy",
                hovertemplate=f"%{{x}}: {hover}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        figure.update_yaxes(
            row=row, rangemode="tozero", gridcolor=GRID, zeroline=False, nticks=4, automargin=True
        )
    most = max((value for _, value in used), default=0)
    if run.limit and most > run.limit / MEGABYTE / 4:
        figure.add_hline(
            y=run.limit / MEGABYTE, row=3, col=1, line={"color": TROUBLE, "dash": "dash"}
        )


def _allocation_title(run: Run) -> str:
    limit = f", of {run.limit / MEGABYTE:,.0f} MB" if run.limit else ""
    return f"Export allocation used today, in MB{limit}"


def _labels(jobs: list[Job], row: int, lane: float) -> dict[str, Any]:
    """Name every job, or as many as do not touch each other."""
    every = -(-LABEL // row)
    numbers = list(range(0, len(jobs), every))
    names = [f"{jobs[number].stream}  {jobs[number].days}  " for number in numbers]
    return {
        "range": [len(jobs) - 0.4, lane * 1.6],
        "tickmode": "array",
        "tickvals": [lane, *numbers],
        "ticktext": ["waits and errors  ", *names],
        "tickfont": {"size": 11},
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
    }


def _about(job: Job, what: str) -> str:
    told = "" if job.records is None else f"<br>{job.records:,} records, {job.size or 0:,} bytes"
    return f"<b>{what}</b><br>{job.stream} {job.days}<br>export job {job.export_id}{told}"


def _shortened(text: str) -> str:
    """One hover line; the table below has the whole text."""
    cut = text if len(text) <= 120 else f"{text[:120]}…"  # noqa: PLR2004
    return cut.replace("&", "&amp;").replace("<", "&lt;")


def _text(moment: datetime) -> str:
    # plotly.js shows times as they are written, so no offset.
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3]
