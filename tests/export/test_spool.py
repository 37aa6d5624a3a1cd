"""Records are kept on disk, and each is written once."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from tap_marketo.export.columns import TableColumn
from tap_marketo.export.spool import Spool, key_text
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [TableColumn("text", Kind.TEXT), TableColumn("id", Kind.INTEGER)]


def test_the_last_version_of_a_record_counts(tmp_path: Path) -> None:
    spool = Spool(tmp_path, COLUMNS, ["id"])
    for id_, text in ((1, "a"), (2, "b"), (1, "c"), (3, "d"), (1, "e")):
        spool.add({"id": id_, "text": text, "other": 0})

    assert list(spool.rows()) == [["b", 2], ["d", 3], ["e", 1]]
    assert len(spool) == 3
    assert spool.has([1])
    assert not spool.has([4])
    spool.close()


def test_without_keys_all_rows_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path, COLUMNS, [])
    spool.add({"id": 1})
    spool.add({"id": 1})

    assert list(spool.rows()) == [[None, 1], [None, 1]]
    assert len(spool) == 2
    spool.close()


def test_keys_are_the_same_in_messages_and_cells() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)

    assert key_text([7, True, "x"]) == key_text([7.0, "true", "x"])
    assert key_text([moment, moment.replace(tzinfo=None)]) == key_text(
        ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"]
    )
    assert key_text([date(2026, 1, 2)]) == key_text(["2026-01-02"])
