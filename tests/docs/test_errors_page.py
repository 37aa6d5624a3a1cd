"""The errors page lists every code and every class, and only messages that exist."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import tap_marketo
from tap_marketo.client.errors import CODES
from tests.support.meltano import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "tap_marketo"
# Joins the parts of a message that spans several lines.
SEAM = re.compile(r'"\s*f?"')
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): SEAM.sub("", path.read_text(encoding="utf-8"))
    for path in PACKAGE.rglob("*.py")
    if "sandbox" not in path.parts
}


def error_classes() -> list[type[Exception]]:
    """The public error classes of the tap."""
    for module in pkgutil.walk_packages(tap_marketo.__path__, "tap_marketo."):
        if "sandbox" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = set()
    left: list[type[Exception]] = [Exception]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.__module__.startswith("tap_marketo.") and not kind.__name__.startswith("_"):
            found.add(kind)
    return sorted(found, key=str)


def section(title: str) -> list[list[str]]:
    """The rows of the table in a section, without the header."""
    text = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


@pytest.mark.parametrize("code", [*CODES, "1029"])
def test_every_code_has_its_row(code: str) -> None:
    codes = " ".join(row[0] for row in section("By Marketo's code"))

    assert re.search(rf"\b{code}\b", codes)


def test_every_class_has_its_row_with_its_module() -> None:
    rows = {(row[0].strip("`"), f"tap_marketo.{row[1].strip('`')}") for row in section("By class")}

    assert rows == {(error.__name__, error.__module__) for error in error_classes()}


@pytest.mark.parametrize(
    "words",
    [
        row[0].strip("`")
        for title in ("errors", "warnings")
        for row in section(f"By log message: {title}")
    ],
)
def test_the_log_has_these_words(words: str) -> None:
    # An ellipsis stands for a variable part.
    parts = [part.strip() for part in words.split("…")]
    assert any(all(part in text for part in parts) for text in SOURCES.values())
