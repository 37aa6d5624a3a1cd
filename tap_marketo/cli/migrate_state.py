"""`tap-marketo migrate-state`: the state of another Marketo connector as this tap's own."""

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

_ORIGINS = [one.value for one in foreign.Origin]


@click.command()
@click.argument("state", type=click.File(encoding="utf-8"), default="-")
@config_option
@click.option("--from", "origin", type=click.Choice(_ORIGINS), help="Whose state it is.")
@click.option("--anew", multiple=True, metavar="STREAM", help="Leave out this stream of ours.")
@click.option("--meltano", is_flag=True, help="Write the state as `meltano state set` takes it.")
def command(
    state: IO[str],
    config: ConfigInput,
    origin: str | None,
    anew: tuple[str, ...],
    *,
    meltano: bool,
) -> None:
    """Turn the state of Stitch's, Airbyte's or hotglue's Marketo connector into the tap's.

    Reads STATE, or standard input, and writes the new state to standard output; what was taken
    over, and what was not and why, goes to standard error. With --config the instance is asked for
    its activity types, so that each stream's name is known for certain.
    """
    document = foreign.unwrapped(foreign.parse(state.read()))
    whose = foreign.Origin(origin) if origin else foreign.origin_of(document)
    if whose is None:
        raise foreign.StateError(
            "It cannot be told whose state this is, or it is the tap's own already. If you know,"
            f" say --from {', '.join(_ORIGINS)}."
        )
    found = foreign.bookmarks(document, whose)
    types, renamed = None, False
    if config.config or config.parse_env:
        tap = TapMarketo(
            config=config.config, parse_env_config=config.parse_env, setup_mapper=False
        )
        types, renamed = activities.describe(tap.client), tap.settings.snake_case
    done = convert(found, whose, ActivityNames(types), anew=anew, renamed=renamed)
    for line in done.taken:
        click.echo(line, err=True)
    for line in done.left:
        click.echo(f"Left out: {line}", err=True)
    for line in done.warnings:
        click.echo(f"Warning: {line}", err=True)
    if not done.state["bookmarks"]:
        raise foreign.StateError("No bookmark could be taken over; the lines above say why.")
    click.echo(json.dumps({"singer_state": done.state} if meltano else done.state, indent=2))
