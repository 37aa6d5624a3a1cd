"""BATCH files: read where they are, or copied here first when they are in a remote storage."""

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
"""About how many times the size of a file its rows have in memory."""
LARGEST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True)
class BatchFile:
    """A file of records.

    Attributes:
        url: As the BATCH message has it.
        path: Where DuckDB reads it.
        format: `jsonl` or `parquet`.
        compression: Of a `jsonl` file.
        copied: Whether it is a copy of ours.
    """

    url: str
    path: Path
    format: str
    compression: str
    copied: bool

    @property
    def weight(self) -> int:
        """About the bytes that its rows have."""
        return self.path.stat().st_size * EXPANSION[self.format]

    def json_source(self, columns: str) -> str:
        """What reads it as JSON lines.

        Args:
            columns: Pairs of name and type, as SQL has them.
        """
        return (
            f"read_json({literal(str(self.path))}, format = 'newline_delimited', records = true,"
            f" compression = {literal(self.compression)}, maximum_object_size = {LARGEST_LINE},"
            f" columns = {{{columns}}})"
        )

    def parquet_source(self) -> str:
        """What reads it as Parquet."""
        return f"read_parquet({literal(str(self.path))})"

    def remove(self) -> None:
        """Remove a copy; a tap's file stays."""
        if self.copied:
            self.path.unlink(missing_ok=True)


def batch_file(
    url: str, encoding: BaseBatchFileEncoding, folder: Path, config: BatchConfig | None
) -> BatchFile:
    """A file of a BATCH message.

    Args:
        url: Where it is.
        encoding: Of the message.
        folder: For copies.
        config: Of the target: credentials of a remote storage.

    Raises:
        LoadError: Its format is not known, or it is not there.
    """
    compression = encoding.compression or "none"
    if encoding.format not in EXPANSION or (
        encoding.format == "jsonl" and compression not in {"none", "gzip", "zstd"}
    ):
        raise LoadError(
            f"BATCH files of format {encoding.format} with compression {compression} cannot be"
            " read: use jsonl (gzip, zstd or none) or parquet."
        )
    compression = "uncompressed" if compression == "none" else compression
    path = UPath(url)
    if path.protocol in {"", "file"}:
        local = Path(path.path)
        if not local.is_file():
            raise LoadError(f"BATCH file {url} is not there.")
        return BatchFile(url, local, encoding.format, compression, copied=False)
    local = folder / str(uuid4())
    head, tail = StorageTarget.split_url(url)
    storage = config.storage if config else StorageTarget.from_url(head)
    with storage.open(tail) as source, local.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    return BatchFile(url, local, encoding.format, compression, copied=True)
