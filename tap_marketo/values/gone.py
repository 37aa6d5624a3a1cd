"""Finds streams and columns of a catalog that no longer exist in the instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def gone(
    selected: Mapping[str, Collection[str]], offered: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """Return the selected streams and columns that are no longer offered.

    Args:
        selected: Columns by stream in the catalog.
        offered: Columns by stream in the instance.

    Returns:
        The missing columns by stream; an empty list for a stream that no longer exists.
    """
    missing: dict[str, list[str]] = {}
    for stream, columns in selected.items():
        if stream not in offered:
            missing[stream] = []
        elif columns_gone := sorted(set(columns) - set(offered[stream])):
            missing[stream] = columns_gone
    return missing
