"""Converts Python values to query parameters of Marketo."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_wire(value: Any) -> Any:
    """Convert a date or date-time to RFC 3339; return anything else unchanged.

    Args:
        value: Any value; a date-time without a time zone is in UTC.
    """
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value


def to_query(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Convert the dates in query parameters.

    Args:
        params: Query parameters by name.
    """
    return {name: to_wire(value) for name, value in (params or {}).items()}
