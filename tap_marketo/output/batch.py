"""Writes the records of a stream to BATCH files.

A file is first an unnamed temporary file, and is copied to its storage when it is full or the
window ends. So storage never has an incomplete file, and only one upload is open at a time.
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
"""Buffered records that are encoded together."""

CODECS = {
    "jsonl": ("gzip", "none"),
    "parquet": ("snappy", "gzip", "zstd", "lz4", "brotli", "none"),
}
"""Values of `compression` by format; the first is the default."""

ISAL_LEVELS = range(1, 4)
"""Gzip levels that ISA-L supports; at level 1 it is about twice as fast."""


def accept_codecs(schema: dict[str, Any]) -> None:
    """Add all supported compressions to the schema of the settings.

    Args:
        schema: JSON Schema of all settings, including the SDK's.
    """
    # A copy, because the SDK passes the same object to every plugin.
    batch_config = deepcopy(schema["properties"]["batch_config"])
    schema["properties"]["batch_config"] = batch_config
    encoding = batch_config["properties"]["encoding"]
    every = [name for names in CODECS.values() for name in names]
    encoding["properties"]["compression"]["enum"] = list(dict.fromkeys(every))


class BatchFile(ABC):
    """Output of a stream to BATCH files.

    Attributes:
        shape: How to create records.
        append: Adds a record.
    """

    shape: Shape | None
    suffix: str

    def __init__(self, stream: ExportedStream, config: BatchConfig) -> None:
        """Create the output without opening a file.

        Args:
            stream: Stream that `passes_records_on`.
            config: Format, size and storage of the files.
        """
        self._stream = stream
        self._config = config
        self._name = f"{config.storage.prefix or ''}{stream.tap_name}--{stream.name}-{uuid4()}"
        self._number = self._size = 0
        self._file: BinaryIO | None = None
        self._held: list[Any] = []
        self.append: Callable[[Any], None] = self._held.append

    def flush(self) -> None:
        """Encode the buffered records if there are enough."""
        if len(self._held) >= RECORDS_AT_ONCE:
            self._write_held()

    def end(self) -> None:
        """Write the remaining records and complete the file."""
        self._write_held()
        self._complete()

    def add(self, part: Any) -> None:
        """Write records to the current file, and to further files if it is full.

        Args:
            part: Records as returned by `joined`.
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
            # Keep the list object, because `append` is bound to it.
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
        # The SDK's own function to open a file fails in some file systems of fsspec.
        with self._file as content, (folder / name).open("wb") as target:
            shutil.copyfileobj(content, target)
        self._file, self._size = None, 0
        with self._stream.get_batch_counter() as counter:
            counter.increment()
        write_batch(self._stream, self._config.encoding, [storage.get_url(name)])

    @abstractmethod
    def begin(self, file: BinaryIO) -> None:
        """Start a file."""

    @abstractmethod
    def joined(self, records: list[Any]) -> Any:
        """Convert records for `cut` and `write`."""

    @abstractmethod
    def cut(self, part: Any, size: int) -> tuple[Any, Any]:
        """Split records into the first ones and the rest."""

    @abstractmethod
    def write(self, part: Any) -> None:
        """Write records to the current file."""

    @abstractmethod
    def finish(self) -> None:
        """Write the end of the file."""


class ColumnFile(BatchFile):
    """A columnar format, which can read an export file faster than row by row."""

    @abstractmethod
    def read_file(
        self, file: BinaryIO, header: Sequence[str], fields: Sequence[str], expected: int | None
    ) -> Iterator[Any]:
        """Read a whole export file.

        Args:
            file: Verified file.
            header: Header of the file.
            fields: Fields of the export's request.
            expected: Number of rows according to Marketo, if known.

        Yields:
            Records for `add`.

        Raises:
            ExportFileError: The file is malformed.
        """


class JsonLinesFile(BatchFile):
    """JSON Lines files, compressed with gzip by default."""

    def __init__(self, stream: ExportedStream, config: BatchConfig) -> None:
        """See `BatchFile`."""
        super().__init__(stream, config)
        self.shape = Shape(struct_of(stream))
        self._compressed = config.encoding.compression != "none"
        self.suffix = "json.gz" if self._compressed else "json"
        self._stream_out: Any = None

    def begin(self, file: BinaryIO) -> None:
        """Start a file."""
        level = self._stream.tap.settings.batch_gzip_level
        self._stream_out = gzip_writer(file, level) if self._compressed else file

    def joined(self, records: list[Any]) -> list[Any]:
        """Return a copy of the records."""
        return records[:]

    def cut(self, part: list[Any], size: int) -> tuple[list[Any], list[Any]]:
        """Split records."""
        return part[:size], part[size:]

    def write(self, part: list[Any]) -> None:
        """Write a line for each record."""
        self._stream_out.write(ENCODER.encode_lines(part))

    def finish(self) -> None:
        """Write the end of the compressed data."""
        if self._compressed:
            self._stream_out.close()


def gzip_writer(file: BinaryIO, level: int) -> Any:
    """Return a file that writes compressed data to another, with ISA-L if it is installed.

    Args:
        file: File for the compressed data; it stays open.
        level: Compression level, 0 to 9.
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
    """Create the BATCH output of a stream.

    Args:
        stream: Stream that `passes_records_on`.
        config: Format, size and storage of the files.

    Raises:
        MarketoError: The format is unknown, or its package is not installed.
    """
    form, compression = config.encoding.format, config.encoding.compression
    if form not in CODECS:
        raise MarketoError(f"batch_config requests format {form!r}. Use jsonl or parquet.")
    if compression not in (None, *CODECS[form]):
        raise MarketoError(
            f"batch_config requests {form} files with compression {compression!r}. Use one of"
            f" {', '.join(CODECS[form])}."
        )
    if form == "jsonl":
        return JsonLinesFile(stream, config)
    try:
        from tap_marketo.output.parquet import ParquetFile  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise MarketoError(
            "batch_config requests Parquet files, which need pyarrow. Install"
            " tap-marketo-engage[parquet]."
        ) from None
    return ParquetFile(stream, config)
