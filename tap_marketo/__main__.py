"""The command `tap-marketo`."""

from __future__ import annotations

import sys
from importlib.metadata import version


def main() -> None:
    """Run the command line; `--version` imports neither the SDK nor the tap."""
    if sys.argv[1:] == ["--version"]:
        ours, sdk = version("tap-marketo-engage"), version("singer-sdk")
        sys.stdout.write(f"tap-marketo v{ours}, Meltano SDK v{sdk}\n")
        return
    from tap_marketo.cli.main import main as command_line  # noqa: PLC0415 - not for --version

    command_line()


if __name__ == "__main__":
    main()
