"""Helpers for HTML and SVG: escaped text, short numbers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

# Phases of waiting are grey, each with its own pattern.
PATTERNS = """\
<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>\
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">\
<circle cx="2" cy="2" r="1.2" style="fill:var(--wait)"/></pattern>\
<pattern id="rising" width="6" height="6" \
patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<rect width="2" height="6" style="fill:var(--wait)"/></pattern>\
<pattern id="flat" width="4" height="5" patternUnits="userSpaceOnUse">\
<rect width="4" height="1.6" style="fill:var(--wait)"/></pattern>\
<pattern id="pauses" width="7" height="7" \
patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">\
<rect width="3.5" height="7" style="fill:var(--pause)"/></pattern>\
</defs></svg>"""
KILO = 1024


def element(tag: str, content: str = "", **attributes: object) -> str:
    """An element. The content is HTML; attributes are escaped.

    Args:
        tag: Name of the element.
        content: HTML in the element.
        attributes: Attributes; a trailing underscore is removed, others become hyphens.
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value not in {None, ""}
    )
    return f"<{tag}{named}>{content}</{tag}>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kinds: str, **attributes: str) -> str:
    """A table whose cells are HTML.

    Args:
        head: Column titles; no head if empty.
        rows: Rows of cells.
        kinds: A class letter for each column, `n` for numbers, `t` for times, `w` for long texts.
        attributes: Attributes of the table.
    """
    classes = [{"w": "why", "-": ""}.get(kind, kind) for kind in kinds]
    lines = [
        "".join(element("td", cell, class_=name) for cell, name in zip(row, classes, strict=True))
        for row in rows
    ]
    titles = [element("th", title, class_=name) for title, name in zip(head, classes, strict=False)]
    top = element("tr", "".join(titles)) if head else ""
    body = top + "\n".join(element("tr", line) for line in lines)
    return element("div", element("table", body, **attributes), class_="scroll")


def percent(part: float) -> str:
    """A share as a percentage for SVG, to a hundredth of a percent.

    Args:
        part: Share from 0 to 1.
    """
    return f"{min(max(part, 0), 1) * 100:.2f}".rstrip("0").rstrip(".") + "%"


def duration(seconds: float) -> str:
    """A readable duration.

    Args:
        seconds: Duration in seconds.
    """
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def size(count: float) -> str:
    """A readable number of bytes.

    Args:
        count: Number of bytes.
    """
    if count < KILO:
        return f"{count:,.0f} bytes"
    if count < KILO * KILO / 10:
        return f"{count / KILO:,.1f} kB"
    return f"{count / KILO / KILO:,.1f} MB"


def clock(at: datetime, *, day: bool = False) -> str:
    """A time of day.

    Args:
        at: Time in UTC.
        day: Whether to include the date.
    """
    return f"{at:%Y-%m-%d %H:%M:%S}" if day else f"{at:%H:%M:%S}"


def days(window: str) -> str:
    """The days of a window, readable.

    Args:
        window: Window as `start/end`.
    """
    first, _, last = window.partition("/")
    return f"{first[:10]} to {last[:10]}" if last else window
