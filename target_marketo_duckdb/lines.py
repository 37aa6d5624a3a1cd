"""Reads messages line by line, and passes RECORD lines on unparsed.

Based on `GenericSingerReader.process_lines` of singer-sdk 0.54.9, which parses every line.
"""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from singer_sdk.io_base import SingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine
from singer_sdk.singerlib.json import deserialize_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import IO

BLOCK = 1024 * 1024
RECORD = "RECORD"

# The stream's name is after the record, as this project's tap writes it, or before.
_STREAM_LAST = b'},"stream":"'
_LAST = re.compile(
    rb'\},"stream":"(?P<stream>[^"\\]+)"(?P<version>,"version":\d+)?'
    rb'(,"time_extracted":"[^"\\]*")?\}'
)
_FIRST = re.compile(
    rb'\{"type": ?"RECORD", ?"stream": ?"(?P<stream>[^"\\]+)", ?"record": ?'
    rb'\}(?P<version>, ?"version": ?\d+)?(, ?"time_extracted": ?"[^"\\]*")?\}'
)
_RECORD_FIRST = b'{"type":"RECORD","record":{'


class Receiver(Protocol):
    """Receiver of unparsed lines."""

    def takes_lines_of(self, stream: str) -> bool:
        """Whether RECORD lines of a stream can be loaded unparsed."""

    def take(self, stream: str, lines: Sequence[bytes], *, versioned: bool) -> None:
        """Store RECORD lines of a stream."""

    def at_rest(self) -> None:
        """Called when all lines so far were passed on."""

    def waiting(self) -> AbstractContextManager[Any]:
        """Context in which the reader waits for lines."""


class LineReader(SingerReader):
    """Passes RECORD lines on unparsed if the receiver takes them.

    Attributes:
        receiver: Receiver of lines; without it every line is parsed.
    """

    receiver: Receiver | None = None

    # Only the source and destination of lines differ from the SDK's reader.

    def process_lines(
        self,
        file_input: IO[str] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        """Read all messages.

        Args:
            file_input: File of messages; stdin by default.
            callbacks: Callbacks by message type.

        Returns:
            Number of messages by type.
        """
        stats: Counter[str] = Counter()
        for lines in self._blocks(file_input or sys.stdin):
            stats += self._process_block(lines, callbacks)
            if self.receiver:
                self.receiver.at_rest()
        return stats

    def deserialize_json(self, line: str) -> dict[str, Any]:
        """Parse a line. Errors do not quote it, because it may contain personal data.

        Args:
            line: One message.

        Raises:
            InvalidInputLine: The line is not a JSON object.
        """
        try:
            message = deserialize_json(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise InvalidInputLine("A line of the input is not a JSON object.") from None
        return message

    @staticmethod
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        """Check that required keys exist.

        Args:
            line_dict: Message, or part of one.
            requires: Required keys.

        Raises:
            InvalidInputLine: A key is missing.
        """
        missing = requires - line_dict.keys()
        if missing:
            kind = line_dict.get("type", "")
            name = f"A {kind} message" if isinstance(kind, str) and kind.isupper() else "A message"
            raise InvalidInputLine(f"{name} lacks {', '.join(sorted(missing))}.")

    def _process_block(
        self, lines: Iterable[bytes], callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        stats: Counter[str] = Counter()
        runs = _Runs(self.receiver)
        known = runs.by_mark
        for line in lines:
            if line.startswith(_RECORD_FIRST):
                mark = line[line.rfind(_STREAM_LAST) :]
            else:
                mark = line[: line.find(b"{", 1)] + line[line.rfind(b"}", 0, -1) :]
            run = known.get(mark)
            if run is None:
                run = runs.find(mark)
            if run is not None:
                run.append(line)
                continue
            if not line or line.isspace():
                continue
            stats[RECORD] += runs.pass_on()
            message = self.deserialize_json(_text(line))
            self.assert_line_requires(message, requires={"type"})
            kind = message["type"]
            callback = callbacks.get(kind)
            if callback is None:
                raise InvalidInputLine("A message has an unknown type.")
            callback(message)
            stats[str(kind)] += 1
        stats[RECORD] += runs.pass_on()
        return stats

    def _blocks(self, file_input: IO[str]) -> Iterator[list[bytes]]:
        file = getattr(file_input, "buffer", None)
        if not isinstance(file, io.BufferedReader):
            for line in file_input:
                yield [line.rstrip("\n").encode(errors="surrogatepass")]
            return
        _enlarge_pipe(file)
        begun: list[bytes] = []
        while True:
            with self.receiver.waiting() if self.receiver else nullcontext():
                block = file.read1(BLOCK)
            if not block:
                break
            first, *lines = block.split(b"\n")
            begun.append(first)
            if lines:
                lines.insert(0, b"".join(begun))
                begun = [lines.pop()]
                yield lines
        if last := b"".join(begun):
            yield [last]


class _Runs:
    """The RECORD lines of a block, by stream."""

    def __init__(self, receiver: Receiver | None) -> None:
        self.by_mark: dict[bytes, list[bytes]] = {}
        self._by_stream: dict[str, list[bytes]] = {}
        self._versioned: set[str] = set()
        self._receiver = receiver

    def find(self, mark: bytes) -> list[bytes] | None:
        """The run for lines with a mark; None if they must be parsed."""
        match = _LAST.fullmatch(mark) or _FIRST.fullmatch(mark)
        if match is None or self._receiver is None:
            return None
        stream = match["stream"].decode(errors="replace")
        if not self._receiver.takes_lines_of(stream):
            return None
        if match["version"]:
            self._versioned.add(stream)
        return self.by_mark.setdefault(mark, self._by_stream.setdefault(stream, []))

    def pass_on(self) -> int:
        """Pass the lines to the receiver; return their number."""
        number = 0
        for stream, lines in self._by_stream.items():
            if lines and self._receiver:
                self._receiver.take(stream, lines, versioned=stream in self._versioned)
                number += len(lines)
        self.by_mark.clear()
        self._by_stream.clear()
        return number


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise InvalidInputLine("A line of the input is not UTF-8.") from None


def _enlarge_pipe(file: io.BufferedReader) -> None:
    # Lets the tap continue to write during a load; only on Linux, and only if permitted.
    try:
        import fcntl  # noqa: PLC0415

        fcntl.fcntl(file.fileno(), fcntl.F_SETPIPE_SZ, BLOCK)
    except (ImportError, AttributeError, OSError):
        pass
