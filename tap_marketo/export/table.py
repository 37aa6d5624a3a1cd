"""The exported table, and the file formats for it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tap_marketo.export.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_marketo.export.columns import TableColumn
    from tap_marketo.export.spool import Row, Spool

DUCKDB = frozenset({".duckdb", ".db"})
_MODULES = {
    ".csv": ("tap_marketo.export.delimited", ()),
    ".jsonl": ("tap_marketo.export.json_lines", ()),
    ".parquet": ("tap_marketo.export.parquet", ("pyarrow",)),
    ".xlsx": ("tap_marketo.export.xlsx", ("xlsxwriter", "openpyxl")),
    **dict.fromkeys(DUCKDB, ("tap_marketo.export.duckdb_file", ("duckdb",))),
}


@dataclass(frozen=True)
class Table:
    """A table to write.

    Attributes:
        name: Name of the stream, used for sheets and database tables.
        columns: Columns in the order of the file.
        keys: Columns that identify a record; empty if the file lacks some of them.
        raw: Whether to keep text that looks like a formula as it is (CSV).
        byte_order_mark: Whether a CSV file starts with one, so that Excel detects UTF-8.
    """

    name: str
    columns: Sequence[TableColumn]
    keys: Sequence[str] = ()
    raw: bool = False
    byte_order_mark: bool = False

    def check_header(self, existing: Sequence[str]) -> None:
        """Check the columns of an existing file.

        Raises:
            ExportError: They are different, or in a different order.
        """
        wanted = [column.name for column in self.columns]
        if list(existing) != wanted:
            raise ExportError(
                f"--append needs the columns of the file: {', '.join(existing) or 'none'}."
                f" Requested: {', '.join(wanted)}."
            )


def check_output(path: Path) -> None:
    """Check that the file can be written, before anything is read from Marketo.

    Raises:
        ExportError: The ending is unknown, or the library or the folder is missing.
    """
    if path.suffix.lower() not in _MODULES:
        raise ExportError(f"{path.name}: the file name must end in {', '.join(sorted(_MODULES))}.")
    _, libraries = _MODULES[path.suffix.lower()]
    if any(find_spec(library) is None for library in libraries):
        raise ExportError(
            f"{path.suffix} files need an extra: pip install 'tap-marketo-engage[export]'."
        )
    if path.is_dir():
        raise ExportError(f"{path} is a folder. Give the path of a file in it.")
    if not os.access(path.parent, os.W_OK):
        raise ExportError(f"The folder {path.parent} does not exist or is not writable.")


@contextmanager
def private_folder(path: Path) -> Iterator[Path]:
    """A private folder for unfinished files, next to the output."""
    with tempfile.TemporaryDirectory(
        prefix=f".{path.name}.", dir=path.parent, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


def write_file(
    path: Path,
    table: Table,
    spool: Spool,
    folder: Path,
    *,
    append: bool,
    warn: Callable[[str], None],
    progress: Callable[[Iterator[Row]], Iterator[Row]],
) -> None:
    """Write the rows, and replace the old file only after all are written.

    Raises:
        ExportError: The old file has different columns, or the file cannot be written.
    """
    name, _ = _MODULES[path.suffix.lower()]
    module = import_module(name)
    finished = folder / path.name
    try:
        if path.suffix.lower() in DUCKDB:
            # An existing database may have other tables, so it is changed in a transaction.
            target = path if path.exists() else finished
            module.write_table(target, table, progress(spool.rows()), folder, append=append)
            if target == path:
                return
        else:
            rows = _merged(module.read(path, table), table, spool) if append else spool.rows()
            module.write(finished, table, progress(rows), warn)
        if path.exists():
            finished.chmod(path.stat().st_mode & 0o777)
        os.replace(finished, path)  # noqa: PTH105 - says what it does
    except PermissionError:
        raise ExportError(
            f"{path} cannot be replaced: it may be open in another program or write-protected."
            " Close it and export again."
        ) from None
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}.") from None


def _merged(old: Iterator[Row], table: Table, spool: Spool) -> Iterator[Row]:
    places = [[column.name for column in table.columns].index(key) for key in table.keys]
    for row in old:
        if not places or not spool.has([row[place] for place in places]):
            yield row
    yield from spool.rows()
