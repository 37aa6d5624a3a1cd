"""A hook of MkDocs: adds README and CONTRIBUTING as pages, and replaces links to code by paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md"}
OUTSIDE = re.compile(r"\[([^]]*)\]\((?:\.\./)+([^)]+)\)")
COG = re.compile(r"<!-- \[\[\[cog.*?\]\]\] -->\n|<!-- \[\[\[end\]\]\] -->\n?", re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages outside docs/."""
    for page, source in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        text = text.replace("](docs/", "](").replace("](CONTRIBUTING.md", "](contributing.md")
        text = re.sub(r"\]\((?!https?:|#|[\w-]+\.md)", "](../", text)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Remove the marks of generated parts, and links out of the site."""
    markdown = COG.sub("", markdown).replace("](../CONTRIBUTING.md", "](contributing.md")
    return OUTSIDE.sub(r"\1 (`\2`)", markdown.replace("](../README.md", "](index.md"))
