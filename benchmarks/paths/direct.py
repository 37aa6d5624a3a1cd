"""A lower bound of a load: merge the export file into a table with the database's own reader.

`direct.py duckdb FILE DATABASE` or `direct.py postgres FILE PORT`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from export_files import LEAD_FIELDS

DUCKDB = {
    "integer": "BIGINT",
    "datetime": "TIMESTAMP",
    "boolean": "BOOLEAN",
    "float": "DOUBLE",
    "date": "DATE",
    "string": "VARCHAR",
}
POSTGRES = DUCKDB | {"float": "DOUBLE PRECISION", "string": "TEXT"}


def into_duckdb(file: str, database: str) -> None:
    """Read the file into a temporary table, then merge it into the final one."""
    import duckdb  # noqa: PLC0415 - each path imports what it needs

    types = ", ".join(f"'{name}': '{DUCKDB[kind]}'" for name, kind in LEAD_FIELDS.items())
    columns = ", ".join(f'"{name}" {DUCKDB[kind]}' for name, kind in LEAD_FIELDS.items())
    connection = duckdb.connect(database)
    connection.execute(f"CREATE SCHEMA marketo; CREATE TABLE marketo.leads ({columns})")
    connection.execute(
        f"CREATE TEMP TABLE stage AS FROM read_csv('{file}', header = true, auto_detect = false,"
        f" quote = '\"', escape = '\"', delim = ',', nullstr = 'null', columns = {{{types}}})"
    )
    connection.execute(
        "MERGE INTO marketo.leads AS t USING stage AS s ON (t.id = s.id)"
        " WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT"
    )
    connection.close()


def into_postgres(file: str, port: str) -> None:
    """COPY the file into a temporary table, then insert or update from there."""
    import psycopg2  # noqa: PLC0415

    columns = ", ".join(f'"{name}" {POSTGRES[kind]}' for name, kind in LEAD_FIELDS.items())
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in LEAD_FIELDS if name != "id")
    connection = psycopg2.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres")
    with connection, connection.cursor() as cursor, Path(file).open(encoding="utf-8") as content:
        cursor.execute("DROP SCHEMA IF EXISTS marketo CASCADE; CREATE SCHEMA marketo")
        cursor.execute(f"CREATE TABLE marketo.leads ({columns}, PRIMARY KEY (id))")
        cursor.execute(f"CREATE TEMP TABLE stage ({columns})")
        cursor.copy_expert("COPY stage FROM STDIN (FORMAT csv, HEADER, NULL 'null')", content)
        cursor.execute(
            "INSERT INTO marketo.leads SELECT * FROM stage"
            f" ON CONFLICT (id) DO UPDATE SET {changes}"
        )
    connection.close()


if __name__ == "__main__":
    {"duckdb": into_duckdb, "postgres": into_postgres}[sys.argv[1]](*sys.argv[2:])
