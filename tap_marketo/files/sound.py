"""The bytes of an export file as UTF-8 that the csv module reads as they were meant."""

from __future__ import annotations

import codecs
import io
import re
import sys
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from tap_marketo.values.anomalies import Anomalies

_CHUNK = 64 * 1024

RETURN = "\0" if sys.version_info >= (3, 11) else "\ufdd0"
"""Stands for a bare carriage return: a character that no cell holds.

NUL is dropped from the data before, and is ASCII, which Python reads twice as fast. The csv module
of Python 3.10 refuses it, so there it is a noncharacter, which Unicode keeps free for such uses.
"""
_BARE_RETURN = re.compile(rb"\r(?!\n)")


class SoundBytes(io.BufferedIOBase):
    """The bytes of a file as UTF-8 without NUL, repaired chunk by chunk below the decoder.

    A decoder's error handler cannot count for one file; so the text layer above sees nothing to
    object to. A carriage return that no line feed follows is data, quoted or not, where the csv
    module would see the end of a row: it travels as `RETURN`.
    """

    def __init__(self, file: BinaryIO, anomalies: Anomalies) -> None:
        """Bind a file.

        Args:
            file: At its beginning; it stays open.
            anomalies: Where to count what is dropped and replaced.
        """
        self.bare_returns = False
        self._file = file
        self._anomalies = anomalies
        self._held = b""
        self._incomplete = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read1(self, _size: int = -1, /) -> bytes:
        """Return the next chunk, empty only at the end; `io.TextIOWrapper` takes any size."""
        while True:
            chunk = self._file.read(_CHUNK)
            last = not chunk
            if b"\0" in chunk:
                self._anomalies.nul_characters += chunk.count(b"\0")
                chunk = chunk.replace(b"\0", b"")
            chunk, self._held = self._held + chunk, b""
            if b"\r" in chunk:
                chunk = self._without_returns(chunk, last=last)
            if self._incomplete or not chunk.isascii():
                chunk = self._repaired(self._incomplete + chunk, last=last)
            if chunk or last:
                return chunk

    def _without_returns(self, chunk: bytes, *, last: bool) -> bytes:
        if not last and chunk.endswith(b"\r"):
            chunk, self._held = chunk[:-1], b"\r"
        if b"\r\n" in chunk:
            chunk, count = _BARE_RETURN.subn(RETURN.encode(), chunk)
            self.bare_returns = self.bare_returns or count > 0
        elif b"\r" in chunk:
            chunk = chunk.replace(b"\r", RETURN.encode())
            self.bare_returns = True
        return chunk

    def _repaired(self, chunk: bytes, *, last: bool) -> bytes:
        try:
            _, length = codecs.utf_8_decode(chunk, "strict", last)
        except UnicodeDecodeError:
            text, length = codecs.utf_8_decode(chunk, "replace", last)
            sound = text.encode()
            self._anomalies.undecodable += text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd")
        else:
            sound = chunk[:length]
        self._incomplete = chunk[length:]
        return sound
