"""The state next to an appended file: where its next export starts."""

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
    """Contents of the file, and the tap's state after the run that wrote it."""

    instance: str
    stream: str
    columns: list[str]
    raw: bool
    state: dict[str, Any]


def state_path(output: Path) -> Path:
    """Path of the state: `leads.csv.state.json` for `leads.csv`."""
    return output.with_name(output.name + ENDING)


def read_state(output: Path, expected: AppendState) -> dict[str, Any]:
    """The tap's state after the last export to this file; empty for a new file.

    Raises:
        ExportError: The file was exported with other options, or its state is missing.
    """
    path = state_path(output)
    if not output.exists():
        return {}
    if not path.exists():
        raise ExportError(
            f"{output.name} exists without {path.name}, so its end is unknown. Use a new file name;"
            " --append then creates both files."
        )
    try:
        previous = AppendState(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        raise ExportError(
            f"{path.name} cannot be read. Use a new file name; --append then creates both files."
        ) from None
    for name in ("instance", "stream", "columns", "raw"):
        was, now = getattr(previous, name), getattr(expected, name)
        if was != now:
            raise ExportError(
                f"{output.name} was exported with different {name}: {_shown(was)}, not"
                f" {_shown(now)}. Use the same options as before, or another file."
            )
    return previous.state


def write_state(output: Path, state: AppendState, folder: Path) -> None:
    """Replace the state, after the output: a failure in between only repeats records."""
    path = state_path(output)
    unfinished = folder / path.name
    unfinished.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, path)  # noqa: PTH105 - says what it does


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
