"""Microsoft's parser reads the Power Query files."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.tools.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PARSER = "@microsoft/powerquery-parser@0.18.4"
FILES = sorted((ROOT / "examples" / "excel").glob("*.pq"))
SCRIPT = ROOT / "tests" / "tools" / "parse_power_query.js"


@pytest.fixture(scope="module")
def modules() -> Path:
    """The parser, installed once."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = ROOT / ".cache" / "tools" / "powerquery-parser"
    if not (folder / "node_modules" / "@microsoft" / "powerquery-parser").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PARSER],
            check=True,
        )
    return folder / "node_modules"


def parse(modules: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", SCRIPT, *files],
        env={"NODE_PATH": str(modules), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_query_parses(modules: Path) -> None:
    done = parse(modules, *FILES)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(FILES) == 2


def test_a_broken_query_does_not(modules: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pq"
    broken.write_text(
        FILES[0].read_text(encoding="utf-8").replace("let\n", "", 1), encoding="utf-8"
    )

    assert parse(modules, broken).returncode == 1
