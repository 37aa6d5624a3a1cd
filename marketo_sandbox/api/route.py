"""One endpoint: where it is, who may call it, and what answers."""

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
        pattern: The whole path; its groups are arguments of the handler.
        handler: Takes the instance, the call and the groups.
        permission: What a caller needs; its Read-Write twin will do.
        methods: After `_method` was honoured.
    """

    pattern: str
    handler: Callable[..., Any]
    permission: str = "None"
    methods: frozenset[str] = field(default=GET)
