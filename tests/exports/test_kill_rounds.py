"""With kills at random, in both orders, while everything changes, the target ends up complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exports.kill_rounds import rounds

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.slow


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_final_values_are_those_of_the_instance(tmp_path: Path, order: str) -> None:
    assert rounds(3, 7, order, tmp_path) == []
