"""Errors of a load, without the contents of records."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from target_marketo_duckdb import columns as types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from target_marketo_duckdb.columns import Column
    from target_marketo_duckdb.sink import DuckDBSink

LARGEST = 10**38


class LoadError(Exception):
    """A drain failed: none of its data was loaded, and its STATE was not passed on."""


class TooBigError(LoadError):
    """Integers of more than 64 bits need a wider column.

    Attributes:
        columns: Names of their properties.
        sink: Sink of the stream.
    """

    sink: DuckDBSink | None = None

    def __init__(self, columns: set[str]) -> None:
        """Store the columns.

        Args:
            columns: Names of their properties.
        """
        super().__init__("Integers of more than 64 bits")
        self.columns = columns


def without_contents(error: Exception) -> str:
    """The first line of a DuckDB message, without quoted values.

    Args:
        error: DuckDB's error.
    """
    first = str(error).partition("\n")[0]
    return re.sub(r"\"[^\"]*\"|'[^']*'|\b\d[\d.:-]*", "…", first)


def explain(path: Path, columns: Iterable[Column], stream: str, error: Exception) -> LoadError:
    """Find the line that DuckDB refused, and describe it.

    Args:
        path: Path of the RECORD lines.
        columns: Columns of the stream.
        stream: Name of the stream.
        error: DuckDB's error.
    """
    columns = list(columns)
    too_big = set()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            where = f"Stream {stream}, record {number} of this load"
            try:
                record = json.loads(line)["record"]
                record.keys()
            except (ValueError, KeyError, TypeError, AttributeError):
                return LoadError(f"{where} is not a JSON object in a RECORD message.")
            for column in columns:
                wrong = _wrong(record.get(column.source), column.type)
                if wrong == types.HUGEINT:
                    too_big.add(column.source)
                elif wrong:
                    return LoadError(f"{where}: column {column.source} contains {wrong}.")
    if too_big:
        return TooBigError(too_big)
    return LoadError(f"Stream {stream}: DuckDB refused a load: {without_contents(error)}")


def _wrong(value: Any, kind: str) -> str:
    if value is None or kind not in _CHECKS:
        return ""
    return _CHECKS[kind](value)


def _wrong_number(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return f"a value of type {type(value).__name__}, not a number"
    return "" if math.isfinite(number) else "a number that is not finite"


def _wrong_boolean(value: Any) -> str:
    return "" if value in (True, False, "true", "false") else "neither true nor false"


def _wrong_date(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return ""
    return "something that is not a date"


def _wrong_datetime(value: Any) -> str:
    if isinstance(value, str) and re.match(r"\d{4,6}-\d\d-\d\d", value):
        return ""
    return "something that is not a date with a time"


def _wrong_integer(value: Any) -> str:
    try:
        number = int(value)
        if isinstance(value, bool) or (isinstance(value, float) and number != value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        return f"a value of type {type(value).__name__}, not an integer"
    if -(2**63) <= number < 2**63:
        return ""
    return types.HUGEINT if abs(number) < LARGEST else "an integer of more than 38 digits"


def _wrong_big_integer(value: Any) -> str:
    wrong = _wrong_integer(value)
    return "" if wrong == types.HUGEINT else wrong


_CHECKS: dict[str, Callable[[Any], str]] = {
    types.BIGINT: _wrong_integer,
    types.HUGEINT: _wrong_big_integer,
    types.DOUBLE: _wrong_number,
    types.BOOLEAN: _wrong_boolean,
    types.DATE: _wrong_date,
    types.TIMESTAMP: _wrong_datetime,
}
