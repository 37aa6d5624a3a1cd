"""The sandbox page lists exactly the existing options, verbs and faults."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields

from marketo_sandbox.__main__ import _parser
from marketo_sandbox.control import VERBS
from marketo_sandbox.faults import JOB_FAULTS, KINDS
from marketo_sandbox.options import SandboxOptions
from tests.support.documentation import sections
from tests.support.meltano import ROOT

PAGE = sections((ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8"))
ROW = re.compile(r"^\| (`.*?) \| (.*?) ?\|", re.MULTILINE)
UNSAID: tuple[object, ...] = (argparse.SUPPRESS, False, [])


def names(text: str) -> list[str]:
    """The names in the first column of its tables."""
    return [name for first, _ in ROW.findall(text) for name in re.findall(r"`(.*?)`", first)]


def shown(default: object) -> str:
    if any(type(default) is type(one) and default == one for one in UNSAID):
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_options_have_their_defaults() -> None:
    actions = [action for action in _parser()._actions if action.dest != "help"]
    defaults = {action.option_strings[0]: shown(action.default) for action in actions}

    options = {first.strip("`"): default for first, default in ROW.findall(PAGE["Options"])}

    assert options == defaults


def test_every_option_of_python_is_one_of_the_command() -> None:
    known = {name.removeprefix("--").replace("-", "_") for name in names(PAGE["Options"])}

    assert {field.name for field in fields(SandboxOptions)} == (
        known - {"port_file", "without_retention", "user"} | {"retention", "users", "permissions"}
    )


def test_verbs_are_told() -> None:
    looks, verbs = PAGE["Inspect and control"].split("| POST |")

    assert sorted(names(verbs)) == sorted(VERBS)
    assert {"summary", "log", "jobs"} < set(names(looks))


def test_faults_are_told() -> None:
    calls, jobs = PAGE["Faults"].split("`job_fault` applies to")

    assert sorted(names(calls)) == sorted(KINDS)
    assert names(jobs) == list(JOB_FAULTS)
