"""The table of all endpoints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from marketo_sandbox.api import (
    asset_writes,
    assets,
    designed,
    events,
    exports,
    imports,
    lead_writes,
    member_writes,
    object_writes,
    objects,
    parts,
    people,
    programs,
    schema,
    usage,
    users,
)
from marketo_sandbox.custom_objects import PERMISSION as CUSTOM_OBJECTS
from marketo_sandbox.export import Refused

if TYPE_CHECKING:
    from marketo_sandbox.api.route import Route

ROUTES: tuple[Route, ...] = (
    *assets.ROUTES,
    *parts.ROUTES,
    *designed.ROUTES,
    *people.ROUTES,
    *events.ROUTES,
    *programs.ROUTES,
    *schema.ROUTES,
    *objects.ROUTES,
    *users.ROUTES,
    *usage.ROUTES,
    *exports.ROUTES,
    *imports.ROUTES,
    *lead_writes.ROUTES,
    *member_writes.ROUTES,
    *object_writes.ROUTES,
    *asset_writes.ROUTES,
)
_PATTERNS = tuple((route, re.compile(route.pattern)) for route in ROUTES)
KNOWN_PERMISSIONS = {
    *(route.permission for route in ROUTES),
    *exports.PERMISSIONS.values(),
    CUSTOM_OBJECTS,
} - {"None"}


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """The endpoint of a call, and the parameters in its path.

    Args:
        method: Method of the call.
        path: Path of the call.

    Raises:
        Refused: 605 if the path only has other methods, 610 if it is unknown.
    """
    is_known_path = False
    for route, pattern in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and method in route.methods:
            return route, match.groups()
        is_known_path = is_known_path or bool(match)
    if is_known_path:
        raise Refused("605", "HTTP Method not supported")
    raise Refused("610", "Requested resource not found")
