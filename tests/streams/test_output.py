"""All output paths of the tap write the same records."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from singer_sdk.helpers._batch import BatchConfig
from upath import UPath

from tap_marketo.output.fan_out import FanOut
from tap_marketo.output.records import passes_records_on
from tap_marketo.streams.bulk.activities import ActivityStream
from tap_marketo.streams.bulk.base import BulkStream
from tap_marketo.tap import TapMarketo
from tests.support.tap_runs import is_activity_type, quick_config, run_tap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marketo_sandbox import Sandbox

CELLS = [
    *("", "null", " null", "NULL", "0", "1", "-1", "12.0", "12.5", "1e3", " 7 ", "1_000", "007"),
    *("9223372036854775808", "1" * 23, "0.1", "0.30000000000000004441", "nan", "inf", "1.60447e3"),
    *(
        "true",
        "FALSE",
        "Yes",
        "no",
        "t",
        "maybe",
        "2026-02-28",
        "2026-02-30",
        "2026-02-28T10:11:12Z",
    ),
    *("2026-02-28T10:11:12+0000", "2026-02-28T10:11:12Z+0000", "2026-02-28T10:11:12-08:00"),
    *(
        "2026-W09-6",
        "2026-W09-6T10:11:12Z",
        "20260228",
        "2026-02-28T24:00:00Z",
        "2026-02-28 10:11:12",
        "yesterday",
        'a "quoted", text',
        "line\nbreak",
        "carriage\rreturn",
    ),
    *("two\r\nbytes", "Zürich ✓ 𝄞", "\u2028\u2029", "nul\0character", "\ud800", "x" * 70_000),
]
ATTRIBUTES = [
    *(
        "",
        "null",
        "{}",
        "[]",
        "no json",
        '{"a',
        "[1, 2]",
        '{"Webpage ID": 4}',
        '{"Webpage ID": "4.0"}',
    ),
    '{"Query Parameters": "a=b", "User Agent": "Mozilla\\u0000", "Undeclared": [1, {"x": 2.5}]}',
    '[{"name": "Query Parameters", "value": "x"}, {"name": "Webpage ID", "value": 5}]',
    '{"Campaign Run ID": "many", "Step ID": 1.0, "Is Mobile Device": "true", "Device": {"a": [1]}}',
    '{"Is Mobile Device": 1, "Choice Number": 3, "Step ID": 1e2, "Link": "a\\nb\\u2028"}',
]
IDENTITY: dict[str, Any] = {"stream_maps": {"leads": {}, "activity_*": {}}}


def tap(sandbox: Sandbox, catalog: Any = None, **settings: Any) -> TapMarketo:
    return TapMarketo(config=quick_config(sandbox, **settings), catalog=catalog)


def export_file(header: list[str], rows: Iterable[list[str]]) -> io.BytesIO:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode("utf-8", "surrogatepass"))


def leads_file(fields: tuple[str, ...]) -> io.BytesIO:
    chosen = random.Random(7)  # noqa: S311 - the same every time
    rows = [[str(key), *(chosen.choice(CELLS) for _ in fields[1:])] for key in range(700)]
    return export_file(list(fields), rows)


def activities_file(types: list[str]) -> io.BytesIO:
    pairs = itertools.product(types, ATTRIBUTES)
    columns = "leadId activityDate activityTypeId campaignId primaryAttributeValue actionResult"
    rows = [
        [f"guid{number}", "1", "2026-02-28T10:11:12Z", kind, "null", "A, B", "failed", "12", cell]
        for number, (kind, cell) in enumerate(pairs)
    ]
    header = ["marketoGUID", *columns.split(), "primaryAttributeValueId", "attributes"]
    return export_file(header, rows)


def written(tap: TapMarketo, group: str, out: pytest.CaptureFixture[bytes]) -> list[dict[str, Any]]:
    """The messages for the same file, without times."""
    members = [
        stream
        for stream in tap.streams.values()
        if isinstance(stream, BulkStream) and stream.group_name == group and stream.selected
    ]
    leader = members[0]
    fields = leader.export_request(members).fields
    types = [str(one) for member in members for one in getattr(member, "type_ids", ())]
    file = activities_file(types) if isinstance(leader, ActivityStream) else leads_file(fields)
    out.readouterr()
    for record in FanOut(leader, members, None).write(file, fields):
        leader._write_record_message(record)
    messages = [
        json.loads(line, parse_float=Decimal) for line in out.readouterr().out.split(b"\n") if line
    ]
    for message in messages:
        assert message.pop("time_extracted").endswith("Z")
    return sorted(messages, key=lambda one: (one["stream"], str(one["record"])))


@pytest.mark.parametrize("group", ["leads", "activities"])
def test_both_paths_write_the_same_messages(
    sandbox: Sandbox, group: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    quick, stock = tap(sandbox), tap(sandbox, **IDENTITY)
    for stream in quick.streams.values():
        if isinstance(stream, BulkStream) and stream.selected:
            assert passes_records_on(stream)
            assert not passes_records_on(stock.streams[stream.name])  # type: ignore[arg-type]

    messages = written(quick, group, capsysbinary)

    assert len(messages) > 500
    assert messages == written(stock, group, capsysbinary)


def test_deselected_columns_are_written_by_neither_path(
    sandbox: Sandbox, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    catalog = tap(sandbox).catalog_dict
    gone = {"company", "campaignId", "platform", "step_id", "user_agent"}
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] and entry["breadcrumb"][-1] in gone:
                entry["metadata"]["selected"] = False

    for group in ("leads", "activities"):
        messages = written(tap(sandbox, catalog), group, capsysbinary)
        assert messages == written(tap(sandbox, catalog, **IDENTITY), group, capsysbinary)
        assert not gone & {name for message in messages for name in message["record"]}


def test_maps_and_flattening_take_the_stock_path(sandbox: Sandbox) -> None:
    mapped = tap(sandbox, stream_maps={"leads": {"email": "md5(email)"}})
    flat = tap(sandbox, flattening_enabled=True, flattening_max_depth=2)

    assert not passes_records_on(mapped.streams["leads"])  # type: ignore[arg-type]
    assert passes_records_on(mapped.streams["activities"])  # type: ignore[arg-type]
    assert not passes_records_on(flat.streams["activities"])  # type: ignore[arg-type]


def batches(folder: Path, encoding: str) -> dict[str, Any]:
    return {
        "encoding": {"format": encoding, "compression": "gzip" if encoding == "jsonl" else "none"},
        "storage": {"root": folder.as_uri(), "prefix": "a-"},
        "batch_size": 30,
    }


def test_batch_files_hold_the_records(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = bulk_only(sandbox)
    plain = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)
    run = run_tap(
        tmp_path,
        quick_config(sandbox, batch_config=batches(tmp_path / "b", "jsonl")),
        catalog=catalog,
    )

    assert run.returncode == 0, run.log
    messages = [one for one in run.messages if one["type"] == "BATCH"]
    found: dict[str, list[Any]] = {}
    for message in messages:
        assert message["encoding"] == {"format": "jsonl", "compression": "gzip"}
        for url in message["manifest"]:
            text = gzip.decompress((tmp_path / "b" / url.rsplit("/", 1)[1]).read_bytes())
            lines = [json.loads(line) for line in text.split(b"\n") if line]
            assert len(lines) <= 30
            found.setdefault(message["stream"], []).extend(lines)
    assert {"leads", "activity_send_email"} <= set(found)
    assert len(messages) == len(list((tmp_path / "b").iterdir()))
    for stream, records in found.items():
        assert by_key(records) == by_key(plain.records(stream)), stream
    assert run.state["bookmarks"].keys() == plain.state["bookmarks"].keys()


def test_parquet_files_of_a_stream_have_one_schema(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = bulk_only(sandbox)
    plain = run_tap(tmp_path, quick_config(sandbox), catalog=catalog)
    run = run_tap(
        tmp_path,
        quick_config(sandbox, batch_config=batches(tmp_path / "b", "parquet")),
        catalog=catalog,
    )

    assert run.returncode == 0, run.log
    found: dict[str, list[Any]] = {}
    schemas: dict[str, set[str]] = {}
    for message in (one for one in run.messages if one["type"] == "BATCH"):
        for url in message["manifest"]:
            table = pq.read_table(tmp_path / "b" / url.rsplit("/", 1)[1])
            schemas.setdefault(message["stream"], set()).add(str(table.schema))
            found.setdefault(message["stream"], []).extend(table.to_pylist())
    assert {"leads", "activity_send_email"} <= set(found)
    for stream, records in found.items():
        assert len(schemas[stream]) == 1
        expected = by_key(plain.records(stream))
        assert by_key([as_json(record) for record in records]) == expected, stream


def as_json(record: dict[str, Any]) -> dict[str, Any]:
    """A Parquet row as in the RECORD message."""
    columns = {}
    for name, value in record.items():
        columns[name] = value
        if hasattr(value, "tzinfo"):
            columns[name] = f"{value.isoformat()[:19]}Z"
        elif hasattr(value, "isoformat"):
            columns[name] = value.isoformat()
        elif name == "undeclared_attributes" and value is not None:
            columns[name] = json.loads(value)
    return columns


def by_key(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: str(record.get("marketoGUID", record.get("id"))))


def bulk_only(sandbox: Sandbox) -> dict[str, Any]:
    catalog = tap(sandbox).catalog_dict
    for stream in catalog["streams"]:
        if not (stream["stream"] == "leads" or is_activity_type(stream["stream"])):
            stream["metadata"] = [{"breadcrumb": [], "metadata": {"selected": False}}]
    return catalog


def test_files_go_to_any_storage_that_fsspec_knows(
    sandbox: Sandbox, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    config = batches(Path("/"), "jsonl") | {"storage": {"root": "memory://bucket/marketo"}}
    leads = tap(sandbox).streams["leads"]
    assert isinstance(leads, BulkStream)
    fields = leads.export_request([leads]).fields
    fan_out = FanOut(leads, [leads], BatchConfig.from_dict(config))

    assert list(fan_out.write(leads_file(fields), fields)) == []

    messages = [json.loads(line) for line in capsysbinary.readouterr().out.split(b"\n") if line]
    urls = [url for message in messages for url in message["manifest"]]
    lines = [
        line
        for url in urls
        for line in gzip.decompress(UPath(url).read_bytes()).split(b"\n")
        if line
    ]
    assert (len(urls), len(lines)) == (24, 700)
