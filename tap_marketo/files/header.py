"""Finds the columns of a record in an export file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo.files.errors import ExportFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_marketo.values.kinds import Column


def header_positions(
    header: Sequence[str],
    columns: Sequence[Column],
    *,
    requested: Sequence[str] = (),
) -> list[int | None]:
    """Return the position of each column in the file.

    A column is found by exact name, else by name in any case, else by its place in the request,
    because files of program members have display names (`bulk-program-member-extract.md`). Places
    are used only if the file has as many columns as were requested (or one more, a ``programId``
    in front, which may then occur twice) and no column found by name contradicts them.

    Args:
        header: Header of the file.
        columns: Columns to find.
        requested: Fields in the order of the export's request; if empty, places are not used.

    Returns:
        The position of each column; None if the file does not have it.

    Raises:
        ExportFileError: A required column is missing, or all columns are.
    """
    by_name = {name: position for position, name in reversed(list(enumerate(header)))}
    positions = [by_name.get(column.source) for column in columns]
    free = {
        name.lower(): position
        for name, position in reversed(list(by_name.items()))
        if position not in positions
    }
    for index, column in enumerate(columns):
        if positions[index] is None:
            positions[index] = free.pop(column.source.lower(), None)
    places = _requested_places(header, requested)
    if all(
        position in (None, places.get(column.source, position))
        for column, position in zip(columns, positions, strict=True)
    ):
        taken = set(positions)
        for index, column in enumerate(columns):
            place = places.get(column.source)
            if positions[index] is None and place not in taken:
                positions[index] = place
    for column, position in zip(columns, positions, strict=True):
        if position is None and column.required:
            raise ExportFileError(f"the file has no column {column.source}", 1)
    if columns and header and all(position is None for position in positions):
        raise ExportFileError("the file has none of the columns requested", 1)
    return positions


def _requested_places(header: Sequence[str], requested: Sequence[str]) -> dict[str, int]:
    added = len(header) - len(requested)
    if not requested or added not in (0, 1):
        return {}
    if added and header[0] != "programId":
        return {}
    places = {name: place for place, name in enumerate(requested, start=added)}
    return places | {"programId": 0} if added else places
