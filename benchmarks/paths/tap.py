"""The tap's record path, from a file on disk to messages on stdout, with the SDK's `sync_all`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pendulum
from cost import report_cost
from export_files import ACTIVITY_TYPES, LEAD_FIELDS

from tap_marketo.exports.machine.series import Piece
from tap_marketo.streams.bulk.activities import ActivitiesStream, ActivityTypeStream
from tap_marketo.streams.bulk.groups import grouped
from tap_marketo.streams.bulk.leads import LeadsStream
from tap_marketo.streams.bulk.plan import ExportPlan
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream

    from tap_marketo.streams.bulk.base import BulkStream


class FilePlan(ExportPlan):
    """A plan with one window whose file already exists."""

    path: Path
    repeats: int

    def start(self) -> None:
        """Group the streams; there is no queue to start."""
        if not self._groups:
            now = pendulum.now("UTC").start_of("second")
            self._groups = grouped(self._streams(), self._tap.settings, now)

    def finish(self, stream: BulkStream) -> None:
        """Write the file, repeated as requested, for the group of a stream."""
        self.start()
        group = self.group_of(stream)
        if group is None or group.reported:
            return
        group.reported = True
        for _ in range(self.repeats):
            with self.path.open("rb") as file:
                piece = Piece(group.series, group.series.period, file=file)
                self._write_records(group, piece)
            group.series.coverage.add(group.series.period)
            group.keep_bookmarks()
            self._tap.state_writer.write_state(self._tap.state)


class FileTap(TapMarketo):
    """A tap with the streams of the files."""

    kind: str

    def discover_streams(self) -> Sequence[Stream]:
        """Create the streams without an instance."""
        if self.kind == "leads":
            fields = {name: {"name": name, "dataType": kind} for name, kind in LEAD_FIELDS.items()}
            return [LeadsStream(self, fields)]
        if self.kind == "activities":
            combined = ActivitiesStream(self)
            combined.selected_by_default = True
            return [combined]
        return [
            ActivityTypeStream(
                self,
                f"activity_{type_id}",
                {
                    "id": type_id,
                    "attributes": [{"name": n, "dataType": k} for n, k in attributes.items()],
                },
            )
            for type_id, attributes in ACTIVITY_TYPES.items()
        ]


def main() -> None:
    """Write the records of a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["leads", "activities", "split"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--batch", choices=["jsonl", "parquet"])
    parser.add_argument("--folder", type=Path, help="folder for BATCH files")
    parser.add_argument("--repeats", type=int, default=1, help="number of times to write the file")
    arguments = parser.parse_args()
    config: dict[str, Any] = {
        "base_url": "http://127.0.0.1:1",
        "client_id": "none",
        "client_secret": "none",
    }
    if arguments.batch:
        compression = "gzip" if arguments.batch == "jsonl" else "none"
        config["batch_config"] = {
            "encoding": {"format": arguments.batch, "compression": compression},
            "storage": {"root": arguments.folder.as_uri()},
            "batch_size": 50_000,
        }
    FileTap.kind = arguments.kind
    tap = FileTap(config=config)
    plan = FilePlan(tap)
    plan.path, plan.repeats = arguments.file, arguments.repeats
    tap.__dict__["plan"] = plan
    with report_cost():
        tap.sync_all()


if __name__ == "__main__":
    main()
