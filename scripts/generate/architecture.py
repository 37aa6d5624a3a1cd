"""The tap's modules by layer, from the test of the layers and the modules' first lines."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.test_layers import LAYERS, PACKAGE

ROOT = Path(__file__).resolve().parents[2]


def layers() -> str:
    """A table of the modules, lowest layer first."""
    lines = ["| Layer | Module | Contents |", "| --- | --- | --- |"]
    for number, layer in enumerate(LAYERS, 1):
        for room in layer:
            folder = ROOT / PACKAGE / room
            is_folder = folder.is_dir()
            file = folder / "__init__.py" if is_folder else folder.with_suffix(".py")
            text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            name = f"{room}/" if is_folder else f"{room}.py"
            lines.append(f"| {number} | `{name}` | {text.partition(chr(10))[0]} |")
    return "\n".join(lines)
