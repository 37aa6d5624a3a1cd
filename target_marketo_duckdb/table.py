"""One table of the database: its columns, and the merge of staged rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_marketo_duckdb.columns import (
    BIGINT,
    DOUBLE,
    TIMESTAMP,
    VARCHAR,
    identifier,
    literal,
    merged,
)
from target_marketo_duckdb.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

STAGE = "temp._target_marketo_duckdb"
DELETED_AT, TABLE_VERSION = "_sdc_deleted_at", "_sdc_table_version"
NOW = "(now() AT TIME ZONE 'UTC')"
EXACT_IN_DOUBLE = 2**53


class Table:
    """A table; users may have created it themselves, with constraints.

    Attributes:
        types: Types of its columns, by name in the table.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> None:
        """Inspect the table, if it exists.

        Args:
            connection: Connection in a transaction.
            schema: Database schema, which is created if missing.
            name: Name of the table.

        Raises:
            LoadError: A view has this name.
        """
        self._connection = connection
        self._schema, self._name = schema, name
        self.sql = f"{identifier(schema)}.{identifier(name)}"
        where = "database_name = current_database() AND schema_name = ?"
        place = [schema, name]
        view = f"SELECT 1 FROM duckdb_views() WHERE {where} AND view_name = ?"
        if connection.execute(view, place).fetchone():
            raise LoadError(
                f"{self.sql} is a view, so stream {name} cannot be loaded into it."
                " Rename the view, or set default_target_schema."
            )
        columns = connection.execute(
            f"SELECT column_name, data_type FROM duckdb_columns() WHERE {where}"
            " AND table_name = ? ORDER BY column_index",
            place,
        )
        self.types: dict[str, str] = dict(columns.fetchall())

    def ensure(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Create the table, or add and widen columns.

        Args:
            wanted: Types by column name.

        Returns:
            The table's name for each column; DuckDB ignores case.
        """
        if not self.types and wanted:
            self._run(f"CREATE SCHEMA IF NOT EXISTS {identifier(self._schema)}")
            columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in wanted.items())
            self._run(f"CREATE TABLE {self.sql} ({columns})")
            self.types = dict(wanted)
        names = {name.casefold(): name for name in self.types}
        for name, kind in wanted.items():
            existing = names.get(name.casefold())
            if existing is None:
                names[name.casefold()] = name
                self._run(f"ALTER TABLE {self.sql} ADD COLUMN {identifier(name)} {kind}")
                self.types[name] = kind
            elif (type_ := merged(self.types[existing], kind)) != self.types[existing]:
                self.widen(existing, type_)
        return {name: names[name.casefold()] for name in wanted}

    def widen(self, name: str, type_: str) -> None:
        """Change the type of a column to a wider one.

        Args:
            name: Name of the column in the table.
            type_: The wider type.
        """
        column = identifier(name)
        if self.types[name] == BIGINT and type_ == DOUBLE:
            inexact = f"SELECT 1 FROM {self.sql} WHERE abs({column}) > {EXACT_IN_DOUBLE} LIMIT 1"
            type_ = VARCHAR if self._connection.execute(inexact).fetchone() else DOUBLE
        self._run(f"ALTER TABLE {self.sql} ALTER COLUMN {column} TYPE {type_}")
        self.types[name] = type_

    def merge_stage(self, staged: Sequence[str], keys: Sequence[str], *, hard_delete: bool) -> None:
        """Insert the rows of `STAGE`, and update those whose key exists.

        Args:
            staged: Columns of the stage, with the table's names and types.
            keys: Columns that make a row unique; without any, every row is inserted.
            hard_delete: Whether rows marked as deleted are removed.

        Raises:
            LoadError: A key is null.
        """
        if keys:
            self._keep_last(keys)
        if hard_delete and DELETED_AT in staged:
            self._delete_marked(keys)
        columns = ", ".join(map(identifier, staged))
        same = " AND ".join(f"t.{identifier(key)} = s.{identifier(key)}" for key in keys)
        if not keys or not self._matches(same):
            self._run(f"INSERT INTO {self.sql} ({columns}) SELECT {columns} FROM {STAGE}")
            return
        changes = [
            f"{column} = s.{column}"
            for column in map(identifier, staged)
            if column not in set(map(identifier, keys))
        ]
        if DELETED_AT in self.types and DELETED_AT not in staged:
            # A record that arrives again is no longer deleted.
            changes.append(f"{DELETED_AT} = NULL")
        update = f" WHEN MATCHED THEN UPDATE SET {', '.join(changes)}" if changes else ""
        values = ", ".join(f"s.{identifier(name)}" for name in staged)
        self._run(
            f"MERGE INTO {self.sql} AS t USING {STAGE} AS s ON ({same}){update}"
            f" WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})"
        )

    def activate(self, version: int, *, hard_delete: bool, all_versioned: bool) -> None:
        """Remove, or mark as deleted, the rows of older versions.

        Args:
            version: Version that stays.
            hard_delete: Whether older rows are removed.
            all_versioned: Whether rows without a version are older, too.
        """
        if not self.types:
            return
        wanted = {TABLE_VERSION: BIGINT} | ({} if hard_delete else {DELETED_AT: TIMESTAMP})
        self.ensure(wanted)
        old = f"{TABLE_VERSION} < {int(version)}"
        if all_versioned:
            old = f"({old} OR {TABLE_VERSION} IS NULL)"
        if hard_delete:
            self._run(f"DELETE FROM {self.sql} WHERE {old}")
        else:
            self._run(
                f"UPDATE {self.sql} SET {DELETED_AT} = {NOW} WHERE {old} AND {DELETED_AT} IS NULL"
            )

    def _keep_last(self, keys: Sequence[str]) -> None:
        names = [identifier(key) for key in keys]
        key = names[0] if len(names) == 1 else f"({', '.join(names)})"
        null = " OR ".join(f"{name} IS NULL" for name in names)
        rows, distinct, nulls = self._connection.execute(
            f"SELECT count(*), count(DISTINCT {key}), count(*) FILTER (WHERE {null}) FROM {STAGE}"
        ).fetchone() or (0, 0, 0)
        if nulls:
            from singer_sdk.exceptions import MissingKeyPropertiesError  # noqa: PLC0415

            raise MissingKeyPropertiesError(
                f"Stream {self._name}: {nulls} of {rows} records have no value in a key column"
                f" ({', '.join(keys)}). This load was rolled back."
            )
        if distinct < rows:
            # A temporary table keeps the order of its rows: the last row of a key wins.
            self._run(
                f"DELETE FROM {STAGE} WHERE rowid NOT IN"
                f" (SELECT max(rowid) FROM {STAGE} GROUP BY {', '.join(names)})"
            )

    def _delete_marked(self, keys: Sequence[str]) -> None:
        same = " AND ".join(f"t.{identifier(key)} = s.{identifier(key)}" for key in keys)
        marked = f"{DELETED_AT} IS NOT NULL"
        if keys:
            self._run(f"DELETE FROM {self.sql} AS t USING {STAGE} AS s WHERE {same} AND s.{marked}")
        self._run(f"DELETE FROM {STAGE} WHERE {marked}")

    def _matches(self, same: str) -> bool:
        sql = f"SELECT 1 FROM {self.sql} AS t SEMI JOIN {STAGE} AS s ON {same} LIMIT 1"
        return self._connection.execute(sql).fetchone() is not None

    def _run(self, sql: str) -> None:
        self._connection.execute(sql)


def utc(time: str) -> str:
    """A time as a TIMESTAMP value.

    Args:
        time: Time in RFC 3339.
    """
    return f"({literal(time)}::TIMESTAMPTZ AT TIME ZONE 'UTC')"
