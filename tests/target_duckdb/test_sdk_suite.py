"""The Singer SDK's test suite for targets."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_target_test_class

from target_marketo_duckdb.target import TargetMarketoDuckDB

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = tempfile.TemporaryDirectory()
CONFIG: dict[str, Any] = {"filepath": str(Path(FOLDER.name) / "suite.duckdb")}


@pytest.fixture(scope="module", autouse=True)
def _folder() -> Iterator[None]:
    yield
    FOLDER.cleanup()


TestPlain = get_target_test_class(TargetMarketoDuckDB, config=CONFIG)
TestWithMetadata = get_target_test_class(
    TargetMarketoDuckDB, config=CONFIG | {"add_record_metadata": True}
)
