"""What a command line names: configuration, catalog and state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Inputs:
    """What the command line names.

    Attributes:
        config: From all files, without defaults.
        parse_env: Whether environment variables complete it, as `--config ENV` asks.
        catalog: None when none is named.
        state: None when none is named.
    """

    config: dict[str, Any]
    parse_env: bool
    catalog: dict[str, Any] | None
    state: dict[str, Any] | None
