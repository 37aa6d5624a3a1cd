"""A private file of RECORD lines that wait for the next drain."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHORTEST_LIMIT = 256 * 1024


class Spool:
    """Lines of one stream.

    Attributes:
        path: Path of the file.
        size: Size in bytes.
        longest: Upper bound of the longest line's size.
    """

    def __init__(self, path: Path) -> None:
        """Start empty.

        Args:
            path: Path in a private folder.
        """
        self.path = path
        self.size = 0
        self.longest = SHORTEST_LIMIT
        self._file: BinaryIO | None = None

    def write(self, lines: Sequence[bytes]) -> None:
        """Append lines.

        Args:
            lines: JSON without line breaks.
        """
        if self._file is None:
            self._file = self.path.open("wb", buffering=0)
        content = b"\n".join((*lines, b""))
        longest = len(max(lines, key=len))
        if longest >= self.longest:
            self.longest = 2 * longest
        self.size += len(content)
        with memoryview(content) as view:
            written = 0
            while written < len(view):
                written += self._file.write(view[written:]) or 0

    def remove(self) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.close()
            self.path.unlink()
