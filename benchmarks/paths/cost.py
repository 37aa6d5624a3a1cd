"""Cost of a run, as one line of JSON at the end of stderr."""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def report_cost() -> Iterator[None]:
    """Measure processor time, elapsed time and peak memory."""
    began, processor = time.monotonic(), time.process_time()
    yield
    sys.stdout.flush()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cost = {
        "elapsed": time.monotonic() - began,
        "processor": time.process_time() - processor,
        "megabytes": memory / (1024 * 1024 if sys.platform == "darwin" else 1024),
    }
    sys.stderr.write(f"\n{json.dumps(cost)}\n")
