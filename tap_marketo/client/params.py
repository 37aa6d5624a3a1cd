"""Values of Python as Marketo's queries take them."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_wire(value: Any) -> Any:
    """A date-time as RFC 3339 in UTC and whole seconds, a date as such, anything else as it is.

    Args:
        value: A date-time without a time zone is taken for UTC.
    """
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value


def to_query(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Query parameters, with date-times as Marketo takes them.

    Args:
        params: By name.
    """
    return {name: to_wire(value) for name, value in (params or {}).items()}
