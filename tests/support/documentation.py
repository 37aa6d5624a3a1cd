"""Runs the code blocks of README.md and docs/ as a reader does.

The blocks of a page are run in order, in the same folder:

- ```` ```sh ```` and ```` ```python ```` are run, and must exit with 0.
- ```` ```yaml ```` whose first line is `# meltano.yml` is added to the project's meltano.yml.
- ```` ```text ```` shows output and is not run.

A comment right above a block changes this:

- `<!-- not run: REASON -->`: the block cannot be run here.
- `<!-- run by tests/... -->`: another test runs the block.
- `<!-- file: NAME -->`: the block is the content of a file.
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
# Files that a reader has, such as another connector's state, and answers to prompts.
READER = Path(__file__).parent / "reader"
# Lists that the pages name, and a shared folder.
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
        language: Language after the opening fence.
        text: Content of the block.
        mark: Comment above the block; empty if there is none.
        line: Line number of the opening fence.
    """

    language: str
    text: str
    mark: str
    line: int

    @property
    def elsewhere(self) -> bool:
        """Whether `run` skips the block."""
        return self.mark.startswith(MARKS[:2])


def blocks(text: str) -> list[Block]:
    """The code blocks of a page or a section.

    Args:
        text: Markdown of the page or section.
    """
    return [
        Block(
            match["language"],
            textwrap.dedent(match["text"]),
            match["mark"] or "",
            text.count("\n", 0, match.start("language")) + 1,
        )
        for match in BLOCK.finditer(text)
    ]


def sections(text: str) -> dict[str, str]:
    """The sections of a page by their second-level headings.

    Args:
        text: Markdown of the page.
    """
    _, *parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def run(page_blocks: Iterable[Block], sandbox: Sandbox, folder: Path, **variables: str) -> str:
    """Run blocks in a project folder with the settings of the sandbox.

    Args:
        page_blocks: Blocks, in order.
        sandbox: The instance.
        folder: Project folder and working directory.
        variables: Further environment variables.

    Returns:
        Output of the last block.
    """
    project = meltano.project(folder)
    # Fifty activity types would create fifty tables, which only takes time.
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
        records = sandbox.world.library.records[kind]
        next(record for record in records if record["id"] == number)["name"] = name
    credentials = folder / ".marketo.env"
    credentials.write_text(
        f"base_url={sandbox.base_url}\nclient_id={sandbox.client_id}\n"
        f"client_secret={sandbox.client_secret}\n"
    )
    credentials.chmod(0o600)
    printed = ""
    for block in page_blocks:
        if block.elsewhere:
            continue
        text = block.text.replace(INSTANCE, sandbox.base_url).replace(SHARED, str(folder))
        # Placeholders that the reader replaces.
        text = text.replace("client_id=...", f"client_id={sandbox.client_id}")
        text = text.replace("client_secret=...", f"client_secret={sandbox.client_secret}")
        if block.mark.startswith("file: "):
            (folder / block.mark.removeprefix("file: ")).write_text(text, encoding="utf-8")
        elif block.language == "yaml" and text.startswith("# meltano.yml\n"):
            _add(project / "meltano.yml", yaml.safe_load(text))
        elif block.language == "sh":
            printed = shell(text, sandbox, folder, **variables)
        elif block.language == "python":
            printed = _output([sys.executable, "-c", text], sandbox, folder, variables)
    return printed


def shell(script: str, sandbox: Sandbox, folder: Path, **variables: str) -> str:
    """Run commands in an environment that configures the tap for the sandbox.

    Args:
        script: Commands. Installations and `export NAME=...` are skipped: the plugins are already
            installed, and the credentials are the sandbox's.
        sandbox: The instance.
        folder: Working directory.
        variables: Further environment variables.

    Returns:
        Output of the commands.
    """
    lines = [line for line in script.splitlines() if not PREPARATION.match(line)]
    command = ["bash", "-eo", "pipefail", "-c", "\n".join(lines)]
    return _output(command, sandbox, folder, variables)


def _output(
    command: list[str], sandbox: Sandbox, folder: Path, variables: Mapping[str, str]
) -> str:
    settings = meltano.settings(sandbox) | {"MELTANO_AUTO_INSTALL": "false"} | dict(variables)
    # Pages write to the home folder, which must not be the tester's.
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
            # Also stop background processes of the command.
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
    """Add a fragment to YAML content; list items with the same name are merged."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: _merged(old.get(name), value) for name, value in new.items()}
    is_named = isinstance(new, list) and all(
        isinstance(entry, dict) and "name" in entry for entry in new
    )
    if is_named and isinstance(old, list):
        entries = {entry["name"]: entry for entry in old}
        for entry in new:
            entries[entry["name"]] = _merged(entries.get(entry["name"]), entry)
        return list(entries.values())
    return new
