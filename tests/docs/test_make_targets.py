"""The `make` targets that the documentation names exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_make_target_of_the_documentation_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    commands = [
        command
        for page in pages
        if page.exists()
        for command in re.findall(r"^make ([a-z -]+?)(?:\s{2,}|$)", page.read_text(), re.MULTILINE)
    ]

    assert commands
    for target in " ".join(commands).split():
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
