"""What every subcommand takes: configuration, catalog and state, as a sync takes them."""

from __future__ import annotations

from functools import wraps
from typing import IO, TYPE_CHECKING, Any

import click

from tap_marketo.cli.catalog_file import read_catalog
from tap_marketo.inputs import Inputs
from tap_marketo.migration import foreign
from tap_marketo.sdk import ConfigInput

if TYPE_CHECKING:
    from collections.abc import Callable


def tap_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--config`, `--catalog` and `--state`, and its function a `Inputs`.

    Args:
        function: Takes a `Inputs`, and the command's own options by keyword.
    """

    @config_option
    @click.option("--catalog", type=click.File(), help="Singer catalog with the selection.")
    @click.option("--state", type=click.File(), help="State of the last run.")
    @click.pass_context
    @wraps(function)
    def command(
        ctx: click.Context,
        /,
        config: ConfigInput,
        catalog: IO[str] | None,
        state: IO[str] | None,
        **options: Any,
    ) -> Any:
        # They may stand before the subcommand's name as well.
        before = ctx.parent.params if ctx.parent else {}
        inputs = Inputs(
            config=config.config,
            parse_env=config.parse_env,
            catalog=_read(read_catalog, catalog or before.get("catalog")),
            state=_read(_state, state or before.get("state")),
        )
        return function(inputs, **options)

    return command


def config_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--config`, which may stand before its name as well.

    Args:
        function: Takes what was read as `config`.
    """

    def read(
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG001
        values: tuple[str, ...],
    ) -> ConfigInput:
        above = (ctx.parent.params if ctx.parent else {}).get("config") or ConfigInput()
        here = read_config(values)
        return ConfigInput(
            config={**above.config, **here.config}, parse_env=above.parse_env or here.parse_env
        )

    return click.option(
        "--config",
        multiple=True,
        callback=read,
        help="Configuration file location or 'ENV' to use environment variables.",
    )(function)


def read_config(values: tuple[str, ...]) -> ConfigInput:
    """Read configuration files; later ones override earlier ones.

    Args:
        values: Paths, and `ENV` for the environment.

    Raises:
        click.BadParameter: A file is missing or holds no JSON object.
    """
    try:
        return ConfigInput.from_cli_args(*values)
    except (OSError, ValueError, TypeError) as error:
        # The text of a JSON error quotes nothing of the file.
        raise click.BadParameter(str(error), param_hint="--config") from None


def _state(file: IO[str]) -> dict[str, Any]:
    # With Meltano's envelope as well: `meltano state get` is the way to a state there.
    return foreign.own(foreign.unwrapped(foreign.parse(file.read())))


def _read(read: Callable[[IO[str]], dict[str, Any]], file: IO[str] | None) -> dict[str, Any] | None:
    return read(file) if file else None
