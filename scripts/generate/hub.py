"""The tap's definition for Meltano Hub, from its settings and the output of `--about`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from scripts.generate.settings import entries

# Properties that `--about` does not print.
FACTS = {
    "label": "Adobe Marketo Engage",
    "variant": "engage",
    "namespace": "tap_marketo",
    "pip_url": "tap-marketo-engage",
    "executable": "tap-marketo",
    "description": "Marketing automation: leads, activities, programs, campaigns and assets",
    "domain_url": "https://business.adobe.com/products/marketo.html",
    "logo_url": "/assets/logos/extractors/marketo.png",
    "keywords": ["api", "marketing", "meltano_sdk"],
    "maintenance_status": "beta",
    "quality": "unknown",
    "log_parser": "singer-sdk",
    "select": ["leads.*", "lead_fields.*", "activity_*.*"],
    "prereq": (
        "In Marketo's Admin: an API-only user whose role has *Read-Only Lead* and *Read-Only"
        " Activity* (and *Read-Only Asset* for programs, emails and other assets), and a custom"
        " service for it (LaunchPoint), which has the client id and secret.\n"
    ),
    "settings_preamble": (
        "Three settings are required; the others spread the load over Marketo's limits and have"
        " defaults that suit most instances. Select what you need: each instance has a stream for"
        " each of its activity types, and `activities` repeats all of them in one stream.\n"
    ),
    "usage": (
        "## Coming from another connector\n\n`tap-marketo migrate-state` converts the state of the"
        " singer-io and airbyte variants into this one's, so that the first run goes on where they"
        " stopped.\n"
    ),
}


def definition() -> dict[str, Any]:
    """The definition, in Meltano's plugin definition syntax."""
    program = Path(sys.executable).parent / "tap-marketo"
    done = subprocess.run(
        [program, "--about", "--format=json"], capture_output=True, check=True, text=True
    )
    about = json.loads(done.stdout)
    settings = about["settings"]
    return {
        **FACTS,
        "name": about["name"],
        "capabilities": sorted(about["capabilities"]),
        "commands": {
            "doctor": {
                "args": "doctor --config=ENV",
                "description": "Check whether the instance is ready for a sync",
            }
        },
        "supported_python_versions": about["supported_python_versions"],
        "settings_group_validation": [settings["required"]],
        "settings": [
            setting
            for name, schema in settings["properties"].items()
            for setting in entries(name, schema)
        ],
    }


def document() -> str:
    """The file, with keys in alphabetical order, as usual in the Hub."""
    return str(yaml.safe_dump(definition(), width=100, allow_unicode=True))
