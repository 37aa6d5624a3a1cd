"""`python -m target_marketo_duckdb` and `target-marketo-duckdb`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the target."""
    try:
        from target_marketo_duckdb.target import TargetMarketoDuckDB  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if error.name != "duckdb":
            raise
        sys.exit("target-marketo-duckdb needs DuckDB: install tap-marketo-engage[duckdb].")
    TargetMarketoDuckDB.cli()


if __name__ == "__main__":
    main()
