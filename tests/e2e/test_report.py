"""The report as a Meltano user creates it: with the project's settings and command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import meltano

if TYPE_CHECKING:
    from pathlib import Path

    from marketo_sandbox import Sandbox


def test_meltano_makes_the_page_of_its_last_run(sandbox: Sandbox, tmp_path: Path) -> None:
    meltano.run(sandbox, tmp_path, "invoke", "tap-marketo", select=("leads.*",))

    meltano.run(sandbox, tmp_path, "invoke", "tap-marketo:report")

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert sandbox.jobs
    assert all(job.export_id in page for job in sandbox.jobs)


def test_it_needs_no_credentials_when_an_option_is_given(sandbox: Sandbox, tmp_path: Path) -> None:
    meltano.run(sandbox, tmp_path, "invoke", "tap-marketo", select=("leads.*",))
    calls = len(sandbox.log)

    meltano.run(
        sandbox,
        tmp_path,
        "invoke",
        "tap-marketo:report",
        "--output",
        "page.html",
        TAP_MARKETO_CLIENT_SECRET="wrong",  # noqa: S106
    )

    assert (tmp_path / "page.html").exists()
    assert len(sandbox.log) == calls
