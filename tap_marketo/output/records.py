"""Writes the records of export files as RECORD messages.

Most streams do not need the SDK's record loop, because their rows match the schema and no map or
flattening is configured. Their messages are created from compiled Structs and encoded in chunks,
about as fast as splitting the file. Other streams, and dry runs, go through the SDK record by
record. Both write the same messages.
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
    """Output for the records of a stream.

    Attributes:
        shape: How to create records; None for dicts.
        append: Adds a record.
    """

    shape: Shape | None
    append: Callable[[Any], None]

    def flush(self) -> None:
        """Write the added records; called after every chunk of rows."""

    def end(self) -> None:
        """Write the remaining records; called after the last row of a file."""


class RecordByRecord:
    """Output through the SDK, with selection, type conformance, stream maps and flattening."""

    shape: Shape | None = None

    def __init__(self, append: Callable[[Record], None]) -> None:
        """Create the output.

        Args:
            append: `_write_record_message` of the stream, or `append` of a list.
        """
        self.append = append

    def flush(self) -> None:
        """Do nothing: no record is buffered."""

    def end(self) -> None:
        """Do nothing: no record is buffered."""


class Messages:
    """RECORD messages of a group's streams, encoded together in the order of the rows."""

    def __init__(self, writer: MessageWriter) -> None:
        """Create an empty buffer.

        Args:
            writer: Message writer of the tap.
        """
        self._writer = writer
        self._messages: list[Any] = []

    def of(self, stream: ExportedStream) -> StreamMessages:
        """Return the output of a stream.

        Args:
            stream: Stream that `passes_records_on`.
        """
        return StreamMessages(self, stream, self._messages.append)

    def flush(self) -> None:
        """Write the messages."""
        if self._messages:
            self._writer.write_lines(ENCODER.encode_lines(self._messages))
            self._messages.clear()


class StreamMessages:
    """Output of a stream to the shared `Messages`."""

    def __init__(
        self, messages: Messages, stream: ExportedStream, append: Callable[[Any], None]
    ) -> None:
        """Create the message type of the stream.

        Args:
            messages: Messages of the group.
            stream: Stream that `passes_records_on`.
            append: Adds a message.
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
    """Return whether records are written unchanged, except for deselected columns.

    Args:
        stream: Stream with its catalog entry.
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
    """Return a factory of Structs without the deselected columns.

    Args:
        stream: Stream with its catalog entry.
    """

    def record(names: Sequence[str]) -> Callable[..., Any]:
        kept = written_columns(stream, names)
        struct = msgspec.defstruct(
            "Record",
            # Names of columns may not be valid attribute names.
            [(f"c{place}", Any, msgspec.field(name=names[place])) for place in kept],
            gc=False,
        )
        if len(kept) == len(names):
            return struct
        pick = picker(kept)
        return lambda *values: struct(*pick(values))

    return record


def written_columns(stream: ExportedStream, names: Sequence[str]) -> list[int]:
    """Return the places of the selected columns.

    Args:
        stream: Stream with its catalog entry.
        names: Names of the columns.
    """
    return [place for place, name in enumerate(names) if stream.is_written(name)]


def picker(kept: Sequence[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return a function that picks some of a record's values.

    Args:
        kept: Places of the values to pick, at least one.
    """
    if len(kept) == 1:
        return lambda values: (values[kept[0]],)
    return cast("Callable[[tuple[Any, ...]], tuple[Any, ...]]", itemgetter(*kept))
