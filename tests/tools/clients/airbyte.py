"""Starts Airbyte's source for Marketo as its command does."""

from __future__ import annotations

import redirect  # noqa: F401 - it takes effect
from source_marketo.run import run

run()
