"""Credentials are read from files, unless other users can read the files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tap_marketo.export.credentials import read_credentials
from tap_marketo.export.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {"base_url": "https://123-ABC-456.mktorest.com", "client_secret": "s=1"}


@pytest.mark.parametrize(
    "text",
    [
        '{"base_url": "https://123-ABC-456.mktorest.com", "client_secret": "s=1"}',
        "# mine\n\nbase_url=https://123-ABC-456.mktorest.com\nclient_secret = s=1\n",
        "export TAP_MARKETO_BASE_URL='https://123-ABC-456.mktorest.com'\n"
        'TAP_MARKETO_CLIENT_SECRET="s=1"\n',
    ],
)
def test_a_private_file_is_read(tmp_path: Path, text: str) -> None:
    file = tmp_path / "credentials"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)

    assert read_credentials(file) == SETTINGS


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o644, 0o777])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "credentials"
    file.write_text("client_secret=s3cret", encoding="utf-8")
    file.chmod(mode)

    with pytest.raises(ExportError, match="chmod 600") as raised:
        read_credentials(file)
    assert "s3cret" not in str(raised.value)


def test_settings_without_a_secret_may_be_public(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("client_id=x", encoding="utf-8")
    file.chmod(0o644)

    assert read_credentials(file) == {"client_id": "x"}


@pytest.mark.parametrize("text", ["{", "client_secret s3cret", "client_secret"])
def test_a_malformed_file_is_refused_without_its_text(tmp_path: Path, text: str) -> None:
    file = tmp_path / "credentials"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)

    with pytest.raises(ExportError) as raised:
        read_credentials(file)
    assert "s3cret" not in str(raised.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be read"):
        read_credentials(tmp_path / "none")
