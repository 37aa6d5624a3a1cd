"""Input files of a command: configuration, catalog and state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Inputs:
    """Contents of a command's input files.

    Attributes:
        config: Configuration merged from all files, without defaults.
        parse_env: Whether to read environment variables too, as `--config ENV` requests.
        catalog: Catalog, if one is named.
        state: State, if one is named.
    """

    config: dict[str, Any]
    parse_env: bool
    catalog: dict[str, Any] | None
    state: dict[str, Any] | None
