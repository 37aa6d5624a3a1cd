"""The table that is exported, and the files that can hold it."""

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
    """What is written.

    Attributes:
        name: The stream's, which sheets and database tables get.
        columns: In the order of the file.
        keys: Columns that name a record; empty when the file cannot tell records apart.
        raw: Leave text that looks like a formula as it is (CSV).
        byte_order_mark: Begin a CSV file with one, by which Excel knows UTF-8.
    """

    name: str
    columns: Sequence[TableColumn]
    keys: Sequence[str] = ()
    raw: bool = False
    byte_order_mark: bool = False

    def check_header(self, found: Sequence[str]) -> None:
        """Compare the columns of an older file.

        Raises:
            ExportError: They are others, or in another order.
        """
        wanted = [column.name for column in self.columns]
        if list(found) != wanted:
            raise ExportError(
                f"--append needs the columns that the file has: {', '.join(found) or 'none'}."
                f" Asked for: {', '.join(wanted)}."
            )


def check_output(path: Path) -> None:
    """Refuse what cannot be written before anything is read from Marketo.

    Raises:
        ExportError: Unknown ending, missing library or missing folder.
    """
    if path.suffix.lower() not in _MODULES:
        raise ExportError(
            f"{path.name}: the ending decides the format: {', '.join(sorted(_MODULES))}."
        )
    _, libraries = _MODULES[path.suffix.lower()]
    if any(find_spec(one) is None for one in libraries):
        raise ExportError(
            f"{path.suffix} files need an extra: pip install 'tap-marketo-engage[export]'."
        )
    if path.is_dir():
        raise ExportError(f"{path} is a folder: name a file in it.")
    if not os.access(path.parent, os.W_OK):
        raise ExportError(f"The folder {path.parent} does not exist, or cannot be written to.")


@contextmanager
def private_folder(path: Path) -> Iterator[Path]:
    """A folder for unfinished files next to the output, which nobody else can read."""
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
    """Write what has arrived, and replace the old file only when all is written.

    Raises:
        ExportError: The old file has other columns, or nothing can be written.
    """
    name, _ = _MODULES[path.suffix.lower()]
    module = import_module(name)
    finished = folder / path.name
    try:
        if path.suffix.lower() in DUCKDB:
            # A database has tables of others: an existing one changes in a transaction.
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
            f"{path} cannot be replaced: is it open in another program, or write-protected?"
            " Close it and export again."
        ) from None
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}.") from None


def _merged(old: Iterator[Row], table: Table, spool: Spool) -> Iterator[Row]:
    places = [[one.name for one in table.columns].index(key) for key in table.keys]
    for row in old:
        if not places or not spool.has([row[place] for place in places]):
            yield row
    yield from spool.rows()
