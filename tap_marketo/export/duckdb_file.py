"""DuckDB files: one table is replaced or merged in a transaction; other tables stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from tap_marketo.export import json_lines
from tap_marketo.export.errors import ExportError
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tap_marketo.export.spool import Row
    from tap_marketo.export.table import Table

_TYPES = {
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.DATETIME: "TIMESTAMPTZ",
    Kind.TEXT: "VARCHAR",
    Kind.OBJECT: "JSON",
}
_LARGEST_LINE = 2**30


def write_table(
    path: Path, table: Table, rows: Iterable[Row], folder: Path, *, append: bool
) -> None:
    """Write the stream's table.

    Args:
        path: Path of the database, which is created if missing.
        table: Name, columns and keys of the table.
        rows: Rows, each record once.
        folder: Folder for temporary files; the caller removes it.
        append: Whether to keep rows with other keys.

    Raises:
        ExportError: DuckDB failed, for example because another program has the file open.
    """
    lines = folder / "table.jsonl"
    json_lines.write(lines, table, rows, lambda _: None)
    try:
        with duckdb.connect(str(path), config={"temp_directory": str(folder)}) as database:
            database.execute("SET TimeZone = 'UTC'")
            database.begin()
            _load(database, table, lines, append=append)
            database.commit()
    except duckdb.Error as error:
        first = str(error).partition("\n")[0]
        raise ExportError(f"{path.name}: DuckDB failed: {first} The file is unchanged.") from None


def _load(database: Any, table: Table, lines: Path, *, append: bool) -> None:
    types = {column.name: _TYPES[column.kind] for column in table.columns}
    name = quoted(table.name)
    database.execute(
        f"CREATE TEMP VIEW arrived AS SELECT * FROM read_json({text(str(lines))},"  # noqa: S608
        f" format = 'newline_delimited', maximum_object_size = {_LARGEST_LINE},"
        f" columns = {{{', '.join(f'{text(key)}: {text(kind)}' for key, kind in types.items())}}})"
    )
    if not append:
        database.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arrived")
        return
    database.execute(f"CREATE TABLE IF NOT EXISTS {name} AS FROM arrived LIMIT 0")
    for column, kind in types.items():
        database.execute(f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {quoted(column)} {kind}")
    if table.keys:
        same = _same(table.keys, name)
        database.execute(f"DELETE FROM {name} WHERE EXISTS (FROM arrived WHERE {same})")  # noqa: S608
    database.execute(f"INSERT INTO {name} BY NAME FROM arrived")


def _same(keys: Sequence[str], name: str) -> str:
    return " AND ".join(
        f"arrived.{quoted(key)} IS NOT DISTINCT FROM {name}.{quoted(key)}" for key in keys
    )


def quoted(name: str) -> str:
    """A name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as a SQL literal."""
    return "'" + value.replace("'", "''") + "'"
