"""Which streams a sync would read: those of a catalog, of Meltano's `select`, or the default."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Meltano sets both for the commands of a plugin.
SELECT = "MELTANO_EXTRACT__SELECT"
SELECT_FILTER = "MELTANO_EXTRACT__SELECT_FILTER"


def meltano_rules(environment: Mapping[str, str] = os.environ) -> tuple[list[str], list[str]]:
    """The rules of `select` and `select_filter`; empty when Meltano does not run the tap.

    Args:
        environment: Variables.
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
        rules: As `leads.*`, `activity_*.*` or `!activity_types.*`.
        filters: Names of streams, or `!name`.
        stream: Its name.
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
    named = [one for one in filters if not one.startswith("!")]
    if named and not any(fnmatchcase(stream, one) for one in named):
        return False
    excluded = (one.removeprefix("!") for one in filters if one.startswith("!"))
    return selected and not any(fnmatchcase(stream, one) for one in excluded)
