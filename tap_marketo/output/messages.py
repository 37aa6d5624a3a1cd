"""Singer messages on stdout: written whole, whatever signal arrives."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from singer_sdk.singerlib.encoding.simple import Message


class MessageWriter(MsgSpecWriter):
    """Writes with msgspec, and lets a signal in only between two messages."""

    def __init__(self) -> None:
        """Begin outside of any message."""
        super().__init__()
        self._writing = False
        self._waiting: Callable[[], None] | None = None

    def write_message(self, message: Message) -> None:
        """Write a message, then do what a signal asked for meanwhile.

        Args:
            message: Any Singer message.
        """
        with self._undisturbed():
            _write(self.format_message(message))

    def write_lines(self, lines: bytes) -> None:
        """Write messages that are encoded already, then do what a signal asked for meanwhile.

        Args:
            lines: JSON, each with a line break at its end.
        """
        with self._undisturbed():
            _write(lines)

    def between_messages(self, action: Callable[[], None]) -> None:
        """Do something when no message is half written: now, or right after the current one.

        Args:
            action: For a signal handler, which runs in the thread that writes.
        """
        if self._writing and self._waiting is None:
            self._waiting = action
        else:
            action()

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        self._writing = True
        try:
            yield
        finally:
            self._writing = False
        if self._waiting:
            action, self._waiting = self._waiting, None
            action()


def _write(lines: bytes | bytearray) -> None:
    # With PYTHONUNBUFFERED set, a write that a signal interrupts ends before all is written.
    with memoryview(lines) as view:
        written = 0
        while written < len(view):
            with view[written:] as rest:
                written += sys.stdout.buffer.write(rest)
    sys.stdout.flush()
