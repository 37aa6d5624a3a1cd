"""The definition for Meltano Hub is what the tap tells of itself, and of the Hub's shape."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tap_marketo.settings import SETTINGS_SCHEMA

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "hub" / "_data" / "meltano" / "extractors" / "tap-marketo" / "engage.yml"
SHAPE = json.loads((Path(__file__).with_name("hub_extractor.schema.json")).read_text())
AGREED = ("name", "label", "kind", "value", "options", "placeholder", "sensitive")


def document() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def test_the_file_is_what_the_script_makes() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "hub_definition.py"],
        capture_output=True,
        text=True,
        check=True,
    )

    advice = f"make it again: python scripts/hub_definition.py > {FILE.relative_to(ROOT)}"
    assert FILE.read_text(encoding="utf-8") == made.stdout, advice


def test_it_has_the_shape_that_the_hub_takes() -> None:
    jsonschema.validate(document(), SHAPE)


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
        jsonschema.validate({**document(), **wrong}, SHAPE)


def test_every_required_setting_is_one() -> None:
    names = {one["name"] for one in document()["settings"]}

    for group in document()["settings_group_validation"]:
        assert set(group) <= names


def test_meltano_yml_declares_the_same() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    tap, *_ = project["plugins"]["extractors"]
    hub = document()

    for name in ("label", "namespace", "executable", "capabilities", "select"):
        assert tap[name] == hub[name], name
    assert tap["settings_group_validation"] == hub["settings_group_validation"]
    ours = [{name: one.get(name) for name in AGREED} for one in tap["settings"]]
    theirs = [{name: one.get(name) for name in AGREED} for one in hub["settings"]]
    own = sum(one["name"].partition(".")[0] in SETTINGS_SCHEMA["properties"] for one in ours)
    assert ours[:own] == theirs[:own]
