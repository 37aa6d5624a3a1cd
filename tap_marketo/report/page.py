"""The page itself: title, figures of the run, charts and tables in one file without references."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from tap_marketo.report import charts
from tap_marketo.report.history import ERRORS

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tap_marketo.report.history import Run

MOST_TROUBLES = 500
# Plotly 7 offers to upload a chart to its makers: what a sync did stays in the page.
CONFIG = {"displaylogo": False, "responsive": True, "showSendToCloud": False, "plotlyServerURL": ""}
TIMELINE = {
    "modeBarButtons": [["zoomIn2d", "zoomOut2d", "resetScale2d"], ["zoom2d", "pan2d"], ["toImage"]],
    "toImageButtonOptions": {"filename": "marketo-sync"},
}
RECORDS = {"displayModeBar": False}


def render(run: Run) -> str:
    """Make the page.

    Args:
        run: As the sync log tells it.

    Returns:
        HTML that needs nothing beside itself: the plotting library is in it, 4.8 MB.
    """
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["duration"] = duration
    source = files("tap_marketo.report").joinpath("page.html").read_text(encoding="utf-8")
    records = charts.records(run)
    return environment.from_string(
        source
    ).render(
        run=run,
        facts=_facts(run),
        library=Markup(get_plotlyjs()),  # noqa: S704 - plotly's own
        timeline=_embedded(charts.timeline(run), "timeline", TIMELINE) if run.jobs else None,
        records=_embedded(records, "records", RECORDS) if records else None,
        smaller=run.largest_streams()[charts.MOST_STREAMS :],
        idle=sum(not count for count in run.counts.values()),
        troubles=run.troubles[:MOST_TROUBLES],
    )


def _embedded(figure: go.Figure, name: str, config: dict[str, Any]) -> Markup:
    html = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=name, config=CONFIG | config
    )
    return Markup(html)  # noqa: S704 - plotly escapes what it embeds


def _facts(run: Run) -> list[tuple[str, str]]:
    kinds = Counter(one.kind for one in run.troubles)
    exported = sum(job.size or 0 for job in run.jobs) / charts.MEGABYTE
    written = sum(job.outcome == "written" for job in run.jobs)
    return [
        ("duration", duration((run.end - run.start).total_seconds())),
        ("export jobs written", f"{written} of {len(run.jobs)}"),
        ("records", f"{sum(run.counts.values()):,}"),
        ("exported", f"{exported:,.1f} MB"),
        ("API calls", f"{run.calls[-1][1]:,}"),
        ("retries", str(kinds["retry"])),
        ("errors", str(sum(kinds[kind] for kind in ERRORS))),
    ]


def duration(seconds: float) -> str:
    """A length of time for people.

    Args:
        seconds: How long.
    """
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
