"""The project's own meltano.yml, run as a user runs it, in a project folder of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.tap_runs import own_environment

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
MELTANO = ROOT / ".cache" / "meltano" / "bin" / "meltano"


def settings(sandbox: Sandbox) -> dict[str, str]:
    """The environment variables that configure the tap for a sandbox.

    Args:
        sandbox: The instance, which need not be spared like a real one.
    """
    return {
        "TAP_MARKETO_BASE_URL": f"{sandbox.base_url}/rest",
        "TAP_MARKETO_CLIENT_ID": sandbox.client_id,
        "TAP_MARKETO_CLIENT_SECRET": sandbox.client_secret,
        "TAP_MARKETO_EXPORT_POLL_INTERVAL_SECONDS": "1",
        "TAP_MARKETO_EXPORT_MAX_JOBS": "10",
        "TAP_MARKETO_MAX_CALLS_PER_20_SECONDS": "100",
    }


def run(
    sandbox: Sandbox,
    folder: Path,
    *arguments: str,
    select: tuple[str, ...] = (),
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Call meltano against a sandbox.

    Args:
        sandbox: The instance.
        folder: Of the project, made if need be; it keeps the state.
        arguments: Of meltano.
        select: Selection rules; those of meltano.yml by default.
        variables: Further ones of the environment.
    """
    selection = {"TAP_MARKETO__SELECT": json.dumps(select)} if select else {}
    environment = own_environment(**(settings(sandbox) | selection | variables))
    command, *rest = arguments
    done = subprocess.run(
        # Never build a plugin: the tests share those that `make` has built.
        [MELTANO, command, "--no-install", *rest],
        cwd=project(folder),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return done


def project(folder: Path) -> Path:
    """A project with the plugins that are installed already; this repository's if it is new.

    Meltano keeps the catalog of a running pipeline at one place in the project, so that tests
    side by side need projects of their own.

    Args:
        folder: Where it is, or shall be.
    """
    if not (folder / "meltano.yml").exists():
        shutil.copy(ROOT / "meltano.yml", folder)
    if not (folder / ".meltano").exists():
        (folder / ".meltano").mkdir()
        for kind in ("extractors", "loaders"):
            (folder / ".meltano" / kind).symlink_to(ROOT / ".meltano" / kind)
    return folder
