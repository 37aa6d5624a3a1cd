"""Runs of this repository's meltano.yml, in a separate project folder."""

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
        sandbox: The instance; the settings are faster than is polite to a real one.
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
    """Run meltano against a sandbox.

    Args:
        sandbox: The instance.
        folder: Project folder, created if it does not exist; it keeps the state.
        arguments: Arguments of meltano.
        select: Selection rules; by default those of meltano.yml.
        variables: Further environment variables.
    """
    selection = {"TAP_MARKETO__SELECT": json.dumps(select)} if select else {}
    environment = own_environment(**(settings(sandbox) | selection | variables))
    command, *rest = arguments
    done = subprocess.run(
        # Do not install plugins: the tests share those that `make` has installed.
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
    """Create a project with the installed plugins, unless the folder has one.

    Meltano keeps the catalog of a running pipeline at a fixed place in the project, so parallel
    tests need separate projects.

    Args:
        folder: Folder of the project.
    """
    if not (folder / "meltano.yml").exists():
        shutil.copy(ROOT / "meltano.yml", folder)
    if not (folder / ".meltano").exists():
        (folder / ".meltano").mkdir()
        for kind in ("extractors", "loaders"):
            (folder / ".meltano" / kind).symlink_to(ROOT / ".meltano" / kind)
    return folder
