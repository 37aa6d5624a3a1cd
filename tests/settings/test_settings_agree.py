"""The settings are the same in the tap, in meltano.yml and in the README."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path

import yaml

from tap_marketo.settings import SETTINGS_SCHEMA
from tap_marketo.tap import TapMarketo

ROOT = Path(__file__).resolve().parents[2]
NAMES = list(SETTINGS_SCHEMA["properties"])


def test_meltano_declares_every_setting_with_its_default() -> None:
    tap, *_ = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
    # The parts of an object are settings of their own, named after it.
    declared = {one["name"].partition(".")[0]: one.get("value") for one in tap["settings"]}

    assert list(declared)[: len(NAMES)] == NAMES
    TapMarketo.append_builtin_config(known := deepcopy(SETTINGS_SCHEMA))
    assert set(declared) <= set(known["properties"])
    for name, setting in SETTINGS_SCHEMA["properties"].items():
        assert declared[name] == setting.get("default")


def test_the_readme_lists_every_setting() -> None:
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## Settings") : text.index("## Streams")]

    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == NAMES


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    readme = (ROOT / "README.md").read_text()
    commands = re.findall(r"^make ([a-z ]+?)(?:\s{2,}|$)", readme, re.MULTILINE)

    for target in " ".join(commands).split():
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
