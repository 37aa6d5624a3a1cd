"""Options that subcommands share with a sync: configuration, catalog and state."""

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
    """Add `--config`, `--catalog` and `--state` to a command and pass them as `Inputs`.

    Args:
        function: Function that takes `Inputs`, and the command's own options by keyword.
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
        # The options may also be before the subcommand's name.
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
    """Add `--config` to a command; it may also be before the command's name.

    Args:
        function: Function that takes the configuration as `config`.
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
        values: Paths of the files, and `ENV` for environment variables.

    Raises:
        click.BadParameter: A file is missing or is not a JSON object.
    """
    try:
        return ConfigInput.from_cli_args(*values)
    except (OSError, ValueError, TypeError) as error:
        # The message of a JSON error does not quote the file.
        raise click.BadParameter(str(error), param_hint="--config") from None


def _state(file: IO[str]) -> dict[str, Any]:
    # Also accepts the envelope of `meltano state get`.
    return foreign.own(foreign.unwrapped(foreign.parse(file.read())))


def _read(read: Callable[[IO[str]], dict[str, Any]], file: IO[str] | None) -> dict[str, Any] | None:
    return read(file) if file else None
