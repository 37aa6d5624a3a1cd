"""BATCH files contain the records, in every format and compression."""

from __future__ import annotations

import gzip
import io
import json
import sys
from contextlib import nullcontext
from copy import deepcopy
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pyarrow.parquet as pq
import pytest
from singer_sdk.helpers._batch import BatchConfig

from tap_marketo.client.errors import MarketoError
from tap_marketo.output.batch import CODECS, batch_file, gzip_writer
from tap_marketo.settings import SETTINGS_SCHEMA, problems
from tap_marketo.tap import TapMarketo
from tap_marketo.values.anomalies import Anomalies
from tap_marketo.values.kinds import Kind, json_schema

if TYPE_CHECKING:
    from pathlib import Path

    from tap_marketo.streams.bulk.base import BulkStream

NAMES = ["id", "email"]
RECORDS = [{"id": n, "email": f"a{n}@example.com"} for n in range(7)]


def fake_stream(urls: list[str]) -> BulkStream:
    stream = SimpleNamespace(
        name="leads",
        tap_name="tap-marketo",
        schema={
            "properties": {"id": json_schema(Kind.INTEGER), "email": json_schema(Kind.TEXT)},
        },
        anomalies=Anomalies(),
        is_written=lambda _: True,
        tap=SimpleNamespace(settings=SimpleNamespace(batch_gzip_level=1)),
        get_batch_counter=lambda: nullcontext(SimpleNamespace(increment=lambda: None)),
        _write_batch_message=lambda encoding, manifest: urls.extend(manifest),  # noqa: ARG005
    )
    return cast("BulkStream", stream)


def config(folder: Path, form: str, compression: str | None) -> dict[str, Any]:
    encoding = {"format": form} | ({"compression": compression} if compression else {})
    return {"encoding": encoding, "storage": {"root": folder.as_uri()}, "batch_size": 4}


def written(folder: Path, form: str, compression: str | None) -> list[Path]:
    urls: list[str] = []
    file = batch_file(fake_stream(urls), BatchConfig.from_dict(config(folder, form, compression)))
    assert file.shape is not None
    make = file.shape.record(NAMES)
    for record in RECORDS:
        file.append(make(*record.values()))
    file.end()
    return [folder / one.rsplit("/", 1)[-1] for one in urls]


@pytest.mark.parametrize(
    ("form", "compression"),
    [(form, one) for form, names in CODECS.items() for one in (None, *names)],
)
def test_every_documented_compression_works(
    tmp_path: Path, form: str, compression: str | None
) -> None:
    files = written(tmp_path, form, compression)
    assert len(files) == 2
    found: list[dict[str, Any]] = []
    for file in files:
        if form == "parquet":
            found += pq.read_table(file).to_pylist()
            used = pq.ParquetFile(file).metadata.row_group(0).column(0).compression
            expected = compression or CODECS[form][0]
            assert used == {"none": "UNCOMPRESSED"}.get(expected, expected.upper())
        else:
            content = file.read_bytes()
            text = content if compression == "none" else gzip.decompress(content)
            found += map(json.loads, text.splitlines())
    assert found == RECORDS


@pytest.mark.parametrize("compression", sorted({one for some in CODECS.values() for one in some}))
def test_the_settings_take_every_compression(tmp_path: Path, compression: str) -> None:
    TapMarketo.append_builtin_config(known := deepcopy(SETTINGS_SCHEMA))
    login = {"base_url": "https://a.example", "client_id": "a", "client_secret": "b"}
    batch_config = config(tmp_path, "parquet", compression)
    assert not problems({**login, "batch_config": batch_config}, known)


@pytest.mark.parametrize(("form", "compression"), [("jsonl", "snappy"), ("avro", None)])
def test_what_does_not_exist_is_refused(tmp_path: Path, form: str, compression: str | None) -> None:
    asked = BatchConfig.from_dict(config(tmp_path, form, compression))
    with pytest.raises(MarketoError, match="batch_config requests"):
        batch_file(fake_stream([]), asked)


@pytest.mark.parametrize("level", [0, 1, 3, 6, 9])
@pytest.mark.parametrize("installed", [True, False])
def test_gzip_is_the_same_with_and_without_isal(
    monkeypatch: pytest.MonkeyPatch,
    level: int,
    installed: bool,  # noqa: FBT001
) -> None:
    if not installed:
        monkeypatch.setitem(sys.modules, "isal", None)
    target = io.BytesIO()
    with gzip_writer(target, level) as file:
        file.write(b"a line\n" * 1000)
    assert gzip.decompress(target.getvalue()) == b"a line\n" * 1000
