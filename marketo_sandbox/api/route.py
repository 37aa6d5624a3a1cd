"""An endpoint: path, permission and handler."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ASSET, RULES = "Read-Only Asset", "Read-Only Redirect Rules"
LEAD, ACTIVITY = "Read-Only Lead", "Read-Only Activity"
GET, POST = frozenset({"GET"}), frozenset({"POST"})


@dataclass(frozen=True)
class Route:
    """One endpoint.

    Attributes:
        pattern: Pattern of the whole path; its groups are arguments of the handler.
        handler: Function of the instance, the call and the groups.
        permission: Permission that a caller needs; its Read-Write counterpart is enough, too.
        methods: HTTP methods, after `_method` is applied.
    """

    pattern: str
    handler: Callable[..., Any]
    permission: str = "None"
    methods: frozenset[str] = field(default=GET)
