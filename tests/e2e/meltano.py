"""The project's own meltano.yml, run as a user runs it, with a state of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_marketo.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
MELTANO = ROOT / ".cache" / "meltano" / "bin" / "meltano"


def run(
    sandbox: Sandbox,
    folder: Path,
    *arguments: str,
    select: tuple[str, ...] = ("*.*", "!activities.*"),
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Call meltano against a sandbox.

    Args:
        sandbox: The instance.
        folder: Where Meltano keeps its state.
        arguments: Of meltano.
        select: Selection rules.
        settings: Further environment variables.
    """
    environment = {
        **os.environ,
        "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
        "TAP_MARKETO_BASE_URL": f"{sandbox.base_url}/rest",
        "TAP_MARKETO_CLIENT_ID": sandbox.client_id,
        "TAP_MARKETO_CLIENT_SECRET": sandbox.client_secret,
        "TAP_MARKETO_EXPORT_POLL_INTERVAL_SECONDS": "1",
        "TAP_MARKETO_MAX_CALLS_PER_20_SECONDS": "100",
        "TAP_MARKETO__SELECT": json.dumps(select),
        **settings,
    }
    done = subprocess.run(
        [MELTANO, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return done
