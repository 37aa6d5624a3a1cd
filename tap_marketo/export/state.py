"""The state next to an appended file: where its next export begins."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo.export.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".state.json"


@dataclass(frozen=True)
class AppendState:
    """What the file holds, and the tap's own state of the run that wrote it."""

    instance: str
    stream: str
    columns: list[str]
    raw: bool
    state: dict[str, Any]


def state_path(output: Path) -> Path:
    """The state's file: `leads.csv` has `leads.csv.state.json`."""
    return output.with_name(output.name + ENDING)


def read_state(output: Path, expected: AppendState) -> dict[str, Any]:
    """The tap's state of the last export to this file; empty for a new file.

    Raises:
        ExportError: The file was made otherwise, or its state is missing.
    """
    path = state_path(output)
    if not output.exists():
        return {}
    if not path.exists():
        raise ExportError(
            f"{output.name} exists without {path.name}, which says where it ends."
            " Begin with a new file name; --append makes both."
        )
    try:
        found = AppendState(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        raise ExportError(
            f"{path.name} cannot be read. Begin with a new file name; --append makes both."
        ) from None
    for name in ("instance", "stream", "columns", "raw"):
        was, now = getattr(found, name), getattr(expected, name)
        if was != now:
            raise ExportError(
                f"{output.name} was exported with another {name}: {_shown(was)}, not {_shown(now)}."
                " Use the same options as before, or another file."
            )
    return found.state


def write_state(output: Path, state: AppendState, folder: Path) -> None:
    """Replace the state; after the output, so that a failure in between repeats records only."""
    path = state_path(output)
    unfinished = folder / path.name
    unfinished.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, path)  # noqa: PTH105 - says what it does


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
