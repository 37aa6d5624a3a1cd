"""The tap as users run it: a process that reads files and writes messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marketo_sandbox import Sandbox

TAP = Path(sys.executable).parent / "tap-marketo"

# Variables of the tester's environment that must not affect the tests.
FOREIGN = ("TAP_MARKETO_", "TARGET_", "MELTANO_")


@dataclass(frozen=True)
class TapRun:
    """The result of a run of the tap.

    Attributes:
        returncode: Exit code of the process.
        output: Everything on stdout.
        log: Everything on stderr.
    """

    returncode: int
    output: str
    log: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The Singer messages."""
        # Not `splitlines`, because records can contain U+2028 and similar characters.
        return [json.loads(line) for line in self.output.split("\n") if line]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        return dict(states[-1])

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream, in the order in which they were written."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def activities(self) -> list[dict[str, Any]]:
        """The records of all streams of one activity type."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and is_activity_type(message["stream"])
        ]


def is_activity_type(stream: str) -> bool:
    """Whether a stream has the activities of a single type."""
    return stream.startswith("activity_") and stream != "activity_types"


def quick_config(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    """A configuration for a sandbox, faster than is polite to a real instance."""
    return {
        "base_url": f"{sandbox.base_url}/rest",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "export_poll_interval_seconds": 0.2,
        "max_calls_per_20_seconds": 100,
        **settings,
    }


def own_environment(**variables: str) -> dict[str, str]:
    """The environment without variables that configure plugins, plus the given variables."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)}
    return inherited | variables


def run_tap(
    folder: Path,
    config: Mapping[str, Any] | None,
    *arguments: str,
    catalog: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
) -> TapRun:
    """Run the tap until it exits.

    Args:
        folder: Folder for its input files, and its working directory.
        config: Settings of the tap.
        arguments: Further command-line arguments.
        catalog: Catalog from discovery, with a selection.
        state: State of the run before.
    """
    command = [str(TAP), *arguments]
    for name, content in (("config", config), ("catalog", catalog), ("state", state)):
        if content is not None:
            file = folder / f"{name}.json"
            file.write_text(json.dumps(content), encoding="utf-8")
            command += [f"--{name}", str(file)]
    done = subprocess.run(
        command,
        capture_output=True,
        cwd=folder,
        env=own_environment(),
        check=False,
        timeout=240,
    )
    return TapRun(done.returncode, done.stdout.decode(), done.stderr.decode())


def discover(sandbox: Sandbox, folder: Path, **settings: Any) -> dict[str, Any]:
    """Run discovery and return the catalog.

    Args:
        sandbox: The instance.
        folder: Folder for the input files of the tap.
        settings: Further settings.
    """
    run = run_tap(folder, quick_config(sandbox, **settings), "--discover")
    assert run.returncode == 0, run.log
    return dict(json.loads(run.output))


def selected(
    catalog: dict[str, Any], streams: set[str], fields: set[str] | None = None
) -> dict[str, Any]:
    """Select streams and fields in a catalog, and deselect all others.

    Args:
        catalog: Catalog, changed in place.
        streams: Names of the selected streams.
        fields: Names of the selected fields; all by default.

    Returns:
        The catalog.
    """
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
            elif fields is not None:
                entry["metadata"]["selected"] = entry["breadcrumb"][-1] in fields
    return catalog
