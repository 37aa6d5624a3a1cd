"""Accepted spellings of base_url, and values that are refused in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_marketo.client.address import instance_url
from tests.support.tap_runs import run_tap

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "https://123-abc-456.mktorest.com"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://123-ABC-456.mktorest.com",
        "https://123-ABC-456.mktorest.com/",
        "https://123-ABC-456.mktorest.com/rest",
        "https://123-ABC-456.mktorest.com/rest/",
        "https://123-ABC-456.mktorest.com//rest//",
        "https://123-ABC-456.mktorest.com/identity",
        "https://123-ABC-456.mktorest.com/identity/",
        "HTTPS://123-ABC-456.MKTOREST.COM/REST",
        "  https://123-ABC-456.mktorest.com/rest \n",
        "123-ABC-456.mktorest.com",
        "123-ABC-456.mktorest.com/rest",
    ],
)
def test_every_form_becomes_the_root(pasted: str) -> None:
    assert instance_url(pasted) == ROOT


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        ("https://marketo.example:8443/rest", "https://marketo.example:8443"),
        ("http://127.0.0.1:8765/rest", "http://127.0.0.1:8765"),
        ("http://localhost:8765", "http://localhost:8765"),
        ("http://[::1]:8765/", "http://[::1]:8765"),
    ],
)
def test_ports_and_this_machine_stay(pasted: str, expected: str) -> None:
    assert instance_url(pasted) == expected


REFUSED = [
    "",
    "   ",
    "https://",
    "http://123-ABC-456.mktorest.com",
    "http://192.168.0.1",
    "http://127.0.0.1.example.com",
    "ftp://123-ABC-456.mktorest.com",
    "https://123-ABC-456.mktorest.com/rest/v1/leads.json",
    "https://123-ABC-456.mktorest.com/rest?access_token=abc",
    "https://123-ABC-456.mktorest.com:port",
    "https://user:pa55word@123-ABC-456.mktorest.com",
    "https://user:pa55word@[123-ABC-456.mktorest.com",
    "https://user:pa55word@\u2100.example.com",
    "https://123-ABC 456.mktorest.com",
    "123-ABC-456",
    "https://123-abc-456",
]


@pytest.mark.parametrize("pasted", REFUSED)
def test_what_is_no_address_is_refused_without_quoting_it(pasted: str) -> None:
    with pytest.raises(ValueError, match=r"^must (be|end|begin)") as raised:
        instance_url(pasted)

    assert "pa55word" not in f"{raised.value!r}"
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("pasted", [REFUSED[3], REFUSED[10], REFUSED[14]])
def test_the_tap_says_it_in_one_line(tmp_path: Path, pasted: str) -> None:
    config = {"base_url": pasted, "client_id": "an-id", "client_secret": "a-s3cret"}

    run = run_tap(tmp_path, config, "--discover")

    assert run.returncode == 1
    assert sum("base_url: must" in line for line in run.log.splitlines()) == 1
    assert "Traceback" not in run.log
    assert "a-s3cret" not in run.log
    assert "pa55word" not in run.log
