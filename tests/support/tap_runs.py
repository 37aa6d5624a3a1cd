"""The tap as its users start it: a process with files in and messages out."""

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

# What the environment of whoever runs the tests must not change.
FOREIGN = ("TAP_MARKETO_", "TARGET_", "MELTANO_")


@dataclass(frozen=True)
class TapRun:
    """What a run of the tap left behind.

    Attributes:
        returncode: Of the process.
        output: Everything on stdout.
        log: Everything on stderr.
    """

    returncode: int
    output: str
    log: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The Singer messages."""
        # Not `splitlines`: people's text holds U+2028 and its kin.
        return [json.loads(line) for line in self.output.split("\n") if line]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        states = [one["value"] for one in self.messages if one["type"] == "STATE"]
        return dict(states[-1])

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream, in the order in which they came."""
        return [
            one["record"]
            for one in self.messages
            if one["type"] == "RECORD" and one["stream"] == stream
        ]

    def activities(self) -> list[dict[str, Any]]:
        """The records of all streams of one activity type."""
        return [
            one["record"]
            for one in self.messages
            if one["type"] == "RECORD" and is_activity_type(one["stream"])
        ]


def is_activity_type(stream: str) -> bool:
    """Whether a stream holds the activities of one type."""
    return stream.startswith("activity_") and stream != "activity_types"


def quick_config(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    """A configuration for a sandbox, which need not be spared like a real instance."""
    return {
        "base_url": f"{sandbox.base_url}/rest",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "export_poll_interval_seconds": 0.2,
        "max_calls_per_20_seconds": 100,
        **settings,
    }


def own_environment(**variables: str) -> dict[str, str]:
    """The environment without what configures plugins, and with these variables."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)}
    return inherited | variables


def run_tap(
    folder: Path,
    config: Mapping[str, Any] | None,
    *arguments: str,
    catalog: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
) -> TapRun:
    """Run the tap to its end.

    Args:
        folder: For the files that it is given.
        config: Of the tap.
        arguments: Further ones of the command line.
        catalog: As discovery gave it, selection included.
        state: Of the run before.
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
    """The catalog that the tap offers.

    Args:
        sandbox: The instance.
        folder: For the files that the tap is given.
        settings: Further ones.
    """
    run = run_tap(folder, quick_config(sandbox, **settings), "--discover")
    assert run.returncode == 0, run.log
    return dict(json.loads(run.output))


def selected(
    catalog: dict[str, Any], streams: set[str], fields: set[str] | None = None
) -> dict[str, Any]:
    """Select in a catalog, and deselect the rest.

    Args:
        catalog: Changed in place.
        streams: Names.
        fields: Names; all by default.

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
