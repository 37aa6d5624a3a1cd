"""Every example of docs/client.md runs as written."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.meltano import ROOT
from tests.support.tap_runs import own_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import StartSandbox

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


EXAMPLES = BLOCK.findall((ROOT / "docs" / "client.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_of_the_page(start_sandbox: StartSandbox, tmp_path: Path, number: int) -> None:
    sandbox = start_sandbox(leads=40, activities=2000)

    done = subprocess.run(
        [sys.executable, "-c", EXAMPLES[number]],
        cwd=tmp_path,
        env=own_environment(
            TAP_MARKETO_BASE_URL=sandbox.base_url,
            TAP_MARKETO_CLIENT_ID=sandbox.client_id,
            TAP_MARKETO_CLIENT_SECRET=sandbox.client_secret,
            TAP_MARKETO_EXPORT_POLL_INTERVAL_SECONDS="0.2",
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert done.returncode == 0, done.stderr
