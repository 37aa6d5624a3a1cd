"""Runs the tap in this process: discovery, and a run whose records go to the spool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.exceptions import ConfigValidationError

from tap_marketo.export.errors import ExportError
from tap_marketo.output.messages import MessageWriter
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from singer_sdk.singerlib.encoding.simple import Message

_NEWLINE = b"\n"


class RecordTaker(MessageWriter):
    """Receives the messages of a run: records of one stream, and the last state."""

    def __init__(
        self,
        stream: str,
        take: Callable[[Mapping[str, Any]], None],
        keep: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        """Store the callbacks for records and states."""
        super().__init__()
        self.state: dict[str, Any] = {}
        self._stream = stream
        self._take = take
        self._keep = keep
        self._decoder = msgspec.json.Decoder()

    def write_message(self, message: Message) -> None:
        """Handle one message."""
        self._take_line(self.format_message(message))

    def write_lines(self, lines: bytes) -> None:
        """Handle encoded messages."""
        for line in lines.split(_NEWLINE):
            if line:
                self._take_line(line)

    def _take_line(self, line: bytes | bytearray) -> None:
        message = self._decoder.decode(line)
        if message["type"] == "RECORD" and message["stream"] == self._stream:
            self._take(message["record"])
        elif message["type"] == "STATE":
            self.state = message["value"]
            if self._keep:
                self._keep(self.state)


def make_tap(config: Mapping[str, Any], **options: Any) -> TapMarketo:
    """Create a tap with these settings.

    Args:
        config: The tap's settings.
        options: Other arguments of `Tap`.

    Raises:
        ExportError: A setting is missing or wrong.
    """
    try:
        return TapMarketo(config=dict(config), **options)
    except ConfigValidationError as error:
        raise ExportError(f"{'. '.join(error.errors)}.") from None


def run(tap: TapMarketo) -> None:
    """Read the selected stream to its end.

    Raises:
        ExportError: Not everything was read; the log says why.
    """
    try:
        tap.run()
    except SystemExit as end:
        if end.code in {0, None}:
            return
        if end.code != 1:  # a signal
            raise
        raise ExportError(
            "Not everything could be read; see the errors above. An existing file is unchanged."
        ) from None
