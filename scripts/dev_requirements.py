"""Print the requirements of development: the package, editable, and the `dev` dependency group.

Older versions of pip do not support dependency groups.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib


def group(groups: dict[str, list[str | dict[str, str]]], name: str) -> list[str]:
    """The requirements of a dependency group, including those of included groups."""
    requirements: list[str] = []
    for entry in groups[name]:
        if isinstance(entry, dict):
            requirements += group(groups, entry["include-group"])
        else:
            requirements.append(re.sub(r"\s+", "", entry))
    return requirements


if __name__ == "__main__":
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    print("-e .[duckdb,export,parquet,report,sandbox]", *group(project["dependency-groups"], "dev"))  # noqa: T201
