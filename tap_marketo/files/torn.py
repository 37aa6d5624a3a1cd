"""A row that stray quotes have torn is read again, where only one reading has all its cells.

Some quotes of people's data reach the file undoubled (`"5" nail"`). Between delimiters, a cell is
then either without quotes around it, or runs from a piece that begins with a quote to one that ends
with a quote. Usually just one way to join the pieces gives as many cells as the header has.
"""

from __future__ import annotations

import re

LONGEST = 1024 * 1024
MOST_STEPS = 200_000


def read_torn(text: str, width: int, delimiter: str) -> list[str] | None:
    """Return the cells of a torn row.

    Args:
        text: The row, with or without its line break.
        width: How many cells the header has.
        delimiter: Between cells.

    Returns:
        The cells; None if no reading, or more than one, has as many as the header.
    """
    if len(text) > LONGEST:
        return None
    text = text.removesuffix("\n").removesuffix("\r")
    pieces = text.split(delimiter)
    joints = len(pieces) - width
    if joints < 0 or len(pieces) * (joints + 1) ** 2 > MOST_STEPS:
        return None
    ends = _ends(pieces, joints)
    # For each piece that a cell may begin with, by the joints left: how many ways, and one of them.
    ways: list[list[tuple[int, int]]] = [[(0, 0)] * (joints + 1) for _ in pieces]
    ways.append([(1, 0)] + [(0, 0)] * joints)
    for begin in range(len(pieces) - 1, -1, -1):
        for left in range(joints + 1):
            found = [
                (count, end)
                for end in ends[begin]
                if end - begin <= left and (count := ways[end + 1][left - (end - begin)][0])
            ]
            if found:
                ways[begin][left] = (min(2, sum(count for count, _ in found)), found[0][1])
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
    """Return the place of the cell in which a row breaks, counted from 0.

    Args:
        line: The first line of the row.
        delimiter: Between cells.
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
    """Return for each piece the pieces at which a cell that begins with it may end."""
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
