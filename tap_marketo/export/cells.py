"""How a value becomes a cell: dates, JSON as text, and text that a spreadsheet would run."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Any

import msgspec

# A spreadsheet takes text that begins so for a formula (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Signed numbers and telephone numbers run nothing.
_HARMLESS = re.compile(r"[+-][\d\s.,()/-]*", re.ASCII)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run this text."""
    return text.startswith(FORMULA) and not _HARMLESS.fullmatch(text)


def json_text(value: Any) -> str:
    """An object, a list or any other value as text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def to_timestamp(value: Any) -> datetime | None:
    """A date-time in UTC; None when the value is none."""
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError:
            return None
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def to_date(value: Any) -> date | None:
    """A date; None when the value is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
