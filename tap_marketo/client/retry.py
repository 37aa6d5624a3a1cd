"""Repeating what is worth repeating: exponential, with jitter, within limits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

import backoff

from tap_marketo.client.errors import RetryableError
from tap_marketo.events import note

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from backoff.types import Details

logger = logging.getLogger("tap-marketo")

MAX_TRIES = 8
LONGEST_WAIT = 60.0

F = TypeVar("F", bound="Callable[..., Any]")


def retrying(call: F, max_tries: int = MAX_TRIES) -> F:
    """Repeat a call that raises `RetryableError`.

    Args:
        call: What to call.
        max_tries: How often at most, the first time included.

    Returns:
        The same callable, with patience.
    """

    def log(details: Details) -> None:
        error = details["exception"]
        note("retry", why=str(error), seconds=details.get("wait", 0.0))
        logger.warning(
            "%s Trying again in %.0f s (attempt %d of %d).",
            f"{str(error).rstrip('.')}.",
            details.get("wait", 0.0),
            details["tries"],
            max_tries,
        )

    return backoff.on_exception(
        waits,
        RetryableError,
        max_tries=max_tries,
        jitter=_jitter,
        on_backoff=log,
        logger=None,
    )(call)


def waits() -> Generator[float, Any, None]:
    """Seconds to wait before each repetition: 1, 2, 4 … 60, and at least what the error asks."""
    error = yield 0.0
    seconds = 1.0
    while True:
        least = error.retry_after if isinstance(error, RetryableError) else 0.0
        error = yield max(seconds, least)
        seconds = min(seconds * 2, LONGEST_WAIT)


def _jitter(seconds: float) -> float:
    # Only upwards: a wait that Marketo asks for must not get shorter.
    return float(backoff.random_jitter(seconds))
