"""The columns of a file have the same values as its rows."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from tap_marketo.files import arrow
from tap_marketo.files.arrow import read_columns
from tap_marketo.files.errors import BadRowsError, ExportFileError
from tap_marketo.files.records import compile_record
from tap_marketo.files.rows import read_rows
from tap_marketo.values.anomalies import Anomalies
from tap_marketo.values.kinds import Column, Kind
from tests.support.cells import NASTY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_marketo.files.sound import SoundBytes

KINDS = [kind for kind in Kind if kind is not Kind.OBJECT]
MORE = ["0x1F", "1e400", "-5", "a\rb", "a\r\nb", 'say "hi", ok', "9223372036854775808", "ü\u2028"]


def export_file(header: list[str], rows: list[list[str]]) -> io.BytesIO:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return io.BytesIO(text.getvalue().encode("utf-8", "surrogatepass"))


def by_columns(
    file: io.BytesIO, columns: list[Column], anomalies: Anomalies, expected: int | None = None
) -> list[list[Any]]:
    file.seek(0)
    header, _ = read_rows(file, anomalies=Anomalies())
    found: list[list[Any]] = [[] for _ in columns]
    for block in read_columns(file, header, columns, anomalies, expected=expected):
        for values, array in zip(found, block, strict=True):
            values.extend(array.to_pylist())
    return found


def by_rows(file: io.BytesIO, columns: list[Column], anomalies: Anomalies) -> list[list[Any]]:
    file.seek(0)
    header, chunks = read_rows(file, anomalies=anomalies)
    record = compile_record(header, columns, anomalies)
    records = [record(row) for chunk in chunks for row in chunk]
    return [[one[column.name] for one in records] for column in columns]


def plain(value: Any, kind: Kind) -> Any:
    """A value as Parquet stores it."""
    if isinstance(value, str) and kind is Kind.DATETIME:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(value, str) and kind is Kind.DATE:
        return date.fromisoformat(value)
    if isinstance(value, int) and kind is Kind.INTEGER:
        return value if -(2**63) <= value < 2**63 else None
    return float(value) if isinstance(value, int | Decimal) and kind is Kind.NUMBER else value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "together"])
def test_columns_are_read_as_rows_are(kind: Kind, alone: bool) -> None:  # noqa: FBT001
    column = Column("cell", "cell", kind)
    cells = [cell for cell in [*NASTY, *MORE] if "\0" not in cell]
    files = [[cell] for cell in cells] if alone else [cells]
    for some in files:
        file = export_file(["id", "cell"], [[str(at), cell] for at, cell in enumerate(some)])
        exactly, counted = Anomalies(), Anomalies()
        (rows,) = by_rows(file, [column], exactly)
        (columns,) = by_columns(file, [column], counted)
        assert columns == [plain(value, kind) for value in rows]
        assert counted.shortened == exactly.shortened


def test_a_missing_column_is_null_and_counted() -> None:
    anomalies = Anomalies()
    wanted = [Column("a", "a", Kind.INTEGER), Column("gone", "gone", Kind.DATE)]
    assert by_columns(export_file(["a"], [["1"], ["2"]]), wanted, anomalies) == [
        [1, 2],
        [None, None],
    ]
    assert anomalies.missing == {wanted[1]}


def test_a_row_longer_than_a_block_is_read_row_by_row() -> None:
    rows = [["1", "x"], ["2", "y" * 3_000_000], ["3", "z"]] * 3
    wanted = [Column("a", "a", Kind.INTEGER), Column("b", "b", Kind.TEXT)]
    found = by_columns(export_file(["a", "b"], rows), wanted, Anomalies())
    assert found == [[int(a) for a, _ in rows], [b for _, b in rows]]


def test_arrow_reads_nothing_ahead_in_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    sources: list[arrow._Source] = []
    read_again = arrow._rows_after

    class Source(arrow._Source):
        def __init__(self, sound: SoundBytes) -> None:
            super().__init__(sound)
            sources.append(self)

    def fallback(file: BinaryIO, skipped: int) -> Iterator[list[list[str]]]:
        assert sources[-1].read(100) == b""  # as Arrow's other thread may still ask
        yield from read_again(file, skipped)

    monkeypatch.setattr(arrow, "_Source", Source)
    monkeypatch.setattr(arrow, "_rows_after", fallback)
    rows = [["1", "x"], ["2", "y" * 3_000_000], ["3", "z"]] * 3
    wanted = [Column("a", "a", Kind.INTEGER), Column("b", "b", Kind.TEXT)]

    found = by_columns(export_file(["a", "b"], rows), wanted, Anomalies())

    assert found == [[int(a) for a, _ in rows], [b for _, b in rows]]


@pytest.mark.parametrize(
    ("content", "good", "message"),
    [
        (b"a,b\n1,2\n3\n5,6\n", [1, 5], r"row 2 \(line 3\): 1 cells instead of 2"),
        (b"a,b\n1,2\n3,4,5\n5,6\n", [1, 5], r"row 2 \(line 3\): 3 cells"),
        (b'a,b\n1,2\n3,"4\n5,6\n', [1, 5], "the file ends within a quoted cell"),
        (b'a,b\n1,2\n3,"4"x"y\n5,6\n', [1, 5], "misplaced quote or line break"),
        (b'a,b\n1,2\n3,"4"x\n5,""y\n7,8\n', [1, 7], "misplaced quote or line break"),
    ],
)
def test_bad_rows_are_left_out_and_named_as_for_rows(
    content: bytes, good: list[int], message: str
) -> None:
    file = io.BytesIO(content)
    header, _ = read_rows(file, anomalies=Anomalies())
    found: list[int] = []
    blocks = read_columns(file, header, [Column("a", "a", Kind.INTEGER)], Anomalies())
    with pytest.raises(BadRowsError, match=message):
        found.extend(value for (block,) in blocks for value in block.to_pylist())
    assert found == good


def test_a_stray_quote_is_read_as_rows_do() -> None:
    columns = [Column("a", "a", Kind.INTEGER), Column("b", "b", Kind.TEXT)]
    file = io.BytesIO(b'a,b\n1,2\n3,"5" nail"\n5,"x ""y"""\n')
    assert by_columns(file, columns, Anomalies()) == [[1, 3, 5], ["2", '5" nail', 'x "y"']]


def test_rows_swallowed_by_quotes_are_missed() -> None:
    content = b'a,b\n1,2\n3,"4\n5,6\n7,"8\n9,10\n'
    with pytest.raises(ExportFileError, match="misplaced quote"):
        by_columns(io.BytesIO(content), [Column("a", "a", Kind.INTEGER)], Anomalies(), expected=5)


def test_rows_without_their_key_are_dropped_and_counted() -> None:
    anomalies = Anomalies()
    columns = [
        Column("id", "id", Kind.INTEGER, key=True),
        Column("b", "b", Kind.TEXT),
    ]
    file = export_file(["id", "b"], [["1", "a"], ["null", "b"], ["", "c"], ["x", "d"], ["5", "e"]])
    assert by_columns(file, columns, anomalies) == [[1, 5], ["a", "e"]]
    assert anomalies.keyless == 3
