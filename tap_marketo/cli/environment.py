"""Warns about unused environment variables: Meltano passes only declared settings to the tap."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from tap_marketo.sdk import variable_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_marketo.sdk import ConfigInput, SdkTap

logger = logging.getLogger("tap-marketo")

# Variables of the SDK.
_LOGGING = ("LOGLEVEL", "LOG_CONFIG")


def unused(
    environment: Mapping[str, str], prefix: str, known: set[str], used: set[str]
) -> tuple[list[str], list[str]]:
    """Find the tap's variables that have no effect.

    Args:
        environment: All variables.
        prefix: Prefix of the tap's variables.
        known: Names of all settings.
        used: Names of the settings in the configuration.

    Returns:
        The variables that name a setting, and those that do not.
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
        if not _names_any(known, name):
            unknown.append(variable)
        elif not _names_any(used, name):
            idle.append(variable)
    return idle, unknown


def _names_any(settings: set[str], name: str) -> bool:
    return any(name == setting or name.startswith(f"{setting}_") for setting in settings)


def warn_of_unused(tap: type[SdkTap], config: ConfigInput) -> None:
    """Log a warning about unused variables.

    Args:
        tap: Class of the tap.
        config: Configuration; with `ENV` every known variable is used.
    """
    known = set(tap.config_jsonschema["properties"])
    used = known if config.parse_env else set(config.config)
    idle, unknown = unused(os.environ, variable_prefix(tap), known, used)
    if idle:
        logger.warning(
            "Environment variables that are set but not used: %s. Declare these settings for the"
            " extractor in meltano.yml, or run with --config ENV.",
            ", ".join(idle),
        )
    if unknown:
        logger.warning(
            "Environment variables that name no setting: %s. `tap-marketo --about` lists all"
            " settings.",
            ", ".join(unknown),
        )
