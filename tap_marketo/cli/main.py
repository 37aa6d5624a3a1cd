"""The command line: the SDK's, with the tap's subcommands and readable errors."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from tap_marketo.cli import with_subcommands
from tap_marketo.cli.catalog_file import read_catalog
from tap_marketo.cli.environment import warn_of_unused
from tap_marketo.cli.options import read_config
from tap_marketo.client.errors import TapError
from tap_marketo.migration import foreign
from tap_marketo.sdk import ConfigInput
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from singer_sdk.plugin_base import SingerCommand

logger = logging.getLogger("tap-marketo")


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Log an error of the tap without a traceback and exit with 1."""
    try:
        yield
    except TapError as error:
        logger.error("%s", error)  # noqa: TRY400
        sys.exit(1)
    except BrokenPipeError:
        logger.error("The target stopped reading; see its own log.")  # noqa: TRY400
        # Otherwise Python would flush stdout again at exit and fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


class CommandLineTap(TapMarketo):
    """Singer tap for Adobe Marketo Engage."""

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run as the SDK does, but log errors without a traceback.

        Args:
            about: Whether to print package metadata and settings.
            about_format: Output style of `about`.
            config: Configuration from files or the environment.
            state: State file.
            catalog: Catalog file.
        """
        if about:
            cls.print_about(about_format)
            sys.exit(0)
        cls.print_version(print_fn=cls.logger.info)
        config = config or ConfigInput()
        with exit_on_error():
            tap = cls(
                config=config.config,
                state=foreign.own(foreign.parse(state.read())) if state else None,
                catalog=read_catalog(catalog) if catalog else None,
                parse_env_config=config.parse_env,
            )
            warn_of_unused(cls, config)
            if code := tap.run():
                sys.exit(code)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command line with the tap's subcommands."""
        singer = cast("SingerCommand", super().get_singer_command())
        return with_subcommands(singer, exit_on_error)

    @classmethod
    def cb_config(
        cls,
        ctx: click.Context,  # noqa: ARG003
        param: click.Option,  # noqa: ARG003
        value: tuple[str, ...],
    ) -> ConfigInput:
        """Read the configuration files."""
        return read_config(value)

    @classmethod
    def cb_discover(
        cls,
        ctx: click.Context,
        param: click.Option,
        value: bool,  # noqa: FBT001
    ) -> None:
        """Discover, logging errors without a traceback."""
        with exit_on_error():
            super().cb_discover(ctx, param, value)

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Sync a record of each stream, logging errors without a traceback."""
        with exit_on_error():
            super().cb_test(ctx, param, value)


main: Any = CommandLineTap.cli
