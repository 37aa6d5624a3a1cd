"""Settings of an export, from options, private files and the environment, in this order."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

from tap_marketo.export.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "client_secret"  # noqa: S105 - the name of a setting
PREFIX = "TAP_MARKETO_"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_credentials(path: Path) -> dict[str, Any]:
    """Read settings from a file: a JSON object, or lines of NAME=value in shell syntax.

    Raises:
        ExportError: The file cannot be read, or other users can read the secret in it.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{path} cannot be read: {getattr(error, 'strerror', error)}.") from None
    settings = _json(path, text) if text.lstrip().startswith("{") else _lines(path, text)
    if os.name == "posix" and SECRET in settings and mode & _OTHERS:
        raise ExportError(
            f"{path} contains a client secret, and other users of this machine may read or change"
            f" it (mode {stat.S_IMODE(mode):04o}). Run: chmod 600 {path}"
        )
    return settings


def _json(path: Path, text: str) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads(text)
    except ValueError:
        raise ExportError(f"{path} is not JSON.") from None
    return settings


def _lines(path: Path, text: str) -> dict[str, Any]:
    settings = {}
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip().removeprefix("export ")
        if not content or content.startswith("#"):
            continue
        name, is_pair, value = content.partition("=")
        if not is_pair:
            raise ExportError(f"{path}, line {number}: expected NAME=value, or a JSON file.")
        key = name.strip().removeprefix(PREFIX).lower()
        settings[key] = value.strip().strip("\"'")
    return settings
