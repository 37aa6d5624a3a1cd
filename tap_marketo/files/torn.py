"""Reads rows with unescaped quotes if there is only one way to do so.

Some quotes in the data are not doubled in the file (`"5" nail"`). A cell then either has no quotes
around it, or extends from a piece that begins with a quote to a piece that ends with one. Usually
only one way to join the pieces results in as many cells as the header has.
"""

from __future__ import annotations

import re

LONGEST = 1024 * 1024
MOST_STEPS = 200_000


def read_torn(text: str, width: int, delimiter: str) -> list[str] | None:
    """Return the cells of a torn row.

    Args:
        text: Row, with or without its line break.
        width: Number of cells of the header.
        delimiter: Delimiter between cells.

    Returns:
        The cells; None if there is no way, or more than one, to get as many as the header has.
    """
    if len(text) > LONGEST:
        return None
    text = text.removesuffix("\n").removesuffix("\r")
    pieces = text.split(delimiter)
    joints = len(pieces) - width
    if joints < 0 or len(pieces) * (joints + 1) ** 2 > MOST_STEPS:
        return None
    ends = _ends(pieces, joints)
    # For each first piece of a cell and number of joints left: the number of ways, and one of them.
    ways: list[list[tuple[int, int]]] = [[(0, 0)] * (joints + 1) for _ in pieces]
    ways.append([(1, 0)] + [(0, 0)] * joints)
    for begin in range(len(pieces) - 1, -1, -1):
        for left in range(joints + 1):
            options = [
                (count, end)
                for end in ends[begin]
                if end - begin <= left and (count := ways[end + 1][left - (end - begin)][0])
            ]
            if options:
                ways[begin][left] = (min(2, sum(count for count, _ in options)), options[0][1])
    if ways[0][joints][0] != 1:
        return None
    cells, begin, left = [], 0, joints
    while begin < len(pieces):
        end = ways[begin][left][1]
        cells.append(_unquoted(delimiter.join(pieces[begin : end + 1])))
        left -= end - begin
        begin = end + 1
    return cells


def torn_cell(line: str, delimiter: str) -> int:
    """Return the place of a row's first invalid cell, counted from 0.

    Args:
        line: First line of the row.
        delimiter: Delimiter between cells.
    """
    cell = re.compile(
        rf'(?:"(?:[^"]|"")*"|[^"{re.escape(delimiter)}\r\n][^{re.escape(delimiter)}\r\n]*|)'
        rf"(?:{re.escape(delimiter)}|\r?\n|$)"
    )
    place = position = 0
    while position < len(line) and (match := cell.match(line, position)):
        position = match.end()
        place += 1
    return place


def _ends(pieces: list[str], joints: int) -> list[list[int]]:
    """Return, for each piece, the pieces at which a cell that begins with it may end."""
    closing = [piece.endswith('"') for piece in pieces]
    return [
        [
            end
            for end in range(begin, min(begin + joints, len(pieces) - 1) + 1)
            if closing[end] and (end > begin or len(piece) > 1)
        ]
        if piece.startswith('"')
        else [begin]
        for begin, piece in enumerate(pieces)
    ]


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
