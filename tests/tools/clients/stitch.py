"""Starts Stitch's tap for Marketo as its command does."""

from __future__ import annotations

import redirect  # noqa: F401 - it takes effect

from tap_marketo import main

main()
