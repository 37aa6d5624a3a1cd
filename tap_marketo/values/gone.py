"""What a catalog selects and the instance has no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def gone(
    selected: Mapping[str, Collection[str]], offered: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """Return the streams and columns that were selected and are not offered any more.

    Args:
        selected: Columns by stream, of a catalog.
        offered: Columns by stream, as discovery finds them now.

    Returns:
        The missing columns of each stream that lacks some; none for a stream that is gone itself.
    """
    missing: dict[str, list[str]] = {}
    for stream, columns in selected.items():
        if stream not in offered:
            missing[stream] = []
        elif lacking := sorted(set(columns) - set(offered[stream])):
            missing[stream] = lacking
    return missing
