"""Unmodified public clients for Marketo read the sandbox's records."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from marketo_sandbox import Sandbox, SandboxOptions
from tests.support.documentation import blocks
from tests.support.meltano import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tools.conftest import ToolEnvironment

CLIENTS = Path(__file__).parent / "clients"
ADDRESS = "https://123-ABC-456.mktorest.com"
START = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=20)
NODE_PACKAGE = "node-marketo-rest@0.7.8"


@dataclass(frozen=True)
class Served:
    """A sandbox behind HTTPS.

    Attributes:
        sandbox: The sandbox.
        environment: Variables that a client needs to find and to trust it.
    """

    sandbox: Sandbox
    environment: dict[str, str]

    @property
    def credentials(self) -> tuple[str, str]:
        """Credentials of its first API user."""
        return self.sandbox.client_id, self.sandbox.client_secret

    def run(self, folder: Path, *command: object) -> str:
        """Output of a command, which must succeed."""
        done = subprocess.run(
            list(map(str, command)),
            cwd=folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A sandbox whose data is at most a few weeks old."""
    authority = tmp_path / "authority.pem"
    options = SandboxOptions(
        tls=str(authority),
        leads=120,
        activities=900,
        start=START,
        job_seconds=0,
        status_refresh_seconds=0,
        calls_per_20_seconds=100_000,
    )
    with Sandbox(options) as sandbox:
        port = sandbox.base_url.rpartition(":")[2]
        variables = {
            "SANDBOX_PORT": port,
            "REQUESTS_CA_BUNDLE": str(authority),
            "NODE_EXTRA_CA_CERTS": str(authority),
            "PYTHONPATH": str(CLIENTS),
        }
        yield Served(sandbox, variables)


def window(served: Served) -> tuple[str, str]:
    """The whole period of the sandbox's data."""
    end = served.sandbox.instance.clock.now() + timedelta(hours=1)
    return f"{START:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}"


def column(text: str, name: str) -> list[str]:
    """A column of an export file."""
    return [row[name] for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_marketorestpython_reads_everything(
    served: Served, tmp_path: Path, tool_environment: ToolEnvironment
) -> None:
    programs = tool_environment("marketorestpython", "marketorestpython==0.5.25")
    found = json.loads(
        served.run(
            tmp_path, programs / "python", CLIENTS / "marketorestpython_reads.py",
            *served.credentials,
        )
    )  # fmt: skip

    assert {name: one for name, one in found.items() if isinstance(one, str)} == {}
    assert len(found) >= 100
    library = served.sandbox.instance.library.records
    assert found["browse_programs"] == len(library["programs"])
    assert found["get_multiple_leads_by_list_id"] == len(
        served.sandbox.world.list_members("static", 1)
    )


def test_marketorestpython_writes_and_exports_show_it(
    served: Served, tmp_path: Path, tool_environment: ToolEnvironment
) -> None:
    programs = tool_environment("marketorestpython", "marketorestpython==0.5.25")
    done = json.loads(
        served.run(
            tmp_path, programs / "python", CLIENTS / "marketorestpython_writes.py",
            *served.credentials, *window(served),
        )
    )  # fmt: skip

    assert [outcome["status"] for outcome in done["synced"]] == ["created", "updated", "skipped"]
    assert [outcome["status"] for outcome in done["added"]] == ["added", "skipped"]
    assert done["import"][0]["numOfLeadsProcessed"] == 1
    assert "Invalid value 'many'" in done["failures"]
    world = served.sandbox.world
    assert [int(one) for one in column(done["leads"], "id")] == list(world.leads)
    assert {"new@example.com", "bulk@example.com"} <= set(column(done["leads"], "email"))
    assert not {1005, 1006} & set(world.leads)
    assert column(done["activities"], "marketoGUID") == [
        activity["marketoGUID"] for activity in world.expected_activities()
    ]


def test_stitch_reads_everything(
    served: Served, tmp_path: Path, tool_environment: ToolEnvironment
) -> None:
    programs = tool_environment("stitch-tap-marketo", "tap-marketo==2.9.4", "setuptools<80")
    config = {
        "endpoint": f"{ADDRESS}/rest",
        "identity": f"{ADDRESS}/identity",
        "client_id": served.sandbox.client_id,
        "client_secret": served.sandbox.client_secret,
        "start_date": f"{START:%Y-%m-%dT%H:%M:%SZ}",
        "poll_interval": 1,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    tap = (programs / "python", CLIENTS / "stitch.py", "--config", "config.json")
    catalog = json.loads(served.run(tmp_path, *tap, "--discover"))
    wanted = {"leads", "programs", "lists", "campaigns", "activities_send_email"}
    for stream in catalog["streams"]:
        chosen = stream["stream"] in wanted
        stream["schema"]["selected"] = chosen
        described = stream.setdefault("metadata", [])
        for one in described:
            one["metadata"]["selected"] = chosen
        # There may be an entry for the stream itself, with the number of its activity type.
        if all(one["breadcrumb"] for one in described):
            described.append({"breadcrumb": [], "metadata": {"selected": chosen}})
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))

    lines = served.run(tmp_path, *tap, "--properties", "catalog.json").split("\n")

    records = singer(lines)
    leads = served.sandbox.world.leads
    assert by_id(records["leads"], "email") == {
        number: lead.values.get("email") or None for number, lead in leads.items()
    }
    library = served.sandbox.instance.library.records
    for name, kind in (("programs", "programs"), ("lists", "static_lists"),
                       ("campaigns", "campaigns")):  # fmt: skip
        assert by_id(records[name], "name") == {one["id"]: one["name"] for one in library[kind]}
    assert {str(activity["marketoGUID"]) for activity in records["activities_send_email"]} == sent(
        served
    )


def singer(lines: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The records of each stream."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("type") == "RECORD":
            found.setdefault(message["stream"], []).append(message["record"])
    return found


def by_id(records: list[dict[str, Any]], field: str) -> dict[int, Any]:
    return {int(record["id"]): record[field] or None for record in records}


def sent(served: Served) -> set[str]:
    """The expected sends."""
    return {activity.guid for activity in served.sandbox.world.activities.between(types=(6,))}


def python_3_10() -> str | None:
    """A Python that really runs: version managers leave broken shims on the path."""
    known = map(str, Path.home().glob(".pyenv/versions/3.10.*/bin/python"))
    for path in filter(None, (shutil.which("python3.10"), *known)):
        if subprocess.run([path, "--version"], check=False, capture_output=True).returncode == 0:
            return path
    return None


@pytest.mark.timeout(900)  # the installation takes minutes
def test_airbyte_reads_everything(
    served: Served, tmp_path: Path, tool_environment: ToolEnvironment
) -> None:
    python = python_3_10()
    if python is None:
        pytest.skip("airbyte-source-marketo needs Python 3.10, which this machine lacks")
    del tool_environment  # its environments use the Python of the tests
    programs = ROOT / ".cache" / "tools" / "airbyte-source-marketo" / "bin"
    if not (programs / "source-marketo").exists():
        subprocess.run([python, "-m", "venv", programs.parent], check=True)
        pip = [str(programs / "pip"), "install", "--quiet", "airbyte-source-marketo==2.1.3"]
        subprocess.run(pip, check=True)
    config = {
        "domain_url": ADDRESS,
        "client_id": served.sandbox.client_id,
        "client_secret": served.sandbox.client_secret,
        "start_date": f"{START:%Y-%m-%dT%H:%M:%SZ}",
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    source = (programs / "python", CLIENTS / "airbyte.py")
    printed = served.run(tmp_path, *source, "discover", "--config", "config.json").split("\n")
    found = [json.loads(line) for line in printed if line.startswith("{")]
    streams = next(one["catalog"]["streams"] for one in found if one["type"] == "CATALOG")
    wanted = {"leads", "programs", "lists", "campaigns", "emails", "activities_send_email"}
    catalog = {
        "streams": [
            {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
            for stream in streams
            if stream["name"] in wanted
        ]
    }
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))

    read = ("read", "--config", "config.json", "--catalog", "catalog.json")
    lines = served.run(tmp_path, *source, *read).split("\n")

    records: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("type") == "RECORD":
            one = message["record"]
            records.setdefault(one["stream"], []).append(one["data"])
    leads = served.sandbox.world.leads
    assert by_id(records["leads"], "email") == {
        number: lead.values.get("email") or None for number, lead in leads.items()
    }
    library = served.sandbox.instance.library.records
    for name, kind in (("programs", "programs"), ("lists", "static_lists"),
                       ("campaigns", "campaigns"), ("emails", "emails")):  # fmt: skip
        assert by_id(records[name], "name") == {one["id"]: one["name"] for one in library[kind]}
    assert {activity["marketoGUID"] for activity in records["activities_send_email"]} == sent(
        served
    )


@pytest.fixture
def node_package() -> Path:
    """The folder of `node-marketo-rest` and its dependencies."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    folder = ROOT / ".cache" / "tools" / "node-marketo-rest"
    if not (folder / "node_modules" / "node-marketo-rest").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}")
        subprocess.run(["npm", "install", "--silent", NODE_PACKAGE], cwd=folder, check=True)
    return folder / "node_modules"


def test_node_marketo_rest_reads_and_writes(
    served: Served, tmp_path: Path, node_package: Path
) -> None:
    served.environment["NODE_PATH"] = str(node_package)
    command = ("node", CLIENTS / "node_reads.js", *served.credentials, *window(served))
    done = json.loads(served.run(tmp_path, *command))

    world, library = served.sandbox.world, served.sandbox.instance.library.records
    assert done["lead"][0]["email"] == world.leads[1001].values["email"]
    assert [lead["id"] for lead in done["leads"]] == [1001, 1002]
    counts = {"lists": "static_lists", "campaigns": "campaigns", "emails": "emails",
              "smartCampaigns": "smart_campaigns", "landingPages": "landing_pages"}  # fmt: skip
    assert all(done[name] == len(library[kind]) for name, kind in counts.items())
    assert done["synced"][0]["status"] == "created"
    assert done["added"][0]["status"] == "added"
    assert [int(one) for one in column(done["leadFile"], "id")] == list(world.leads)
    assert column(done["activityFile"], "marketoGUID") == [
        activity["marketoGUID"] for activity in world.expected_activities()
    ]


def test_the_script_of_the_page_runs(tmp_path: Path) -> None:
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    (script,) = (block.text for block in blocks(page) if block.language == "js")
    (tmp_path / "page.mjs").write_text(script)
    with Sandbox(SandboxOptions(leads=5, activities=0)) as sandbox:
        done = subprocess.run(
            ["node", tmp_path / "page.mjs"],
            env={**os.environ, "SANDBOX": sandbox.base_url},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )

    assert "person1000@example.com" in done.stdout
