"""`tap-marketo report` makes one page of a sync log, or says in a line why not."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from tests.support.export_runs import only
from tests.support.tap_runs import TAP, own_environment, quick_config, run_tap

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
    assert not re.search(r"<(script|img|link)[^>]+(src|href)=", page)


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
    assert "set sync_log" in unnamed.log
    assert (
        missing.log
        == "Error: The sync log nowhere.jsonl cannot be read: No such file or directory.\n"
    )


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "plotly").mkdir()
    (tmp_path / "plotly" / "__init__.py").write_text("raise ImportError", encoding="utf-8")

    done = subprocess.run(
        [TAP, "report", "--log", "sync.jsonl"],
        env=own_environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "Error: The report needs an extra: pip install 'tap-marketo-engage[report]'.\n"
    )
