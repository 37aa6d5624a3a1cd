"""Calls and errors of today and the last seven days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api.route import Route

if TYPE_CHECKING:
    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]


def _usage(instance: Instance, _: Call, week: str | None) -> Answer:
    days = instance.limits.days(7 if week else 1)
    return {
        "result": [
            {
                "date": f"{day:%Y-%m-%d}",
                "total": calls.total(),
                "users": [{"userId": user, "count": count} for user, count in calls.items()],
            }
            for day, (calls, _) in days
        ]
    }


def _errors(instance: Instance, _: Call, week: str | None) -> Answer:
    days = instance.limits.days(7 if week else 1)
    return {
        "result": [
            {
                "date": f"{day:%Y-%m-%d}",
                "total": errors.total(),
                "errors": [{"errorCode": code, "count": count} for code, count in errors.items()],
            }
            for day, (_, errors) in days
        ]
    }


ROUTES = (
    Route(r"/rest/v1/stats/usage(/last7days)?\.json", _usage),
    Route(r"/rest/v1/stats/errors(/last7days)?\.json", _errors),
)
