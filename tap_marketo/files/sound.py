"""Cleans the bytes of an export file for the csv module."""

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
"""Replaces a bare carriage return, and does not occur in any cell.

NUL is dropped from the data before, and is ASCII, which Python reads twice as fast. The csv module
of Python 3.10 refuses NUL, so there it is a noncharacter, which Unicode reserves for such uses.
"""
_BARE_RETURN = re.compile(rb"\r(?!\n)")


class SoundBytes(io.BufferedIOBase):
    """The bytes of a file as valid UTF-8 without NUL.

    The bytes are repaired before decoding, because a decoder's error handler cannot count per file.
    A carriage return without a line feed is data, but the csv module would end the row there, so it
    is replaced by `RETURN`.
    """

    def __init__(self, file: BinaryIO, anomalies: Anomalies) -> None:
        """Wrap a file.

        Args:
            file: File at its beginning; it stays open.
            anomalies: Counts of what is dropped and replaced.
        """
        self.bare_returns = False
        self._file = file
        self._anomalies = anomalies
        self._held = b""
        self._incomplete = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def read1(self, _size: int = -1, /) -> bytes:
        """Return the next chunk, of any size; empty only at the end."""
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
