"""`tap-marketo doctor`: whether this instance is ready for a sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tap_marketo.commands.options import tap_options
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from tap_marketo.commands.options import Given


@click.command(help="Say whether this instance is ready for a sync.")
@tap_options
def command(given: Given) -> None:
    """Look at the instance."""
    tap = TapMarketo(config=given.config, parse_env_config=given.parse_env, setup_mapper=False)
    tap.client.auth.token()
    click.echo("Credentials: good")
