"""`tap-marketo doctor`: checks whether an instance is ready for a sync."""

from __future__ import annotations

import json
import logging
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from tap_marketo.cli.options import tap_options
from tap_marketo.doctor.checks import run_checks

if TYPE_CHECKING:
    from tap_marketo.inputs import Inputs

LOG_LEVELS = ("TAP_MARKETO_LOGLEVEL", "LOGLEVEL")


@click.command(help="Check whether the instance is ready for a sync; exit with 1 if it is not.")
@tap_options
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json"]),
    default="table",
    help="Output format.",
)
@click.option(
    "--all-permissions", is_flag=True, help="Check every permission, which may take more calls."
)
def command(inputs: Inputs, *, output_format: str, all_permissions: bool) -> None:
    """Run the checks, print the report, and exit.

    Args:
        inputs: Configuration, catalog and state.
        output_format: Format of the report.
        all_permissions: Whether to check every permission.
    """
    if not any(os.environ.get(name) for name in LOG_LEVELS):
        for name in ("", "tap-marketo"):  # the report has all findings
            logging.getLogger(name).setLevel(logging.WARNING)
    report = run_checks(inputs, all_permissions=all_permissions)
    if output_format == "json":
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        # Imported only when needed, because importing rich is slow.
        import_module("tap_marketo.doctor.table").print_table(report, sys.stdout)
    sys.exit(0 if report.is_ready else 1)
