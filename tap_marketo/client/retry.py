"""Repeating what is worth repeating: exponential, with jitter, within limits."""

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
# While the instance answers nothing, the next calls do not wait minutes each.
TRIES_IN_AN_OUTAGE = 2
# A new token is usually good at once; some instances need a few seconds.
TOKEN_PAUSES = (0.0, 1.0, 3.0)

T = TypeVar("T")


class QuotaAwaitedError(UnavailableError):
    """The calls of the day were spent; the next call waits until they may have been renewed."""


class Patience:
    """Repeats calls, for all threads of a client.

    A call that fails for the moment is repeated up to `max_tries` times. After a call failed that
    often, others get two tries until one succeeds: an instance that is down fails the run soon.
    """

    def __init__(
        self, max_tries: int, sleep: Callable[[float], None], lingering: Callable[[], float]
    ) -> None:
        """Begin without any answer.

        Args:
            max_tries: How often to make a call, the first time included.
            sleep: Waits for a number of seconds.
            lingering: Seconds for which a refused token is given out again.
        """
        self.max_tries = max_tries
        self._sleep = sleep
        self._lingering = lingering
        self._has_answered = False
        self._is_outage = False

    def call(self, once: Callable[[], T]) -> T:
        """Make a call, and repeat it while that may help.

        Args:
            once: Makes it once.

        Returns:
            What it returned.

        Raises:
            ResponseError: The last error.
        """
        pauses = waits()
        next(pauses)
        tries = refusals = 0
        while True:
            try:
                result = once()
            except QuotaAwaitedError:  # no failure: it uses up no try
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
    """Seconds to wait before each repetition: 1, 2, 4 … 60, and at least what the error asks."""
    error = yield 0.0
    seconds = 1.0
    while True:
        least = error.retry_after if isinstance(error, RetryableError) else 0.0
        error = yield max(seconds, least)
        seconds = min(seconds * 2, LONGEST_WAIT)
