"""The settings as tables, and as declarations for Meltano and its Hub."""

from __future__ import annotations

import textwrap
from copy import deepcopy
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tap_marketo.configuration import declarations
from tap_marketo.settings import SETTINGS_SCHEMA, Settings
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_marketo.configuration import Declaration

# Meltano 4.4 does not pass settings of kind decimal to the plugin.
KINDS = {
    "array": "array",
    "number": "integer",
    "integer": "integer",
    "boolean": "boolean",
    "object": "object",
}
DECLARED = declarations(Settings)


def tables() -> str:
    """A heading and a table for each group of settings."""
    parts = []
    for group, settings in groupby(DECLARED.items(), key=lambda pair: pair[1].group):
        rows = [("Setting", "Default", "What it does"), ("---",) * 3]
        for name, setting in settings:
            rows.append((f"`{name}`", _default(setting), _meaning(name, setting)))
        lines = [f"| {' | '.join(row)} |" for row in rows]
        parts.append("\n".join([f"## {group}", "", *lines]))
    return "\n\n".join(parts)


def meltano_settings() -> str:
    """All settings for meltano.yml, including the SDK's."""
    entries = [
        {key: value for key, value in setting.items() if key != "description"}
        for setting in for_meltano()
    ]
    return str(yaml.safe_dump(entries, sort_keys=False, width=100, allow_unicode=True))


def project() -> str:
    """A code block with a complete meltano.yml for a new project, with all settings."""
    template = Path(__file__).with_name("project.yml").read_text(encoding="utf-8")
    listed = [_short(setting) for setting in for_meltano()]
    named = f"[{', '.join(capabilities())}]"
    text = template.replace("CAPABILITIES", _wrapped(named, "      ")).replace(
        "SETTINGS", f"[{_wrapped(', '.join(listed), '       ')}]"
    )
    return f"<!-- run by tests/e2e/test_readme.py -->\n```yaml\n{text}```"


def capabilities() -> list[str]:
    """The tap's Singer capabilities."""
    return sorted(str(capability.value) for capability in TapMarketo.capabilities)


def for_meltano() -> list[dict[str, Any]]:
    """All settings in Meltano's plugin format; the SDK's objects are not split."""
    schema_of_all = deepcopy(SETTINGS_SCHEMA)
    TapMarketo.append_builtin_config(schema_of_all)
    return [
        entry
        for name, schema in schema_of_all["properties"].items()
        for entry in entries(name, schema, split=name in DECLARED)
    ]


def entries(name: str, schema: dict[str, Any], *, split: bool = True) -> Iterator[dict[str, Any]]:
    """A setting in Meltano's format, or one for each part of an object.

    Args:
        name: Name of the setting; parts add to it, as in `leads_filter.smart_list_id`.
        schema: JSON Schema of the setting.
        split: Whether to split an object into its parts.
    """
    if split and schema.get("properties") and name != "stream_maps":
        for part, inner in schema["properties"].items():
            yield from entries(f"{name}.{part}", inner)
        return
    declared = DECLARED.get(name)
    labels = declared.options if declared else {}
    setting = {
        "name": name,
        "label": schema.get("title"),
        "kind": _kind(schema),
        "placeholder": declared.placeholder if declared else None,
        "value": schema.get("default"),
        "sensitive": schema.get("secret"),
        "options": [
            {"label": labels.get(value, value), "value": value} for value in schema.get("enum", ())
        ]
        or None,
        "description": schema.get("description"),
    }
    yield {key: value for key, value in setting.items() if value is not None}


def _short(setting: dict[str, Any]) -> str:
    kind = {"options": "string"}.get(setting["kind"], setting["kind"])
    named = f"{{name:~{setting['name']}"
    typed = f",~kind:~{kind}" if kind != "string" else ""
    secret = ",~sensitive:~true" if setting.get("sensitive") else ""
    return f"{named}{typed}{secret}}}"


def _wrapped(text: str, indent: str) -> str:
    # Each setting stays on one line.
    lines = textwrap.wrap(text, 97 - len(indent), break_long_words=False, break_on_hyphens=False)
    return f"\n{indent}".join(lines).replace("~", " ")


def _kind(schema: dict[str, Any]) -> str:
    if schema.get("enum"):
        return "options"
    if schema.get("format") == "date-time":
        return "date_iso8601"
    types = schema.get("type", ())
    kinds = [
        KINDS[kind] for kind in ([types] if isinstance(types, str) else types) if kind in KINDS
    ]
    return kinds[0] if kinds else "string"


def _default(setting: Declaration) -> str:
    if setting.required:
        return "required"
    if setting.unset:
        return setting.unset
    if isinstance(setting.default, bool):
        return str(setting.default).lower()
    if isinstance(setting.default, list):
        return ", ".join(setting.default) or "none"
    return f"`{setting.default}`" if setting.options else str(setting.default)


def _meaning(name: str, setting: Declaration) -> str:
    text = setting.description
    if setting.options:
        text += f" One of {', '.join(f'`{value}`' for value in setting.options)}."
    parts = SETTINGS_SCHEMA["properties"][name].get("properties")
    if parts:
        text += f" An object with one of {', '.join(f'`{part}`' for part in parts)}."
    return text
