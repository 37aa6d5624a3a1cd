"""Background calls that fetch list pages ahead."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Background:
    """A pool of threads that make calls in the order of submission.

    The threads are daemons, so a run that a signal ends does not wait for them.
    """

    def __init__(self, workers: int) -> None:
        """Create the pool without starting a thread.

        Args:
            workers: Maximum concurrent calls.
        """
        self._workers = workers
        self._started = 0
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Submit a call.

        Args:
            call: Function to call.
            args: Arguments of the function.
            kwargs: Keyword arguments of the function.

        Returns:
            A future with the result or the exception.
        """
        if self._started < self._workers:
            self._started += 1
            threading.Thread(target=self._work, name="ask-ahead", daemon=True).start()
        future: Future[T] = Future()
        self._waiting.put((future, lambda: call(*args, **kwargs)))
        return future

    def _work(self) -> None:
        while True:
            future, call = self._waiting.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
                future.set_exception(error)
