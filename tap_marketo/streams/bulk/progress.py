"""A progress bar, shown only when stderr is a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Progress:
    """Progress bar over the planned windows."""

    def __init__(self, windows: int) -> None:
        """Show the bar; log lines scroll above it.

        Args:
            windows: Number of windows to write.
        """
        # With disable=None, tqdm checks whether stderr is a terminal.
        self._bar: tqdm[NoReturn] = tqdm(total=windows, unit=" windows", disable=None, leave=False)
        self._logs: AbstractContextManager[None] | None = None
        if not self._bar.disable:
            self._logs = logging_redirect_tqdm()
            self._logs.__enter__()

    def update(self, total: int) -> None:
        """Count one window.

        Args:
            total: Current total; a window may have been split.
        """
        self._bar.total = total
        self._bar.update()

    def end(self) -> None:
        """Remove the bar."""
        self._bar.close()
        if self._logs:
            self._logs.__exit__(None, None, None)
            self._logs = None
