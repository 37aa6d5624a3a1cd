"""Environment variables that are set and not used: Meltano passes on only declared settings."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from tap_marketo.sdk import variable_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_marketo.sdk import ConfigInput, SdkTap

logger = logging.getLogger("tap-marketo")

# The SDK's own.
_LOGGING = ("LOGLEVEL", "LOG_CONFIG")


def unused(
    environment: Mapping[str, str], prefix: str, known: set[str], used: set[str]
) -> tuple[list[str], list[str]]:
    """The variables of a tap that have no effect.

    Args:
        environment: All variables.
        prefix: What the tap's begin with.
        known: Names of the settings.
        used: Names of the settings that the configuration has.

    Returns:
        Those that name a setting, and those that name none.
    """
    idle: list[str] = []
    unknown: list[str] = []
    for variable in sorted(environment):
        rest = variable.removeprefix(prefix)
        # Meltano's extras have two underscores.
        if (
            rest == variable
            or rest.startswith("_")
            or rest in _LOGGING
            or not environment[variable]
        ):
            continue
        name = rest.lower()
        root = next((one for one in known if name == one or name.startswith(f"{one}_")), "")
        if not root and name not in known:
            unknown.append(variable)
        elif not any(name == one or name.startswith(f"{one}_") for one in used):
            idle.append(variable)
    return idle, unknown


def warn_of_unused(tap: type[SdkTap], config: ConfigInput) -> None:
    """Warn of variables that are set and not used; a whole database was loaded because of one.

    Args:
        tap: Class of the tap.
        config: As it was given; with `ENV` every known variable is used.
    """
    known = set(tap.config_jsonschema["properties"])
    used = known if config.parse_env else set(config.config)
    idle, unknown = unused(os.environ, variable_prefix(tap), known, used)
    if idle:
        logger.warning(
            "Environment variables that are set and not used: %s. Declare these settings for the"
            " extractor in meltano.yml, or run with --config ENV.",
            ", ".join(idle),
        )
    if unknown:
        logger.warning(
            "Environment variables that name no setting: %s. `tap-marketo --about` lists the"
            " settings.",
            ", ".join(unknown),
        )
