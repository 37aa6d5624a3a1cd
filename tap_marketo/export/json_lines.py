"""JSON Lines files: one object per row, with values as the tap types them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tap_marketo.export.spool import Row
    from tap_marketo.export.table import Table


def write(path: Path, table: Table, rows: Iterable[Row], warn: Callable[[str], None]) -> None:
    """Write a JSON Lines file."""
    del warn
    names = [column.name for column in table.columns]
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for row in rows:
            file.write(encode(dict(zip(names, row, strict=True))))
            file.write(b"\n")


def read(path: Path, table: Table) -> Iterator[Row]:
    """The rows of a JSON Lines file.

    Raises:
        ExportError: The file has different columns.
    """
    decode = msgspec.json.Decoder(dict).decode
    with path.open("rb") as file:
        for line in file:
            row = decode(line)
            table.check_header(list(row))
            yield list(row.values())
