"""Run many seeds, or replay one with its history: `python -m tests.exports.simulation --help`."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.exports.simulation.night import BrokenRuleError
from tests.exports.simulation.seeds import Seed, run_seed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.exports.simulation")
    parser.add_argument("--seeds", type=int, default=2000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--replay", type=int, help="run this seed alone and print its history")
    parser.add_argument("--keep-going", action="store_true", help="count failures, print one line")
    arguments = parser.parse_args()
    if arguments.replay is not None:
        seed = Seed(arguments.replay)
        try:
            seed.run()
        finally:
            print(seed)  # noqa: T201
        return 0
    began, failed = time.monotonic(), 0
    for number in range(arguments.first, arguments.first + arguments.seeds):
        try:
            run_seed(number)
        except Exception as error:  # noqa: BLE001 - whatever a seed finds is its finding
            failed += 1
            ours = isinstance(error, BrokenRuleError)
            text = str(error) if ours else traceback.format_exc()
            if not arguments.keep_going:
                print(f"seed {number}: {text}\nReplay: make simulate REPLAY={number}")  # noqa: T201
                return 1
            line = text.splitlines()[0] if ours else text.strip().splitlines()[-1]
            print(f"seed {number}: {line[:150]}")  # noqa: T201
    took = time.monotonic() - began
    print(f"{arguments.seeds} seeds, {failed} failed, {took:.1f} s")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
