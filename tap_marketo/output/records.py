"""How the records of an export file leave the tap: which way, and the two that write messages.

Most streams need nothing from the SDK's record loop: their rows are typed by our own schema, and
no map or flattening is configured. Their RECORD messages are made of compiled Structs and encoded
a chunk at a time, which is about as fast as the file can be split. All others, and dry runs, go
through the SDK, record by record. Both write the same messages.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec
import pendulum
from singer_sdk.mapper import SameRecordTransform

from tap_marketo.files.records import Shape
from tap_marketo.files.splitting import UNNAMEABLE
from tap_marketo.sdk import stream_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from singer_sdk.helpers.types import Record

    from tap_marketo.output.messages import MessageWriter
    from tap_marketo.output.stream import ExportedStream

ENCODER = msgspec.json.Encoder(decimal_format="number")


class Output(Protocol):
    """Where the records of one stream go while a file is read.

    Attributes:
        shape: What records are made of; None for dicts.
        append: Takes one record.
    """

    shape: Shape | None
    append: Callable[[Any], None]

    def flush(self) -> None:
        """Write what was taken; called after every chunk of rows."""

    def end(self) -> None:
        """Write the rest; called after the last row of a file, before the bookmark moves."""


class RecordByRecord:
    """The SDK's way: selection, type conformance, stream maps and flattening for each record."""

    shape: Shape | None = None

    def __init__(self, append: Callable[[Record], None]) -> None:
        """Bind what takes a record.

        Args:
            append: `_write_record_message` of the stream, or a list's.
        """
        self.append = append

    def flush(self) -> None:
        """Nothing is held."""

    def end(self) -> None:
        """Nothing is held."""


class Messages:
    """RECORD messages, encoded together in the order of the rows; shared by a group's streams."""

    def __init__(self, writer: MessageWriter) -> None:
        """Bind the tap's writer.

        Args:
            writer: Of the tap.
        """
        self._writer = writer
        self._messages: list[Any] = []

    def of(self, stream: ExportedStream) -> StreamMessages:
        """The messages of one stream.

        Args:
            stream: One that `passes_records_on`.
        """
        return StreamMessages(self, stream, self._messages.append)

    def flush(self) -> None:
        """Write the messages."""
        if self._messages:
            self._writer.write_lines(ENCODER.encode_lines(self._messages))
            self._messages.clear()


class StreamMessages:
    """One stream's part of the `Messages`."""

    def __init__(
        self, messages: Messages, stream: ExportedStream, append: Callable[[Any], None]
    ) -> None:
        """Make the message type of the stream.

        Args:
            messages: Shared by the streams of a group.
            stream: One that `passes_records_on`.
            append: Takes a message.
        """
        self.append = append
        self._messages = messages
        version = stream_version(stream)
        message = msgspec.defstruct(
            "RecordMessage",
            [
                ("record", Any),
                ("stream", str, stream.name),
                *([("version", int, version)] if version is not None else ()),
                ("time_extracted", str, pendulum.now("UTC").to_iso8601_string()),
            ],
            tag_field="type",
            tag="RECORD",
            gc=False,
        )
        self.shape: Shape | None = Shape(struct_of(stream), message)

    def flush(self) -> None:
        """Write the messages of all streams."""
        self._messages.flush()

    def end(self) -> None:
        """Write the messages of all streams."""
        self._messages.flush()


def passes_records_on(stream: ExportedStream) -> bool:
    """Whether records leave as the file has them, but for deselected columns.

    Args:
        stream: With its catalog entry.
    """
    (first, *others) = stream.stream_maps
    return (
        stream.ABORT_AT_RECORD_COUNT is None
        and not others
        and isinstance(first, SameRecordTransform)
        and not first.flattening_enabled
        and not any(UNNAMEABLE.search(name) for name in stream.schema["properties"])
        and not _is_retyped(stream)
    )


def _is_retyped(stream: ExportedStream) -> bool:
    effective = stream.effective_schema["properties"]
    return any(
        (effective[name].get("type"), effective[name].get("format"))
        != (known.get("type"), known.get("format"))
        for name, known in stream.schema["properties"].items()
        if name in effective
    )


def struct_of(stream: ExportedStream) -> Callable[[Sequence[str]], Callable[..., Any]]:
    """What makes a Struct of a record's values, without those of deselected columns.

    Args:
        stream: With its catalog entry.
    """

    def record(names: Sequence[str]) -> Callable[..., Any]:
        kept = written_columns(stream, names)
        struct = msgspec.defstruct(
            "Record",
            # Columns may have names that no attribute can have.
            [(f"c{place}", Any, msgspec.field(name=names[place])) for place in kept],
            gc=False,
        )
        if len(kept) == len(names):
            return struct
        pick = picker(kept)
        return lambda *values: struct(*pick(values))

    return record


def written_columns(stream: ExportedStream, names: Sequence[str]) -> list[int]:
    """The places of the columns that are not deselected.

    Args:
        stream: With its catalog entry.
        names: Of the columns.
    """
    return [place for place, name in enumerate(names) if stream.is_written(name)]


def picker(kept: Sequence[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """What takes the kept ones of a record's values.

    Args:
        kept: Their places, one at least.
    """
    if len(kept) == 1:
        return lambda values: (values[kept[0]],)
    return cast("Callable[[tuple[Any, ...]], tuple[Any, ...]]", itemgetter(*kept))
