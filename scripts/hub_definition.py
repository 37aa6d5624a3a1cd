"""Print the tap's definition for Meltano Hub, made from what `tap-marketo --about` tells.

`python scripts/hub_definition.py > hub/_data/meltano/extractors/tap-marketo/engage.yml`
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the tap does not say of itself.
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
        " service for it (LaunchPoint), which gives client id and secret.\n"
    ),
    "settings_preamble": (
        "Three settings are required; the others spread the load over Marketo's limits and have"
        " defaults that suit most instances. Select what you need: each instance has a stream for"
        " each of its activity types, and the combined `activities` holds all of them once more.\n"
    ),
    "usage": (
        "## Coming from another connector\n\n`tap-marketo migrate-state` turns the state of the"
        " singer-io and airbyte variants into this one's, so that the first run goes on where they"
        " stopped.\n"
    ),
}
PLACEHOLDERS = {"base_url": "https://123-ABC-456.mktorest.com"}
OPTION_LABELS = {
    "marketo": "As Marketo's API has them",
    "fail": "End with an error",
    "stop": "End without an error",
    "wait": "Wait until midnight in America/Chicago",
    "oldest_first": "Oldest first",
    "newest_first": "Newest first",
}
# Meltano 4.4 fails to hand a setting of kind decimal to the plugin.
KINDS = {
    "array": "array",
    "number": "integer",
    "integer": "integer",
    "boolean": "boolean",
    "object": "object",
}


def definition() -> dict[str, Any]:
    """The definition, as Meltano's plugin definition syntax has it."""
    program = Path(sys.executable).parent / "tap-marketo"
    told = subprocess.run(  # noqa: S603
        [program, "--about", "--format=json"], capture_output=True, check=True, text=True
    )
    about = json.loads(told.stdout)
    settings = about["settings"]
    return {
        **FACTS,
        "name": about["name"],
        "capabilities": sorted(about["capabilities"]),
        "commands": {
            "doctor": {
                "args": "doctor --config=ENV",
                "description": "Say whether the instance is ready for a sync",
            }
        },
        "supported_python_versions": about["supported_python_versions"],
        "settings_group_validation": [settings["required"]],
        "settings": [
            setting
            for name, schema in settings["properties"].items()
            for setting in _settings(name, schema)
        ],
    }


def _settings(name: str, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One setting, or one for each part of an object: `batch_config.encoding.format`."""
    if schema.get("properties") and name != "stream_maps":
        for part, inner in schema["properties"].items():
            yield from _settings(f"{name}.{part}", inner)
        return
    setting = {
        "name": name,
        "label": schema["title"],
        "description": schema["description"],
        "kind": _kind(schema),
        "placeholder": PLACEHOLDERS.get(name),
        "value": schema.get("default"),
        "sensitive": schema.get("secret"),
        "options": [
            {"label": OPTION_LABELS.get(value, value), "value": value}
            for value in schema.get("enum", ())
        ]
        or None,
    }
    yield {key: value for key, value in setting.items() if value is not None}


def _kind(schema: dict[str, Any]) -> str:
    if schema.get("enum"):
        return "options"
    if schema.get("format") == "date-time":
        return "date_iso8601"
    kinds = [KINDS[kind] for kind in schema.get("type", ()) if kind in KINDS]
    return kinds[0] if kinds else "string"


if __name__ == "__main__":
    # Keys in alphabetical order are the Hub's habit.
    sys.stdout.write(yaml.safe_dump(definition(), width=100, allow_unicode=True))
