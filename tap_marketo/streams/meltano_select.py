"""The rules of Meltano's `select` and `select_filter`."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Meltano sets both variables for a plugin's commands.
SELECT = "MELTANO_EXTRACT__SELECT"
SELECT_FILTER = "MELTANO_EXTRACT__SELECT_FILTER"


def meltano_rules(environment: Mapping[str, str] = os.environ) -> tuple[list[str], list[str]]:
    """The rules of `select` and `select_filter`; empty unless Meltano runs the tap.

    Args:
        environment: Environment variables.
    """
    return _rules(environment.get(SELECT)), _rules(environment.get(SELECT_FILTER))


def _rules(text: str | None) -> list[str]:
    try:
        rules = json.loads(text) if text else []
    except ValueError:
        return []
    return [str(rule) for rule in rules] if isinstance(rules, list) else []


def selects(rules: Iterable[str], filters: Iterable[str], stream: str) -> bool:
    """Whether Meltano's rules select a stream.

    Args:
        rules: Rules such as `leads.*`, `activity_*.*` or `!activity_types.*`.
        filters: Names of streams, or `!name`.
        stream: Stream name.
    """
    selected = False
    for rule in rules:
        pattern, _, attribute = rule.removeprefix("!").partition(".")
        if not fnmatchcase(stream, pattern):
            continue
        if not rule.startswith("!"):
            selected = True
        elif attribute in {"", "*"}:
            return False
    included = [name for name in filters if not name.startswith("!")]
    if included and not any(fnmatchcase(stream, name) for name in included):
        return False
    excluded = (name.removeprefix("!") for name in filters if name.startswith("!"))
    return selected and not any(fnmatchcase(stream, name) for name in excluded)
