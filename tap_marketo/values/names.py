"""Names of streams, attribute columns and field columns.

A name depends only on the API name, never on which other names exist, so a stream or column keeps
its name when others are added or deleted. If two API names could have the same plain name, the
names end in a digest of the API name. Without an API name, the id of a type or the display name of
an attribute is used.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import inflection
from anyascii import anyascii

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FIRST_CUSTOM_TYPE = 100_000
"""Marketo's own activity types have lower ids, and names that only Adobe can change."""

_OTHERS = re.compile(r"[^a-z0-9]+")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# The suffix of fields from Salesforce, which may be followed by the name of the object.
_SALESFORCE = re.compile(r"__c(?:_|$)", re.IGNORECASE)
# No two such names have the same slug.
_CAPITALISED = re.compile(r"(?:[A-Z][a-z]*|[0-9]+)(?: (?:[A-Z][a-z]*|[0-9]+))*")


def slug(text: str) -> str:
    """Convert a name to lower case with underscores.

    Args:
        text: Name, for example `Self Serve?`, which becomes `self_serve`. Other scripts are
            transliterated: `会社名` becomes `huishemi`.

    Returns:
        Letters a to z, digits and single underscores, none at the ends; may be empty.
    """
    return _OTHERS.sub("_", anyascii(text).lower()).strip("_")


def snake_case(name: str) -> str:
    """Convert an API name to snake_case; names that differ by more than case stay different.

    A run of capitals is one word: `leadScore` becomes `lead_score`, `marketoGUID` becomes
    `marketo_guid`. Underscores are doubled, because `utm_source` must differ from `utmSource`. A
    name with the `__c` of Salesforce is only converted to lower case.

    Args:
        name: API name.
    """
    if not _IDENTIFIER.fullmatch(name):
        return _tagged(slug(name), name)
    if _SALESFORCE.search(name):
        return name.lower()
    parted = inflection.underscore(name.replace("_", "__"))
    return _tagged(parted, name) if _SALESFORCE.search(parted) else parted


def field_columns(names: Iterable[str], *, renamed: bool) -> dict[str, str]:
    """Return the column of each API name.

    Args:
        names: API names of one object.
        renamed: Whether columns are in snake_case.
    """
    if not renamed:
        return {name: name for name in names}
    return _distinct({name: snake_case(name) for name in names})


def custom_object_stream(api_name: str) -> str:
    """Return the stream of a custom object type.

    Args:
        api_name: API name of the type, for example `car_c`.
    """
    return f"custom_object_{_api_slug(api_name, reserved={'types'})}"


def activity_stream(activity_type: Mapping[str, Any]) -> str:
    """Return the stream of an activity type.

    Args:
        activity_type: Activity type from `activities/types.json`.
    """
    number = int(activity_type["id"])
    if number < FIRST_CUSTOM_TYPE:
        name = str(activity_type["name"])
        plain = slug(name)
        is_plain = name.isascii() and plain not in ("", "types")
        return f"activity_{plain}" if is_plain else f"activity_{plain}_{number}".replace("__", "_")
    api_name = activity_type.get("apiName")
    if not api_name:
        return f"activity_{number}"
    plain = _api_slug(str(api_name), reserved={"types"})
    # The names of Marketo's own types have several words, and the last is never "c".
    is_apart = not plain.isdigit() and ("_" not in plain or plain.endswith("_c"))
    return f"activity_{plain}" if is_apart else f"activity_{plain}_{number}"


def attribute_columns(
    activity_type: Mapping[str, Any], reserved: Collection[str] = ()
) -> dict[str, str]:
    """Return the column of each attribute, by display name.

    Args:
        activity_type: Activity type from `activities/types.json`.
        reserved: Columns that every activity has.
    """
    is_own = int(activity_type["id"]) < FIRST_CUSTOM_TYPE
    taken = {column.casefold() for column in reserved}
    columns = {}
    for attribute in activity_type.get("attributes") or ():
        name = str(attribute["name"])
        column = _attribute_column(name, "" if is_own else attribute.get("apiName"), is_own=is_own)
        columns[name] = f"{column}_2" if column.casefold() in taken else column
    return _distinct(columns)


def _attribute_column(name: str, api_name: str | None, *, is_own: bool) -> str:
    if api_name:
        return snake_case(str(api_name))
    plain = slug(name)
    is_plain = name.isascii() and plain if is_own else _CAPITALISED.fullmatch(name)
    return plain if is_plain else _tagged(plain or "attribute", name)


def _api_slug(api_name: str, reserved: Collection[str]) -> str:
    plain = slug(api_name)
    is_plain = plain == api_name.lower() and plain not in reserved
    return plain if is_plain else _tagged(plain, api_name)


def _tagged(plain: str, original: str) -> str:
    digest = hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{plain}_{digest}".lstrip("_")


def _distinct(columns: dict[str, str]) -> dict[str, str]:
    """Tag names that differ only in case, because databases ignore it."""
    counts = Counter(column.casefold() for column in columns.values())
    if len(counts) == len(columns):
        return columns
    return {
        name: column if counts[column.casefold()] == 1 else _tagged(column, name)
        for name, column in columns.items()
    }
