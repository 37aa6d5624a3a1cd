"""A report as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tap_marketo.doctor.finding import Status

if TYPE_CHECKING:
    from typing import TextIO

    from tap_marketo.doctor.finding import Finding, Report

STYLES = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.FAILED: "bold red",
    Status.SKIPPED: "dim",
}
# Where the output is no terminal there is no width to keep to.
PIPED_WIDTH = 120
CHECK_WIDTH = 30


def print_table(report: Report, file: TextIO) -> None:
    """Print a report; in colour on a terminal.

    Args:
        report: All findings.
        file: Where to.
    """
    console = Console(file=file, width=None if file.isatty() else PIPED_WIDTH)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading, width in (("", None), ("Check", CHECK_WIDTH), ("Finding", None)):
        table.add_column(heading, max_width=width)
    for finding in report.findings:
        # Not as markup: names of API users may hold brackets.
        mark = Text(finding.status.value, style=STYLES[finding.status])
        table.add_row(mark, Text(finding.check), _description(finding))
    console.print(table)
    console.print(Text(_verdict(report), style="green" if report.is_ready else "bold red"))


def _description(finding: Finding) -> Text:
    text = Text(finding.message)
    if finding.remedy:
        text.append(f"\n→ {finding.remedy}", style=STYLES[finding.status])
    return text


def _verdict(report: Report) -> str:
    count = sum(one.status is Status.FAILED for one in report.findings)
    things = "1 thing" if count == 1 else f"{count} things"
    verdict = "Ready for a sync." if report.is_ready else f"Not ready for a sync: {things} to fix."
    return f"{verdict} ({report.calls} API calls made to find out.)"
