"""BATCH: the records of one stream in files, each told to the target when it is complete.

A file is written to an anonymous temporary file and copied to its storage when it is full or the
window ends: storage never shows a file that is not whole, and one upload is open at a time.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from abc import ABC, abstractmethod
from copy import deepcopy
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from uuid import uuid4

from upath import UPath

from tap_marketo.client.errors import MarketoError
from tap_marketo.files.records import Shape
from tap_marketo.output.records import ENCODER, struct_of
from tap_marketo.sdk import write_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_marketo.output.stream import ExportedStream
    from tap_marketo.sdk import BatchConfig

RECORDS_AT_ONCE = 500
"""Records that are held before they are encoded together."""

CODECS = {
    "jsonl": ("gzip", "none"),
    "parquet": ("snappy", "gzip", "zstd", "lz4", "brotli", "none"),
}
"""The values of `compression` by format; the first is the default."""

ISAL_LEVELS = range(1, 4)
"""Levels of gzip that ISA-L has; it is about twice as fast at the first."""


def accept_codecs(schema: dict[str, Any]) -> None:
    """Let the settings' schema take every compression that there is, beyond the SDK's two.

    Args:
        schema: Of the configuration, with the SDK's own settings.
    """
    # A copy: the SDK gives every plugin the same object.
    batch_config = deepcopy(schema["properties"]["batch_config"])
    schema["properties"]["batch_config"] = batch_config
    encoding = batch_config["properties"]["encoding"]
    every = [name for names in CODECS.values() for name in names]
    encoding["properties"]["compression"]["enum"] = list(dict.fromkeys(every))


class BatchFile(ABC):
    """The current file of one stream.

    Attributes:
        shape: What records are made of.
        append: Takes a record.
    """

    shape: Shape | None
    suffix: str

    def __init__(self, stream: ExportedStream, config: BatchConfig) -> None:
        """Begin without a file.

        Args:
            stream: One that `passes_records_on`.
            config: Format, size and storage.
        """
        self._stream = stream
        self._config = config
        self._name = f"{config.storage.prefix or ''}{stream.tap_name}--{stream.name}-{uuid4()}"
        self._number = self._size = 0
        self._file: BinaryIO | None = None
        self._held: list[Any] = []
        self.append: Callable[[Any], None] = self._held.append

    def flush(self) -> None:
        """Encode what is held, once it is enough."""
        if len(self._held) >= RECORDS_AT_ONCE:
            self._write_held()

    def end(self) -> None:
        """Complete the current file."""
        self._write_held()
        self._complete()

    def add(self, part: Any) -> None:
        """Write records to the current file and to as many more as they fill.

        Args:
            part: As `joined` gives them.
        """
        while len(part):
            if self._file is None:
                self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
                self.begin(self._file)
            fitting, part = self.cut(part, self._config.batch_size - self._size)
            self.write(fitting)
            self._size += len(fitting)
            if self._size >= self._config.batch_size:
                self._complete()

    def _write_held(self) -> None:
        if self._held:
            part = self.joined(self._held)
            # The list stays the same one, as `append` is bound to it.
            self._held.clear()
            self.add(part)

    def _complete(self) -> None:
        if self._file is None:
            return
        self.finish()
        self._number += 1
        name = f"{self._name}-{self._number}.{self.suffix}"
        storage = self._config.storage
        self._file.seek(0)
        folder = UPath(storage.root, **storage.params).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        # The SDK's own way of opening it fails in some file systems of fsspec.
        with self._file as content, (folder / name).open("wb") as target:
            shutil.copyfileobj(content, target)
        self._file, self._size = None, 0
        with self._stream.get_batch_counter() as counter:
            counter.increment()
        write_batch(self._stream, self._config.encoding, [storage.get_url(name)])

    @abstractmethod
    def begin(self, file: BinaryIO) -> None:
        """Begin a file."""

    @abstractmethod
    def joined(self, records: list[Any]) -> Any:
        """What `cut` and `write` take, made of records."""

    @abstractmethod
    def cut(self, part: Any, size: int) -> tuple[Any, Any]:
        """The first records of a part, and the rest."""

    @abstractmethod
    def write(self, part: Any) -> None:
        """Write records to the file that was begun."""

    @abstractmethod
    def finish(self) -> None:
        """Write what completes the file."""


class ColumnFile(BatchFile):
    """A format of columns, which reads a file of nothing but columns faster than row by row."""

    @abstractmethod
    def read_file(
        self, file: BinaryIO, header: Sequence[str], fields: Sequence[str], expected: int | None
    ) -> Iterator[Any]:
        """Read a whole file.

        Args:
            file: Verified.
            header: Of the file.
            fields: As the export asked for them.
            expected: How many rows Marketo says there are, if it does.

        Yields:
            What `add` takes.

        Raises:
            ExportFileError: The file is malformed.
        """


class JsonLinesFile(BatchFile):
    """One JSON object a line, compressed with gzip unless the configuration has none."""

    def __init__(self, stream: ExportedStream, config: BatchConfig) -> None:
        """See `BatchFile`."""
        super().__init__(stream, config)
        self.shape = Shape(struct_of(stream))
        self._compressed = config.encoding.compression != "none"
        self.suffix = "json.gz" if self._compressed else "json"
        self._stream_out: Any = None

    def begin(self, file: BinaryIO) -> None:
        """Begin a file."""
        level = self._stream.tap.settings.batch_gzip_level
        self._stream_out = gzip_writer(file, level) if self._compressed else file

    def joined(self, records: list[Any]) -> list[Any]:
        """The records themselves."""
        return records[:]

    def cut(self, part: list[Any], size: int) -> tuple[list[Any], list[Any]]:
        """Divide records."""
        return part[:size], part[size:]

    def write(self, part: list[Any]) -> None:
        """Write a line for each record."""
        self._stream_out.write(ENCODER.encode_lines(part))

    def finish(self) -> None:
        """Write the end of the compressed data."""
        if self._compressed:
            self._stream_out.close()


def gzip_writer(file: BinaryIO, level: int) -> Any:
    """Return a file that compresses into another one, through ISA-L where that is installed.

    Args:
        file: What takes the compressed bytes; it stays open.
        level: 0 to 9.
    """
    if level in ISAL_LEVELS:
        try:
            from isal import igzip  # noqa: PLC0415 - the extra `fast`
        except ModuleNotFoundError:
            pass
        else:
            return igzip.IGzipFile(fileobj=file, mode="wb", compresslevel=level)  # type: ignore[no-untyped-call]
    return gzip.GzipFile(fileobj=file, mode="wb", compresslevel=level)


def batch_file(stream: ExportedStream, config: BatchConfig) -> BatchFile:
    """The BATCH files of a stream.

    Args:
        stream: One that `passes_records_on`.
        config: As the SDK reads it.

    Raises:
        MarketoError: The format is not known, or the package it needs is not there.
    """
    form, compression = config.encoding.format, config.encoding.compression
    if form not in CODECS:
        raise MarketoError(f"batch_config asks for format {form!r}: only jsonl and parquet exist.")
    if compression not in (None, *CODECS[form]):
        raise MarketoError(
            f"batch_config asks for {form} files with compression {compression!r}: use one of"
            f" {', '.join(CODECS[form])}."
        )
    if form == "jsonl":
        return JsonLinesFile(stream, config)
    try:
        from tap_marketo.output.parquet import ParquetFile  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise MarketoError(
            "batch_config asks for Parquet files, which need pyarrow:"
            " install tap-marketo-engage[parquet]."
        ) from None
    return ParquetFile(stream, config)
