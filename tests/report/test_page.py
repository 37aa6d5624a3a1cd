"""`tap-marketo report` writes a page from a sync log, or says in a line why it cannot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tap_marketo.report.drawing import size
from tap_marketo.report.history import read_run
from tap_marketo.report.page import render
from tests.support.export_runs import only
from tests.support.sync_logs import write_log
from tests.support.tap_runs import quick_config, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox


def test_the_page_shows_every_job_of_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    config = quick_config(sandbox, sync_log=str(tmp_path / "sync.jsonl"))
    run_tap(tmp_path, config, catalog=only("leads", sandbox, tmp_path))

    done = run_tap(tmp_path, config, "report")

    assert done.returncode == 0, done.log
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for job in sandbox.jobs:
        assert f"<code>{job.export_id}</code>" in page
        assert job.file
        assert f'<td class="n">{job.file.size:,}</td>' in page
    assert f"Sync of {sandbox.base_url.split('/')[2].split(':')[0]}" in page
    assert "ended well" in page
    assert not re.search(r"<(script|img|link)|(src|href)=|https?://", page)


def test_what_an_error_says_is_text_in_the_page(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control.fault(
        "error", "*/create.json", times=1, code="604", message="<script>alert(1)</script>"
    )
    config = quick_config(sandbox, sync_log=str(tmp_path / "sync.jsonl"))
    run_tap(tmp_path, config, catalog=only("leads", sandbox, tmp_path))

    run_tap(tmp_path, config, "report")

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_without_a_log_one_line_says_what_to_do(tmp_path: Path) -> None:
    unnamed = run_tap(tmp_path, {}, "report")
    missing = run_tap(tmp_path, {}, "report", "--log", "nowhere.jsonl")

    assert unnamed.returncode == missing.returncode == 1
    assert "Set sync_log" in unnamed.log
    assert (
        missing.log
        == "Error: The sync log nowhere.jsonl cannot be read: No such file or directory.\n"
    )


def test_it_needs_no_credentials(sandbox: Sandbox, tmp_path: Path) -> None:
    config = quick_config(sandbox, sync_log=str(tmp_path / "sync.jsonl"))
    run_tap(tmp_path, config, catalog=only("leads", sandbox, tmp_path))
    calls = len(sandbox.log)

    done = run_tap(tmp_path, {**config, "client_secret": "wrong"}, "report")
    bare = run_tap(tmp_path, None, "report", "--log", "sync.jsonl")

    assert done.returncode == bare.returncode == 0, done.log
    assert len(sandbox.log) == calls


def test_a_failed_run_says_why_above_everything_else(tmp_path: Path) -> None:
    path = tmp_path / "sync.jsonl"
    write_log(path, 3, failed="Export of leads failed 3 times")

    page = render(read_run(path))

    assert page.index("Export of leads failed 3 times") < page.index("<dl>")
    assert "Why it failed" in page


def test_one_job_makes_a_small_page(tmp_path: Path) -> None:
    write_log(tmp_path / "sync.jsonl", 1)

    assert len(render(read_run(tmp_path / "sync.jsonl"))) < 100_000


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (900, "900 bytes"), (2048, "2.0 kB"), (5_000_000, "4.8 MB")],
)
def test_a_size_is_never_nothing(count: int, text: str) -> None:
    assert size(count) == text


def test_a_trend_needs_more_than_one_run(tmp_path: Path) -> None:
    write_log(tmp_path / "sync.jsonl", 2)
    run = read_run(tmp_path / "sync.jsonl")

    assert "The last runs" not in render(run)
    assert render(run, [run, run]).count("ended well") == 4
