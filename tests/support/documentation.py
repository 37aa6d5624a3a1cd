"""The code blocks of README.md and docs/, run as a reader runs them.

In a page, in its order and in one folder:

- ```` ```sh ```` and ```` ```python ```` are run, and must end with 0.
- ```` ```yaml ```` whose first line is `# meltano.yml` is added to the project's meltano.yml.
- ```` ```text ```` only shows what something prints.

A comment right above a block says otherwise:

- `<!-- not run: REASON -->`: it cannot be run here.
- `<!-- run by tests/... -->`: a test of its own runs it.
- `<!-- file: NAME -->`: what the file holds that the reader writes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.support import meltano
from tests.support.tap_runs import discover, own_environment, quick_config, selected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from marketo_sandbox import Sandbox

PAGES = [meltano.ROOT / "README.md", *sorted((meltano.ROOT / "docs").glob("*.md"))]
LANGUAGES = {"sh", "python", "yaml", "json", "sql", "text", "mermaid", "js"}
MARKS = ("not run: ", "run by ", "file: ")
INSTANCE = "https://123-ABC-456.mktorest.com"
PREPARATION = re.compile(r"(meltano|pip) install |export( \w+=\.\.\.)+$|meltano install$")
# Files that a reader has, such as another connector's state, and answers to what is asked.
READER = Path(__file__).parent / "reader"
# Lists of the reader's instance, which the pages name, and a folder that colleagues can read.
LISTS = {"static_lists": (1, "Customers"), "smart_lists": (2, "Berlin customers")}
SHARED = "/srv/shared"
PROGRAMS = (
    Path(sys.executable).parent,
    meltano.MELTANO.parent,
    meltano.ROOT / ".meltano" / "loaders" / "target-marketo-duckdb" / "venv" / "bin",
)
BLOCK = re.compile(
    r"(?:^ *<!-- (?P<mark>[^\n]*?) -->\n)?"
    r"^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        language: After the fence.
        text: What stands in it.
        mark: The comment above it, or nothing.
        line: Where it begins.
    """

    language: str
    text: str
    mark: str
    line: int

    @property
    def elsewhere(self) -> bool:
        """Whether it is not for `run`."""
        return self.mark.startswith(MARKS[:2])


def blocks(text: str) -> list[Block]:
    """The code blocks of a page or a section.

    Args:
        text: Its Markdown.
    """
    return [
        Block(
            found["language"],
            textwrap.dedent(found["text"]),
            found["mark"] or "",
            text.count("\n", 0, found.start("language")) + 1,
        )
        for found in BLOCK.finditer(text)
    ]


def sections(text: str) -> dict[str, str]:
    """The sections of a page by their headings of the second level.

    Args:
        text: Its Markdown.
    """
    _, *parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def run(found: Iterable[Block], sandbox: Sandbox, folder: Path, **variables: str) -> str:
    """Do what the blocks say, in a project folder with the settings of the sandbox.

    Args:
        found: In their order.
        sandbox: The instance.
        folder: Where the reader is.
        variables: Further ones of the environment.

    Returns:
        What the last block printed.
    """
    project = meltano.project(folder)
    # Fifty activity types have fifty tables, which takes time and shows nothing more.
    written = (project / "meltano.yml").read_text(encoding="utf-8")
    (project / "meltano.yml").write_text(written.replace("activity_*.*", "activity_send_email.*"))
    shutil.copytree(READER, folder, dirs_exist_ok=True)
    catalog = selected(discover(sandbox, folder), {"leads", "activity_send_email"})
    (folder / "catalog.json").write_text(json.dumps(catalog))
    config = quick_config(sandbox, sync_log="sync.jsonl")
    (folder / "config.json").write_text(json.dumps(config))
    target = {"filepath": "warehouse.duckdb", "default_target_schema": "marketo"}
    (folder / "target.json").write_text(json.dumps(target))
    for kind, (number, name) in LISTS.items():
        next(one for one in sandbox.world.library.records[kind] if one["id"] == number)["name"] = (
            name
        )
    credentials = folder / ".marketo.env"
    credentials.write_text(
        f"base_url={sandbox.base_url}\nclient_id={sandbox.client_id}\n"
        f"client_secret={sandbox.client_secret}\n"
    )
    credentials.chmod(0o600)
    printed = ""
    for block in found:
        if block.elsewhere:
            continue
        text = block.text.replace(INSTANCE, sandbox.base_url).replace(SHARED, str(folder))
        # What the reader fills in.
        text = text.replace("client_id=...", f"client_id={sandbox.client_id}")
        text = text.replace("client_secret=...", f"client_secret={sandbox.client_secret}")
        if block.mark.startswith("file: "):
            (folder / block.mark.removeprefix("file: ")).write_text(text, encoding="utf-8")
        elif block.language == "yaml" and text.startswith("# meltano.yml\n"):
            _add(project / "meltano.yml", yaml.safe_load(text))
        elif block.language == "sh":
            printed = shell(text, sandbox, folder, **variables)
        elif block.language == "python":
            printed = _told([sys.executable, "-c", text], sandbox, folder, variables)
    return printed


def shell(script: str, sandbox: Sandbox, folder: Path, **variables: str) -> str:
    """Run commands as somebody does whose tap is configured for the sandbox.

    Args:
        script: The commands. Installations and `export NAME=...` are passed over: the plugins are
            installed already, and the credentials are the sandbox's.
        sandbox: The instance.
        folder: Where they are run.
        variables: Further ones of the environment.

    Returns:
        What they printed.
    """
    lines = [line for line in script.splitlines() if not PREPARATION.match(line)]
    command = ["bash", "-eo", "pipefail", "-c", "\n".join(lines)]
    return _told(command, sandbox, folder, variables)


def _told(command: list[str], sandbox: Sandbox, folder: Path, variables: Mapping[str, str]) -> str:
    settings = meltano.settings(sandbox) | {"MELTANO_AUTO_INSTALL": "false"} | dict(variables)
    # Pages write into the reader's home, which is not that of whoever runs the tests.
    environment = own_environment(**settings) | {"HOME": str(folder)}
    environment["PATH"] = ":".join([*map(str, PROGRAMS), environment["PATH"]])
    with (
        (READER / "yes.txt").open("rb") as answers,
        (folder / "output.log").open("w+", encoding="utf-8") as output,
    ):
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=answers,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=240)
        finally:
            # What was started in the background ends with it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        output.seek(0)
        printed = output.read()
    assert code == 0, f"exit code {code} of:\n{command[-1]}\n{printed[-3000:]}"
    return printed


def _add(file: Path, fragment: dict[str, Any]) -> None:
    document = _merged(yaml.safe_load(file.read_text(encoding="utf-8")), fragment)
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _merged(old: Any, new: Any) -> Any:
    """What a reader does who adds a fragment: entries of the same name become one."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: _merged(old.get(name), value) for name, value in new.items()}
    named = isinstance(new, list) and all(isinstance(one, dict) and "name" in one for one in new)
    if named and isinstance(old, list):
        entries = {one["name"]: one for one in old}
        for one in new:
            entries[one["name"]] = _merged(entries.get(one["name"]), one)
        return list(entries.values())
    return new
