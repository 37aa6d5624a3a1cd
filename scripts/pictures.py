"""Recreate the pictures of the documentation from a sync of the sandbox and its report."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from marketo_sandbox import Sandbox, SandboxOptions

ROOT = Path(__file__).resolve().parents[1]
TAP = Path(sys.executable).with_name("tap-marketo")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PICTURES = {"report.png": ("1280", "light"), "report-narrow.png": ("400", "dark")}


def main() -> None:
    """Write docs/*.png."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit("No browser: install Chromium (on Debian: apt-get install chromium) or Chrome.")
    tools = subprocess.run(
        [ROOT / "scripts" / "tool_environment", "browser", "playwright==1.65.2"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    with TemporaryDirectory() as name:
        folder = Path(name)
        _sync(folder)
        for picture, (width, scheme) in PICTURES.items():
            browse = ROOT / "tests" / "tools" / "browse.py"
            page = folder / "report.html"
            target = ROOT / "docs" / picture
            subprocess.run(
                [f"{tools}/python", browse, browser, page, target, width, scheme],
                check=True,
                stdout=subprocess.DEVNULL,
            )


def _sync(folder: Path) -> None:
    """Run two syncs, for a trend; the first one meets a few faults."""
    options = SandboxOptions(leads=2000, activities=8000, job_seconds=2, status_refresh_seconds=0)
    with Sandbox(options) as sandbox:
        config = {
            "base_url": sandbox.base_url,
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "sync_log": str(folder / "sync.jsonl"),
            "export_poll_interval_seconds": 0.5,
            "max_calls_per_20_seconds": 100,
        }
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for _ in range(2):
            sandbox.control.fault(
                "error", "*/create.json", times=1, code="604", message="Timed out"
            )
            sandbox.control.job_fault("leads", "fail")
            subprocess.run(
                [TAP, "--config", "config.json"], cwd=folder, check=True, stdout=subprocess.DEVNULL
            )
        subprocess.run([TAP, "report", "--config", "config.json"], cwd=folder, check=True)


if __name__ == "__main__":
    main()
