"""The private names of singer-sdk that the tap uses exist, and only `sdk.py` uses them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from singer_sdk import Stream, Tap
from singer_sdk.plugin_base import PluginBase

import tap_marketo
from tap_marketo.sdk import PRIVATES, Private

PACKAGE = Path(tap_marketo.__file__).parent
OWNED = {name for owner in (Stream, Tap, PluginBase) for name in dir(owner) if name.startswith("_")}
# Set by the SDK's constructors, so no class has them.
OWNED |= {"_stream_version", "_ConfigInput"}


@pytest.mark.parametrize("private", PRIVATES, ids=lambda one: one.name)
def test_each_private_is_there(private: Private) -> None:
    # Class properties cannot be read from abstract classes.
    assert any(private.name in vars(one) for one in getattr(private.owner, "__mro__", ()))
    assert private.reason


def touched(path: Path) -> set[str]:
    """Private names of the SDK that a module calls, overrides or imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("singer_sdk"):
            found |= {alias.name for alias in node.names}
            found |= {part for part in (node.module or "").split(".") if part.startswith("_")}
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


def test_only_one_module_touches_privates() -> None:
    others = {
        path.relative_to(PACKAGE).as_posix(): sorted(touched(path) & OWNED)
        for path in PACKAGE.rglob("*.py")
        if path.name != "sdk.py"
    }

    assert {name: found for name, found in others.items() if found} == {}
