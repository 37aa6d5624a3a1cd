"""The tap's subcommands."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import click
from singer_sdk.plugin_base import SingerCommand

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

# Each module has a click command named `command` and is imported when it is used.
COMMANDS = {
    "doctor": "tap_marketo.cli.doctor",
    "export": "tap_marketo.cli.export",
    "migrate-state": "tap_marketo.cli.migrate_state",
    "report": "tap_marketo.cli.report",
}


class CommandLine(SingerCommand, click.Group):
    """The SDK's command line with additional subcommands."""

    def __init__(
        self, *args: Any, exit_on_error: Callable[[], AbstractContextManager[None]], **kwargs: Any
    ) -> None:
        """See `click.Group`.

        Args:
            args: Arguments of the SDK's command.
            exit_on_error: Context manager that logs an error of the tap and exits.
            kwargs: Keyword arguments of the SDK's command.
        """
        super().__init__(*args, **kwargs)
        self._exit_on_error = exit_on_error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the subcommands."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a subcommand.

        Args:
            ctx: Context of the command line.
            cmd_name: Name of the subcommand.
        """
        del ctx
        module = COMMANDS.get(cmd_name)
        return cast("click.Command", import_module(module).command) if module else None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, logging errors without a traceback."""
        with self._exit_on_error():
            return super().invoke(ctx)


def with_subcommands(
    singer: SingerCommand, exit_on_error: Callable[[], AbstractContextManager[None]]
) -> click.Group:
    """Add the subcommands to the SDK's command.

    Args:
        singer: Command of the SDK.
        exit_on_error: Context manager that logs an error of the tap and exits.
    """
    sync = cast("Callable[..., Any]", singer.callback)

    @click.pass_context
    def run(ctx: click.Context, /, **options: Any) -> None:
        if ctx.invoked_subcommand is None:
            sync(**options)

    return CommandLine(
        name=singer.name,
        callback=run,
        params=singer.params,
        help=singer.help,
        context_settings=singer.context_settings,
        invoke_without_command=True,
        logger=singer.logger,
        exit_on_error=exit_on_error,
    )
