"""`tap-marketo report`: an HTML page about the last sync."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tap_marketo.cli.options import tap_options

if TYPE_CHECKING:
    from tap_marketo.inputs import Inputs

VARIABLE = "TAP_MARKETO_SYNC_LOG"


@click.command(help="Create an HTML page about the last sync from its sync log.")
@tap_options
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Sync log. Default: the setting sync_log in --config, or ${VARIABLE}.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="HTML file to write; an existing file is overwritten.",
)
def command(inputs: Inputs, log: Path | None, output: Path) -> None:
    """Read the sync log and write the page."""
    from tap_marketo.report.history import SyncLogError, earlier_runs, read_run  # noqa: PLC0415
    from tap_marketo.report.page import render  # noqa: PLC0415

    path = log or inputs.config.get("sync_log") or os.environ.get(VARIABLE)
    if not path:
        raise click.ClickException(
            "No sync log. Set sync_log, run a sync, and pass the file with --log."
        )
    try:
        file = Path(path).expanduser()
        run = read_run(file)
        output.write_text(render(run, earlier_runs(file)), encoding="utf-8")
    except SyncLogError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from None
    click.echo(f"{output}: {len(run.jobs)} export jobs, {run.outcome}.")
