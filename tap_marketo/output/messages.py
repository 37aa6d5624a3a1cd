"""Writes Singer messages to stdout, without interruption by signals."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from singer_sdk.singerlib.encoding.simple import Message


class MessageWriter(MsgSpecWriter):
    """Writes messages with msgspec; a signal takes effect only between two messages."""

    def __init__(self) -> None:
        """Create the writer."""
        super().__init__()
        self._writing = False
        self._waiting: Callable[[], None] | None = None

    def write_message(self, message: Message) -> None:
        """Write a message, then run the action of a signal that arrived meanwhile.

        Args:
            message: Singer message.
        """
        with self._undisturbed():
            _write(self.format_message(message))

    def write_lines(self, lines: bytes) -> None:
        """Write encoded messages, then run the action of a signal that arrived meanwhile.

        Args:
            lines: JSON Lines, each with a line break.
        """
        with self._undisturbed():
            _write(lines)

    def between_messages(self, action: Callable[[], None]) -> None:
        """Run an action now, or after the message that is being written.

        Args:
            action: Action of a signal handler, which runs in the main thread.
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
    # With PYTHONUNBUFFERED, a write that a signal interrupts may be incomplete.
    with memoryview(lines) as view:
        written = 0
        while written < len(view):
            with view[written:] as rest:
                written += sys.stdout.buffer.write(rest)
    sys.stdout.flush()
