"""Peak memory while files of different sizes are written."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

from export_files import write_leads
from record_path import run

MEGABYTE = 1024 * 1024
BYTES_A_LEAD = 700


def main() -> None:
    """Print a table by file size and output format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="*", default=(100, 500, 2048))
    arguments = parser.parse_args()
    print("| file | RECORD | jsonl.gz | Parquet |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seed = folder / "seed.csv"
        write_leads(seed, 20 * MEGABYTE // BYTES_A_LEAD)
        for size in arguments.megabytes:
            file = folder / "leads.csv"
            repeat(seed, file, size * MEGABYTE)
            peaks = [
                run(sys.executable, "tap", "leads", file, options)["megabytes"]
                for options in (
                    [],
                    ["--batch", "jsonl", "--folder", str(folder / "jsonl")],
                    ["--batch", "parquet", "--folder", str(folder / "parquet")],
                )
            ]
            cells = " | ".join(f"{peak:.0f} MB" for peak in peaks)
            print(f"| {file.stat().st_size / MEGABYTE:.0f} MB | {cells} |", flush=True)


def repeat(seed: Path, file: Path, size: int) -> None:
    """Write the rows of a file repeatedly.

    Args:
        seed: File to repeat, with its header.
        file: File to write.
        size: Minimum size in bytes.
    """
    header, _, rows = seed.read_bytes().partition(b"\n")
    with file.open("wb") as target:
        target.write(header + b"\n")
        for _ in itertools.takewhile(lambda _: target.tell() < size, itertools.repeat(None)):
            target.write(rows)


if __name__ == "__main__":
    main()
