"""Prints a report as a table."""

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
# Width if the output is not a terminal.
PIPED_WIDTH = 120
CHECK_WIDTH = 30


def print_table(report: Report, file: TextIO) -> None:
    """Print a report, in colour on a terminal.

    Args:
        report: Report to print.
        file: Output file.
    """
    console = Console(file=file, width=None if file.isatty() else PIPED_WIDTH)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading, width in (("", None), ("Check", CHECK_WIDTH), ("Finding", None)):
        table.add_column(heading, max_width=width)
    for finding in report.findings:
        # Plain text, because names of API users may contain brackets.
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
    count = sum(finding.status is Status.FAILED for finding in report.findings)
    problems = "1 problem" if count == 1 else f"{count} problems"
    verdict = "Ready for a sync." if report.is_ready else f"Not ready for a sync: {problems}."
    return f"{verdict} The check made {report.calls} API calls."
