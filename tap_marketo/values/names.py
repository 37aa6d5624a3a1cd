"""One rule for each kind of name: streams, attribute columns, field columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import inflection

if TYPE_CHECKING:
    from collections.abc import Iterable

OTHERS = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """A display name in lower case, every run of other characters as one underscore.

    Args:
        text: For example `Self Serve?`, which becomes `self_serve`.

    Returns:
        Letters a to z, digits and single underscores, none at the ends; empty when the text has
        no such letter or digit.
    """
    return OTHERS.sub("_", text.lower()).strip("_")


def snake_case(name: str) -> str:
    """An API name in snake_case.

    A name that holds `__c` is only put in lower case; others get an underscore before each
    capital, where a run of capitals is one word: `leadScore` is `lead_score`, `marketoGUID` is
    `marketo_guid`, `anonymousIP` is `anonymous_ip`.

    Args:
        name: As Marketo's API has it.
    """
    return name.lower() if "__c" in name else inflection.underscore(name)


def distinct(names: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> dict[str, str]:
    """Give every original name a column of its own.

    The first in alphabetical order of the original names keeps the plain name, the next ones get
    `_2`, `_3` and so on. Names that differ only in case collide: many databases ignore it.

    Args:
        names: Original and wished-for name.
        taken: Columns that exist already.

    Returns:
        Column by original name, in the order given.
    """
    pairs = list(names)
    used = {name.casefold() for name in taken}
    columns: dict[str, str] = {}
    for original, wished in sorted(pairs):
        name, number = wished, 1
        while name.casefold() in used:
            number += 1
            name = f"{wished}_{number}"
        used.add(name.casefold())
        columns[original] = name
    return {original: columns[original] for original, _ in pairs}


def field_columns(names: Iterable[str], *, renamed: bool) -> dict[str, str]:
    """The column of each API name.

    Args:
        names: API names of one object.
        renamed: Whether columns are in snake_case.
    """
    if not renamed:
        return {name: name for name in names}
    return distinct((name, snake_case(name)) for name in names)
