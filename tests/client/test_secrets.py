"""No log, at any level, no exception and no repr contains secrets, tokens or records."""

from __future__ import annotations

import json
import logging
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tap_marketo.client.errors import MarketoError
from tap_marketo.client.redaction import redact
from tap_marketo.settings import Settings
from tests.support.export_runs import catalog_of
from tests.support.tap_runs import TAP, own_environment, quick_config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from marketo_sandbox import Sandbox
    from tap_marketo.client import MarketoClient
    from tests.conftest import StartSandbox

TYPES = "/rest/v1/activities/types.json"
LEADS = "/rest/v1/leads.json"
SECRET = "very/secret+value=&%\u00e9"  # noqa: S105 - awkward in a URL


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox(users={"client-7f3a": SECRET})


def tokens(sandbox: Sandbox) -> set[str]:
    return set(sandbox.instance.tokens._owners)


def leaks(text: str, sandbox: Sandbox) -> list[str]:
    """The names of secrets that a text contains."""
    hidden = {"secret": SECRET, "client id": "client-7f3a", "quoted": "very%2Fsecret"}
    found = [name for name, value in hidden.items() if value in text]
    return found + ["token" for token in tokens(sandbox) if token in text]


def test_debug_logs_of_every_library_are_safe(
    connect: Callable[..., MarketoClient], sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = connect(client_id="client-7f3a", client_secret=SECRET)
    client.get(TYPES)
    client.get(LEADS, {"filterType": "id", "filterValues": "1000"})
    sandbox.control.revoke_tokens()
    client.get(TYPES)
    sandbox.control.fault("reset", TYPES)
    client.get(TYPES)

    assert "POST /identity/oauth/token" in caplog.text
    assert leaks(caplog.text, sandbox) == []
    assert "person1000@example.com" not in caplog.text


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("reset", "/identity/oauth/token"),
        ("html", "/identity/oauth/token"),
        ("http", "/identity/oauth/token"),
        ("reset", TYPES),
        ("html", TYPES),
        ("http", TYPES),
        ("error", TYPES),
    ],
)
def test_exceptions_and_all_that_hangs_on_them_are_safe(
    connect: Callable[..., MarketoClient], sandbox: Sandbox, kind: str, path: str
) -> None:
    client = connect(client_id="client-7f3a", client_secret=SECRET, max_tries=1)
    sandbox.control.fault(kind, path, times=-1)

    with pytest.raises(MarketoError) as raised:
        client.get(TYPES)

    traceback = logging.Formatter().formatException((raised.type, raised.value, raised.tb))
    assert leaks(f"{traceback} {raised.value!r} {vars(raised.value)}", sandbox) == []


def test_reprs_are_safe(connect: Callable[..., MarketoClient], sandbox: Sandbox) -> None:
    client = connect(client_id="client-7f3a", client_secret=SECRET)
    client.get(TYPES)
    settings = Settings("https://123-abc-456.mktorest.com", "client-7f3a", SECRET)

    shown = f"{client!r} {client} {client.auth!r} {client.throttle!r} {client.clock!r}"

    assert leaks(shown, sandbox) == []
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        "POST /identity/oauth/token?grant_type=client_credentials&client_id=a&client_secret=b HTTP",
        "url='https://x/?access_token=abc:sj' failed",
    ],
)
def test_a_quoted_url_is_blanked(text: str) -> None:
    blanked = redact(text)

    assert "***" in blanked
    assert not {"=a&", "=b ", "abc:sj"} & {
        part for part in ("=a&", "=b ", "abc:sj") if part in blanked
    }


@pytest.mark.parametrize("fault", [None, "reset", "error"])
def test_a_run_at_debug_level_tells_no_secret_and_no_record(
    sandbox: Sandbox, tmp_path: Path, fault: str | None
) -> None:
    start = sandbox.instance.clock.now() - timedelta(days=80)
    config = quick_config(sandbox, start_date=f"{start:%Y-%m-%d}", export_window_days=31)
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "catalog.json").write_text(json.dumps(catalog_of("leads")))
    if fault:
        sandbox.control.fault(fault, "*/enqueue.json", code="1003", message="Invalid", times=2)
    levels = {
        "TAP_MARKETO_LOGLEVEL": "DEBUG",
        "SINGER_SDK_LOG_CONFIG": str(tmp_path / "logging.yaml"),
    }
    (tmp_path / "logging.yaml").write_text(
        "version: 1\n"
        "disable_existing_loggers: false\n"
        "handlers: {err: {class: logging.StreamHandler, level: DEBUG, stream: ext://sys.stderr}}\n"
        "root: {level: DEBUG, handlers: [err]}\n"
    )

    done = subprocess.run(
        [TAP, "--config", "config.json", "--catalog", "catalog.json"],
        cwd=tmp_path, env=own_environment(**levels), capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    log = done.stderr

    assert "/identity/oauth/token" in log  # the libraries did log
    assert leaks(log, sandbox) == []
    assert "@example.com" not in log
    assert "Lovelace" not in log
    if fault is None:
        assert done.returncode == 0, log
        assert "Lovelace" in done.stdout
