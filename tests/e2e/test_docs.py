"""The commands of the documentation work; `documentation` explains how they are run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support import documentation, meltano

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox

PAGES = {page.name: page.read_text(encoding="utf-8") for page in documentation.PAGES}
BLOCKS = {
    f"{name}:{block.line}": block
    for name, text in PAGES.items()
    for block in documentation.blocks(text)
}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, text in PAGES.items()
        if any(block.language in {"sh", "python"} for block in documentation.blocks(text))
        # Its sections are independent: test_recipes runs each of them.
        and name != "recipes.md"
    ],
)
def test_the_commands_of_a_page_work(name: str, sandbox: Sandbox, tmp_path: Path) -> None:
    documentation.run(documentation.blocks(PAGES[name]), sandbox, tmp_path)


@pytest.mark.parametrize("name", PAGES)
def test_every_fence_is_read(name: str) -> None:
    assert 2 * len(documentation.blocks(PAGES[name])) == PAGES[name].count("```")


@pytest.mark.parametrize("where", BLOCKS)
def test_a_block_says_what_it_is(where: str) -> None:
    block = BLOCKS[where]
    assert block.language in documentation.LANGUAGES
    if block.language == "yaml":
        yaml.safe_load(block.text)
    if block.language == "json":
        json.loads(block.text)


@pytest.mark.parametrize("where", [where for where, block in BLOCKS.items() if block.mark])
def test_a_mark_gives_its_reason(where: str) -> None:
    block = BLOCKS[where]
    kind, _, reason = block.mark.partition(" ")
    assert block.mark.startswith(documentation.MARKS), block.mark
    assert reason
    if kind == "run":
        assert (meltano.ROOT / reason.removeprefix("by ")).is_file()
