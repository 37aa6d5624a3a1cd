"""`tap-marketo migrate-state`: converts the state of another Marketo connector."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

import click

from tap_marketo.cli.options import config_option
from tap_marketo.migration import foreign
from tap_marketo.migration.activity_names import ActivityNames
from tap_marketo.migration.convert import convert
from tap_marketo.streams.bulk import activities
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from tap_marketo.sdk import ConfigInput

_ORIGINS = [origin.value for origin in foreign.Origin]


@click.command()
@click.argument("state", type=click.File(encoding="utf-8"), default="-")
@config_option
@click.option("--from", "origin", type=click.Choice(_ORIGINS), help="Connector of the state.")
@click.option("--anew", multiple=True, metavar="STREAM", help="Start STREAM over instead.")
@click.option("--meltano", is_flag=True, help="Write the state for `meltano state set`.")
def command(
    state: IO[str],
    config: ConfigInput,
    origin: str | None,
    anew: tuple[str, ...],
    *,
    meltano: bool,
) -> None:
    """Convert the state of Stitch's, Airbyte's or hotglue's Marketo connector.

    Reads STATE, or standard input, and writes the new state to standard output. Standard error
    lists what was converted, and what was not and why. With --config, the names of the activity
    streams are read from the instance.
    """
    document = foreign.unwrapped(foreign.parse(state.read()))
    connector = foreign.Origin(origin) if origin else foreign.origin_of(document)
    if connector is None:
        raise foreign.StateError(
            "The state is of an unknown connector, or already one of this tap. If you know the"
            f" connector, name it with --from: {', '.join(_ORIGINS)}."
        )
    bookmarks = foreign.bookmarks(document, connector)
    types, renamed = None, False
    if config.config or config.parse_env:
        tap = TapMarketo(
            config=config.config, parse_env_config=config.parse_env, setup_mapper=False
        )
        types, renamed = activities.describe(tap.client), tap.settings.snake_case
    result = convert(bookmarks, connector, ActivityNames(types), anew=anew, renamed=renamed)
    for line in result.taken:
        click.echo(line, err=True)
    for line in result.left:
        click.echo(f"Left out: {line}", err=True)
    for line in result.warnings:
        click.echo(f"Warning: {line}", err=True)
    if not result.state["bookmarks"]:
        raise foreign.StateError("No bookmark could be converted; see the lines above.")
    click.echo(json.dumps({"singer_state": result.state} if meltano else result.state, indent=2))
