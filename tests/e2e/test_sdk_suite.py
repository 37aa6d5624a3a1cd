"""The Singer SDK's test suite for taps, against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from marketo_sandbox import Sandbox, SandboxOptions
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = SandboxOptions(
    leads=100, activities=3000, job_seconds=0, status_refresh_seconds=0, calls_per_20_seconds=1000
)
SANDBOX = Sandbox(OPTIONS)
SANDBOX.control.delete_leads(3)
CONFIG: dict[str, Any] = {
    "base_url": SANDBOX.base_url,
    "client_id": SANDBOX.client_id,
    "client_secret": SANDBOX.client_secret,
    "export_poll_interval_seconds": 0.2,
    "max_calls_per_20_seconds": 100,
    "named_account_lists": ["Accounts 0", "Accounts 1"],
}


@pytest.fixture(scope="module", autouse=True)
def _sandbox() -> Iterator[None]:
    yield
    SANDBOX.stop()


def everything_selected() -> dict[str, Any]:
    catalog = TapMarketo(config=CONFIG).catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = True
    return catalog


# The suite creates its tests at import, and each of them calls the instance.
SANDBOX.start()
TestTapMarketo = get_tap_test_class(
    TapMarketo,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=20),
    catalog=everything_selected(),
)
