"""No module imports from a higher layer: at run time, for types, or by a name in a string.

`python -m tests.architecture.test_layers` prints the layers.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "tap_marketo"
LAYERS: tuple[tuple[str, ...], ...] = (
    ("sdk", "events"),
    ("values", "client", "configuration"),
    ("settings", "outcome", "inputs"),
    ("exports", "files", "instance", "state"),
    ("output",),
    ("streams", "migration", "sync_log"),
    ("tap",),
    ("doctor", "report", "export", "scripts"),
    ("cli",),
    ("__main__",),
)
"""From the bottom; a room may import its own layer and those below."""
HEIGHT = {room: height for height, layer in enumerate(LAYERS) for room in layer}
# The tap of a stream, only for its type.
TYPES_OF_THE_TAP = ("streams", "tap")
MODULE = re.compile(rf"{PACKAGE}(\.\w+)+")


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def modules() -> dict[str, Path]:
    """All modules of the package by name."""
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules of the package that a module imports, and whether only for types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value] if MODULE.fullmatch(node.value) else []
        else:
            continue
        for name in names:
            if name.startswith(f"{PACKAGE}."):
                yield name, id(node) in typed


def arrows() -> dict[tuple[str, str], list[str]]:
    """Imports between rooms, with the importing modules."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, path in modules().items():
        for target, is_type in imported(path):
            edge = (room_of(name), room_of(target))
            if edge[0] and edge[0] != edge[1] and not (is_type and edge == TYPES_OF_THE_TAP):
                found[edge].append(f"{name} -> {target}")
    return found


def test_each_room_has_its_layer() -> None:
    rooms = {room_of(name) for name in modules()} - {""}

    assert rooms <= set(HEIGHT)


@pytest.mark.parametrize("edge", sorted(arrows()), ids=" imports ".join)
def test_no_room_imports_upwards(edge: tuple[str, str]) -> None:
    here, there = edge

    assert HEIGHT[here] >= HEIGHT[there], arrows()[edge]


def test_the_sandbox_imports_nothing_of_the_tap() -> None:
    named = [
        path.name
        for path in (ROOT / "marketo_sandbox").rglob("*.py")
        if any(True for _ in imported(path))
    ]

    assert named == []


def drawing() -> str:
    """The layers from the top, with the imports of each room."""
    below: dict[str, set[str]] = defaultdict(set)
    for here, there in arrows():
        below[here].add(there)
    lines = []
    for layer in reversed(LAYERS):
        lines.append("  ".join(f"[{room}]" for room in layer))
        lines += [
            f"    {room} -> {', '.join(sorted(below[room]))}" for room in layer if below[room]
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(drawing())  # noqa: T201 - it is asked for
