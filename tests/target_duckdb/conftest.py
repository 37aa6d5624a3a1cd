"""A DuckDB file for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.target_runs import Warehouse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def warehouse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Warehouse:
    """A file that does not exist yet."""
    return Warehouse(tmp_path / "warehouse.duckdb", capsys)
