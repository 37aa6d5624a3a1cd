"""A progress bar on a terminal; nothing where stderr is a file or a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Progress:
    """Windows written, of those planned."""

    def __init__(self, windows: int) -> None:
        """Begin; log lines scroll above the bar.

        Args:
            windows: How many there are to write.
        """
        # With None, tqdm asks whether stderr is a terminal.
        self._bar: tqdm[NoReturn] = tqdm(total=windows, unit=" windows", disable=None, leave=False)
        self._logs: AbstractContextManager[None] | None = None
        if not self._bar.disable:
            self._logs = logging_redirect_tqdm()
            self._logs.__enter__()

    def written(self, of: int) -> None:
        """Count one window.

        Args:
            of: How many there are now; a window may have been split.
        """
        self._bar.total = of
        self._bar.update()

    def end(self) -> None:
        """Take the bar away."""
        self._bar.close()
        if self._logs:
            self._logs.__exit__(None, None, None)
            self._logs = None
