"""Random values by address: the same seed and address give the same value, in any order."""

from __future__ import annotations

import hashlib
import random
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

_MASK = (1 << 64) - 1


def mixed(*numbers: int) -> int:
    """A 64-bit hash of these numbers."""
    state = 0x9E3779B97F4A7C15
    for number in numbers:
        state = (state ^ (number & _MASK)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def chance(*address: object) -> random.Random:
    """A random generator for an address."""
    return random.Random("/".join(map(str, address)))  # noqa: S311 - data, not secrets


def guid(*address: object) -> str:
    """A GUID for an address."""
    text = "/".join(map(str, address)).encode()
    return str(uuid.UUID(bytes=hashlib.blake2b(text, digest_size=16).digest()))


def pick(items: Sequence[Any], number: int) -> Any:
    """The item for a number of any size."""
    return items[number % len(items)]


def value(draw: random.Random, kind: str, after: datetime) -> Any:  # noqa: PLR0911
    """A random value of a data type.

    Args:
        draw: Random generator.
        kind: Data type.
        after: Start of the period for dates.
    """
    if kind in {"integer", "score"}:
        return draw.randint(0, 5000)
    if kind == "percent":
        return draw.randint(0, 100)
    if kind in {"float", "currency"}:
        return round(draw.uniform(0, 99999), 2)
    if kind == "boolean":
        return draw.random() < 0.5  # noqa: PLR2004
    if kind == "date":
        return (after + timedelta(days=draw.randint(0, 900))).strftime("%Y-%m-%d")
    if kind == "datetime":
        return iso(after + timedelta(seconds=draw.randint(0, 10**7)))
    if kind == "reference":
        return str(draw.randint(1, 99))
    if kind == "phone":
        return f"+49 0{draw.randint(100, 999)} {draw.randint(1000, 99999):07d}"
    if kind == "url":
        return f"https://example.com/{draw.randint(1, 999)}?a=1&b=,"
    return f"value {draw.randint(1, 9999)}"
