"""BATCH files, read in place or copied first if their storage is remote."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from singer_sdk.helpers._batch import StorageTarget
from upath import UPath

from target_marketo_duckdb.columns import literal
from target_marketo_duckdb.errors import LoadError

if TYPE_CHECKING:
    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig

EXPANSION = {"jsonl": 6, "parquet": 15}
"""Approximate ratio of rows in memory to file size."""
LARGEST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True)
class BatchFile:
    """A file of records.

    Attributes:
        url: URL in the BATCH message.
        path: Path from which DuckDB reads it.
        format: `jsonl` or `parquet`.
        compression: Compression of a `jsonl` file.
        copied: Whether it is a temporary copy.
    """

    url: str
    path: Path
    format: str
    compression: str
    copied: bool

    @property
    def weight(self) -> int:
        """Approximate size of its rows in bytes."""
        return self.path.stat().st_size * EXPANSION[self.format]

    def json_source(self, columns: str) -> str:
        """SQL that reads it as JSON Lines.

        Args:
            columns: Pairs of name and type in SQL.
        """
        return (
            f"read_json({literal(str(self.path))}, format = 'newline_delimited', records = true,"
            f" compression = {literal(self.compression)}, maximum_object_size = {LARGEST_LINE},"
            f" columns = {{{columns}}})"
        )

    def parquet_source(self) -> str:
        """SQL that reads it as Parquet."""
        return f"read_parquet({literal(str(self.path))})"

    def remove(self) -> None:
        """Delete a copy; the tap's own file stays."""
        if self.copied:
            self.path.unlink(missing_ok=True)


def batch_file(
    url: str, encoding: BaseBatchFileEncoding, folder: Path, config: BatchConfig | None
) -> BatchFile:
    """A file of a BATCH message.

    Args:
        url: URL of the file.
        encoding: Encoding in the message.
        folder: Folder for copies.
        config: Settings of the target, with the credentials of a remote storage.

    Raises:
        LoadError: The format is unknown, or the file does not exist.
    """
    compression = encoding.compression or "none"
    if encoding.format not in EXPANSION or (
        encoding.format == "jsonl" and compression not in {"none", "gzip", "zstd"}
    ):
        raise LoadError(
            f"BATCH files of format {encoding.format} with compression {compression} cannot be"
            " read. Use jsonl (gzip, zstd or none) or parquet."
        )
    compression = "uncompressed" if compression == "none" else compression
    path = UPath(url)
    if path.protocol in {"", "file"}:
        local = Path(path.path)
        if not local.is_file():
            raise LoadError(f"BATCH file {url} does not exist.")
        return BatchFile(url, local, encoding.format, compression, copied=False)
    local = folder / str(uuid4())
    head, tail = StorageTarget.split_url(url)
    storage = config.storage if config else StorageTarget.from_url(head)
    with storage.open(tail) as source, local.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    return BatchFile(url, local, encoding.format, compression, copied=True)
