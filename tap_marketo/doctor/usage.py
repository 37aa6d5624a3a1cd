"""Checks of the API calls and errors of all integrations, today and in the last seven days."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tap_marketo.doctor.finding import failed, passed, warned

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient
    from tap_marketo.doctor.finding import Finding

CALLS, ERRORS = "API calls", "API errors"
USAGE = "/rest/v1/stats/usage"
PROBLEMS = "/rest/v1/stats/errors"
NEARLY = 0.8
USUAL_QUOTA = 50_000
REMEDIES = {
    "606": "606: too many calls within 20 seconds; lower max_calls_per_20_seconds here, or the"
    " rate of another integration.",
    "607": "607: the daily call limit was reached; Admin > Web Services shows who made the calls.",
    "615": "615: too many calls at once; lower max_concurrent_calls here, or in another"
    " integration.",
    "1029": "1029: the export queue was full or the export allocation was used up; Admin > Bulk"
    " Extract shows who exports.",
}


def check_calls(client: MarketoClient, most: int | None) -> Finding:
    """Compare the calls of all API users with the limit.

    Args:
        client: Client for the instance.
        most: Setting `max_daily_calls`.

    Raises:
        ResponseError: The statistics cannot be read.

    Source: usage.md
    """
    days = client.get(f"{USAGE}/last7days.json").result
    today = _today(client, days) or _first(client.get(f"{USAGE}.json").result)
    used = int(today.get("total") or 0)
    by_user = _counts([today], "users", "userId")
    week = _counts(days, "users", "userId")
    message = f"{used:,} calls today{_listed(by_user)}; in seven days {week.total():,}"
    message += f"{_listed(week)}. " if len(week) > 1 else ". "
    details = {
        "today": used,
        "today_by_user": by_user,
        "seven_days_by_user": week,
        "max_daily_calls": most,
    }
    if most is None:
        message += (
            f"Most subscriptions allow {USUAL_QUOTA:,} a day; Admin > Web Services shows the limit."
        )
        return passed(CALLS, message, **details)
    message += f"max_daily_calls is {most:,}."
    if used >= most:
        remedy = f"Raise max_daily_calls, or wait until {client.clock.quota_reset_text()}."
        return failed(CALLS, message, remedy, **details)
    if used >= most * NEARLY:
        remedy = "A first load may need more calls. Admin > Web Services shows who makes them."
        return warned(CALLS, message, remedy, **details)
    return passed(CALLS, message, **details)


def check_errors(client: MarketoClient) -> Finding:
    """Count errors by code, and warn about those of an exceeded limit.

    Args:
        client: Client for the instance.

    Raises:
        ResponseError: The statistics cannot be read.

    Source: usage.md
    """
    days = client.get(f"{PROBLEMS}/last7days.json").result
    today = _counts([_today(client, days)], "errors", "errorCode")
    week = _counts(days, "errors", "errorCode")
    message = f"{today.total():,} errors today{_listed(today)}; in seven days {week.total():,}"
    message += f"{_listed(week)}."
    details = {"today_by_code": today, "seven_days_by_code": week}
    remedies = [text for code, text in REMEDIES.items() if today[code]]
    if remedies:
        return warned(ERRORS, message, " ".join(remedies), **details)
    return passed(ERRORS, message, **details)


def _today(client: MarketoClient, days: list[dict[str, Any]]) -> dict[str, Any]:
    date = client.clock.day_start().in_timezone("America/Chicago").to_date_string()
    return next((day for day in days if str(day.get("date"))[:10] == date), {})


def _first(days: list[dict[str, Any]]) -> dict[str, Any]:
    return days[0] if days else {}


def _counts(days: list[dict[str, Any]], items: str, key: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for day in days:
        for item in day.get(items) or ():
            counts[str(item.get(key))] += int(item.get("count") or 0)
    return counts


def _listed(counts: Counter[str]) -> str:
    listed = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(5))
    more = f", {len(counts) - 5} more" if len(counts) > 5 else ""  # noqa: PLR2004
    return f" ({listed}{more})" if listed else ""
