"""`--version` loads only the modules that it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from tap_marketo.cli.main import main

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
HEAVY = {"singer_sdk", "requests", "pendulum", "click", "msgspec"}


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_version_loads_neither_the_sdk_nor_the_tap() -> None:
    out = run(
        "import sys; sys.argv = ['tap-marketo', '--version']\n"
        "from tap_marketo.__main__ import main; main()\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, *sorted(sys.modules))"
    )

    version, modules = out.splitlines()
    assert version == CliRunner().invoke(main, ["--version"]).output.strip()
    loaded = set(modules.split())
    assert not HEAVY & loaded
    assert {name for name in loaded if name.startswith("tap_marketo")} == {
        "tap_marketo",
        "tap_marketo.__main__",
    }


def test_the_command_starts_there() -> None:
    assert 'tap-marketo = "tap_marketo.__main__:main"' in PYPROJECT.read_text(encoding="utf-8")
