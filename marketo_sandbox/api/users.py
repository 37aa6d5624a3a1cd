"""The user service, which answers with HTTP statuses and bare arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api.parameters import ASSET_PAGE, number
from marketo_sandbox.api.route import Route
from marketo_sandbox.export import Refused
from marketo_sandbox.quirks import ROLES, USERS, spelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

PREFIX = "/userservice/"
# HTTP status of an error, by code.
STATUSES = {"601": 401, "602": 401, "603": 403, "610": 404, "605": 405, "1013": 404}


def _users(instance: Instance, _: Call) -> Any:
    size, start = number("pageSize", 20, least=1, most=ASSET_PAGE), number("pageOffset", 0)
    return spelled(instance.library.records["users"][start : start + size], USERS)


def _bare(name: str) -> Callable[..., Any]:
    return lambda instance, _: spelled(instance.library.records[name], ROLES)


def _user(instance: Instance, user: str) -> dict[str, Any]:
    for candidate in instance.library.records["users"]:
        if str(candidate["userid"]) == user:
            return candidate
    raise Refused("1013", f"User {user} not found")


def _one(instance: Instance, _: Call, user: str) -> Any:
    return spelled(details(instance, _user(instance, user)), USERS)


def details(instance: Instance, user: dict[str, Any]) -> dict[str, Any]:
    """The details of a user.

    Args:
        instance: Instance of the user.
        user: User as in the list.
    """
    return {
        **user,
        "isLocked": False,
        "failedLogins": 0,
        "failedDeviceCode": 0,
        "lastLoginAt": "2026-01-05T08:00:00Z",
        "expiresAt": None,
        "optedIn": False,
        "userRoleWorkspaces": instance.library.parts("user_roles", user["userid"]),
    }


def _roles_of(instance: Instance, _: Call, user: str) -> Any:
    _user(instance, user)
    return instance.library.parts("user_roles", user)


def _invite(instance: Instance, _: Call, user: str) -> Any:
    raise Refused("1013", f"No invitation of {_user(instance, user)['userid']} is pending")


_USER = "Access User Management Api"
_ALL = "/userservice/management/v1/users"
ROUTES = (
    Route(rf"{_ALL}/allusers\.json", _users, _USER),
    Route(rf"{_ALL}/roles\.json", _bare("roles"), _USER),
    Route(rf"{_ALL}/workspaces\.json", _bare("workspaces"), _USER),
    Route(rf"{_ALL}/([^/]+)/roles\.json", _roles_of, _USER),
    Route(rf"{_ALL}/([^/]+)/user\.json", _one, _USER),
    Route(rf"{_ALL}/([^/]+)/invite\.json", _invite, _USER),
)
