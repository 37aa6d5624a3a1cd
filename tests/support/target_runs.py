"""The DuckDB target as a process and in this process, and messages for it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from target_marketo_duckdb.target import TargetMarketoDuckDB
from tests.support.tap_runs import own_environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

TARGET = Path(sys.executable).parent / "target-marketo-duckdb"
SCHEMA = "marketo"

INTEGER = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
BOOLEAN = {"type": ["boolean", "null"]}
TEXT = {"type": ["string", "null"]}
DATE = {"type": ["string", "null"], "format": "date"}
DATETIME = {"type": ["string", "null"], "format": "date-time"}
OBJECT = {"type": ["object", "null"]}


@dataclass
class Warehouse:
    """A DuckDB file that messages are loaded into.

    Attributes:
        path: Path of the file.
        capsys: Pytest's fixture, which captures the STATE messages.
    """

    path: Path
    capsys: pytest.CaptureFixture[str]

    def load(self, *messages: Any, **settings: Any) -> list[Any]:
        """Run the target in this process.

        Args:
            messages: Messages as dictionaries, or lines as bytes.
            settings: Settings of the target.

        Returns:
            The states that it wrote.
        """
        self.capsys.readouterr()
        target = TargetMarketoDuckDB(config=self.config(**settings))
        raw = io.BufferedReader(io.BytesIO(lines(messages)))
        try:
            target.listen(io.TextIOWrapper(raw, encoding="utf-8"))
        finally:
            target.close()
        return self.states()

    def states(self) -> list[Any]:
        """The states that were written since the last call."""
        return [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]

    def config(self, **settings: Any) -> dict[str, Any]:
        """The target's configuration."""
        return {"filepath": str(self.path), "default_target_schema": SCHEMA, **settings}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query on the file and return its rows."""
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(sql).fetchall() if sql else []

    def start(self, **settings: Any) -> subprocess.Popen[bytes]:
        """Start the target as a process that reads from a pipe."""
        config = self.path.with_suffix(".json")
        config.write_text(json.dumps(self.config(**settings)), encoding="utf-8")
        return subprocess.Popen(
            [TARGET, "--config", config],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=own_environment(),
        )


def schema(stream: str, *keys: str, **properties: Any) -> dict[str, Any]:
    """A SCHEMA message."""
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": properties},
        "key_properties": list(keys),
    }


def record(stream: str, version: int | None = None, /, **values: Any) -> dict[str, Any]:
    """A RECORD message, with its keys in the order that the tap uses."""
    versions = {} if version is None else {"version": version}
    return {"type": "RECORD", "record": values, "stream": stream, **versions}


def state(value: Any) -> dict[str, Any]:
    """A STATE message."""
    return {"type": "STATE", "value": value}


def lines(messages: Iterable[Any]) -> bytes:
    """Messages as the tap writes them: only RECORD messages have no blanks."""
    encoded = [
        message
        if isinstance(message, bytes)
        else json.dumps(
            message,
            ensure_ascii=False,
            separators=(",", ":") if message["type"] == "RECORD" else (", ", ": "),
        ).encode()
        for message in messages
    ]
    return b"".join(line + b"\n" for line in encoded)
