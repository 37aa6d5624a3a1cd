"""The generated parts of `make docs` are fresh and complete."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tap_marketo.settings import SETTINGS_SCHEMA
from tap_marketo.tap import TapMarketo

ROOT = Path(__file__).resolve().parents[2]
HUB = ROOT / "hub" / "_data" / "meltano" / "extractors" / "tap-marketo" / "engage.yml"
SHAPE = json.loads((Path(__file__).with_name("hub_extractor.schema.json")).read_text())
GENERATED = [
    "README.md",
    "docs/architecture.md",
    "docs/settings.md",
    "docs/streams.md",
    "meltano.yml",
    str(HUB),
]


def hub() -> dict[str, Any]:
    return dict(yaml.safe_load(HUB.read_text(encoding="utf-8")))


def every_setting() -> set[str]:
    TapMarketo.append_builtin_config(known := deepcopy(SETTINGS_SCHEMA))
    return set(known["properties"])


def declared(plugin: dict[str, Any]) -> set[str]:
    # The properties of an object are separate settings, named after it.
    return {setting["name"].partition(".")[0] for setting in plugin["settings"]}


def test_the_generated_parts_are_fresh() -> None:
    cog = Path(sys.executable).with_name("cog")
    done = subprocess.run(
        [cog, "--check", "-I", ROOT, *GENERATED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, f"run `make docs`\n{done.stdout}{done.stderr}"


def test_the_hub_definition_has_the_shape_that_the_hub_takes() -> None:
    jsonschema.validate(hub(), SHAPE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quality": "best"},
        {"capabilities": ["discover", "magic"]},
        {"colour": "purple"},
        {"settings": [{"label": "nameless"}]},
        {"settings": [{"name": "choice", "kind": "options"}]},
        {"settings": [{"name": "secret", "kind": "password"}]},
    ],
)
def test_the_shape_is_not_just_anything(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**hub(), **wrong}, SHAPE)


def test_every_required_setting_is_one() -> None:
    for group in hub()["settings_group_validation"]:
        assert set(group) <= declared(hub())


@pytest.mark.parametrize("file", ["meltano.yml", "README.md"])
def test_every_project_declares_all_settings_and_capabilities(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    if file == "README.md":
        text = text.split("```yaml\n")[1].split("```")[0]
    tap, *_ = yaml.safe_load(text)["plugins"]["extractors"]

    assert declared(tap) == every_setting()
    assert "structured-logging" in tap["capabilities"]
    for name in ("namespace", "executable", "capabilities"):
        assert tap[name] == hub()[name], name


def test_meltano_yml_has_each_default() -> None:
    tap, *_ = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
    values = {one["name"]: one.get("value") for one in tap["settings"]}

    for name, setting in SETTINGS_SCHEMA["properties"].items():
        if "default" in setting:
            assert values[name] == setting["default"]
