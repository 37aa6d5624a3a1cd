"""Repeats failed calls with exponential backoff and jitter."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Any, TypeVar

from tap_marketo.client.errors import (
    ResponseError,
    RetryableError,
    TokenRejectedError,
    UnavailableError,
)
from tap_marketo.events import emit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

logger = logging.getLogger("tap-marketo")

MAX_TRIES = 8
LONGEST_WAIT = 60.0
# During an outage, further calls must not wait minutes each.
TRIES_IN_AN_OUTAGE = 2
# A new token usually works immediately; some instances need a few seconds.
TOKEN_PAUSES = (0.0, 1.0, 3.0)

T = TypeVar("T")


class QuotaAwaitedError(UnavailableError):
    """The daily call limit is reached; the next call waits for the reset."""


class RetryPolicy:
    """Repeats the calls of all threads of a client.

    A call that fails temporarily is tried up to `max_tries` times. After such a call has failed,
    others get two attempts until one succeeds, so an outage fails the run soon.
    """

    def __init__(
        self, max_tries: int, sleep: Callable[[float], None], lingering: Callable[[], float]
    ) -> None:
        """Create the policy before the first call.

        Args:
            max_tries: Maximum attempts of a call, including the first.
            sleep: Function that waits for a number of seconds.
            lingering: Returns the seconds until a refused token expires that Marketo still returns.
        """
        self.max_tries = max_tries
        self._sleep = sleep
        self._lingering = lingering
        self._has_answered = False
        self._is_outage = False

    def call(self, once: Callable[[], T]) -> T:
        """Make a call and repeat it while it fails temporarily.

        Args:
            once: Function that makes the call.

        Returns:
            The result of the call.

        Raises:
            ResponseError: The last error.
        """
        pauses = waits()
        next(pauses)
        tries = refusals = 0
        while True:
            try:
                result = once()
            except QuotaAwaitedError:  # does not count as an attempt
                continue
            except TokenRejectedError:
                self._has_answered = True
                if refusals >= len(TOKEN_PAUSES):
                    raise
                self._sleep_if(max(TOKEN_PAUSES[refusals], self._lingering()))
                refusals += 1
            except RetryableError as error:
                tries += 1
                self._has_answered = self._has_answered or bool(error.code)
                most = self._most_tries(error)
                if tries >= most:
                    self._is_outage = True
                    raise
                pause = pauses.send(error) + random.random()  # noqa: S311 - spreads callers
                _log(error, pause, tries, most)
                self._sleep(pause)
            except ResponseError as error:
                self._has_answered = self._has_answered or bool(error.code)
                raise
            else:
                self._has_answered, self._is_outage = True, False
                return result

    def _most_tries(self, error: RetryableError) -> int:
        limits = [self.max_tries]
        if self._is_outage:
            limits.append(TRIES_IN_AN_OUTAGE)
        if error.tries_at_start and not self._has_answered:
            limits.append(error.tries_at_start)
        return min(limits)

    def _sleep_if(self, seconds: float) -> None:
        if seconds:
            self._sleep(seconds)


def _log(error: RetryableError, pause: float, tries: int, most: int) -> None:
    emit("retry", why=str(error), seconds=pause)
    logger.warning(
        "%s Trying again in %.0f s (attempt %d of %d).",
        f"{str(error).rstrip('.')}.",
        pause,
        tries,
        most,
    )


def waits() -> Generator[float, Any, None]:
    """Yield the seconds before each retry: 1, 2, 4 … 60, at least the error's `retry_after`."""
    error = yield 0.0
    seconds = 1.0
    while True:
        least = error.retry_after if isinstance(error, RetryableError) else 0.0
        error = yield max(seconds, least)
        seconds = min(seconds * 2, LONGEST_WAIT)
