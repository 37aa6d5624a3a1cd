"""Conversion of values to cells: dates, JSON as text, and text that a spreadsheet would run."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Any

import msgspec

# Spreadsheets treat text with these prefixes as a formula (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Signed numbers and telephone numbers are harmless.
_HARMLESS = re.compile(r"[+-][\d\s.,()/-]*", re.ASCII)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run the text as a formula."""
    return text.startswith(FORMULA) and not _HARMLESS.fullmatch(text)


def json_text(value: Any) -> str:
    """An object, a list or any other value as text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def to_timestamp(value: Any) -> datetime | None:
    """The value as a date-time in UTC; None if it is not one."""
    if isinstance(value, datetime):
        parsed = value
    else:
        try:
            parsed = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError:
            return None
    return parsed.astimezone(timezone.utc) if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def to_date(value: Any) -> date | None:
    """The value as a date; None if it is not one."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
