"""Exported rows on disk until all have arrived, with the last version of each record.

Marketo can export a record twice, for example a lead that changes during the export. A temporary
SQLite database keeps the keys, so memory does not grow with the rows.
"""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tap_marketo.export.columns import TableColumn

Row = list[Any]
CHUNK = 5000


class Spool:
    """Stores records and returns rows, each record once."""

    def __init__(self, folder: Path, columns: Sequence[TableColumn], keys: Sequence[str]) -> None:
        """Open the files in a private folder, which the caller removes."""
        self._names = [column.name for column in columns]
        self._keys = list(keys)
        self._path = folder / "rows.jsonl"
        self._file = self._path.open("wb")
        self._encode = msgspec.json.Encoder().encode
        self._lines = 0
        self._pending: list[tuple[str, int]] = []
        self._database = sqlite3.connect(folder / "keys.sqlite", isolation_level=None)
        for line in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "CREATE TABLE last (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID",
            "BEGIN",
        ):
            self._database.execute(line)

    def add(self, record: Mapping[str, Any]) -> None:
        """Add a record."""
        self._file.write(self._encode([record.get(name) for name in self._names]))
        self._file.write(b"\n")
        if self._keys:
            self._pending.append((key_text([record.get(name) for name in self._keys]), self._lines))
            if len(self._pending) >= CHUNK:
                self._keep_keys()
        self._lines += 1

    def rows(self) -> Iterator[Row]:
        """The rows in order of arrival, with only the last version of each record."""
        self._file.flush()
        self._keep_keys()
        decode = msgspec.json.Decoder().decode
        with self._path.open("rb") as file:
            if not self._keys:
                yield from map(decode, file)
                return
            place = 0
            for (line,) in self._database.execute("SELECT line FROM last ORDER BY line"):
                yield decode(next(islice(file, line - place, None)))
                place = line + 1

    def __len__(self) -> int:
        """Number of rows."""
        if not self._keys:
            return self._lines
        self._keep_keys()
        ((count,),) = self._database.execute("SELECT count(*) FROM last")
        return int(count)

    def has(self, key: Sequence[Any]) -> bool:
        """Whether a record with this key has arrived; it replaces an older row."""
        self._keep_keys()
        row = self._database.execute("SELECT 1 FROM last WHERE key = ?", (key_text(key),))
        return row.fetchone() is not None

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        self._database.close()

    def _keep_keys(self) -> None:
        if self._pending:
            self._database.executemany("INSERT OR REPLACE INTO last VALUES (?, ?)", self._pending)
            self._pending.clear()


def key_text(values: Sequence[Any]) -> str:
    """A key as text, equal for values from a message and from a file's cells."""
    return "\x1f".join(map(_key_part, values))


def _key_part(value: Any) -> str:
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
