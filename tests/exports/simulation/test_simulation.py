"""Simulates hundreds of instances in virtual time: the invariants hold for any order of events."""

from __future__ import annotations

import pytest

from tests.exports.simulation.seeds import run_seed

pytestmark = pytest.mark.slow

BLOCKS, SEEDS_A_BLOCK = 12, 50


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_rule_holds_in_every_seed(block: int) -> None:
    for number in range(block * SEEDS_A_BLOCK, (block + 1) * SEEDS_A_BLOCK):
        run_seed(number)


@pytest.mark.parametrize("number", [1046, 1401, 5371])  # broke a rule once, beyond the blocks
def test_every_rule_holds_in_this_seed(number: int) -> None:
    run_seed(number)
