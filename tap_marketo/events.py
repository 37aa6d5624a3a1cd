"""Structured events of a run; dropped unless `sync_log` is set."""

from __future__ import annotations

import logging

# A separate logger: events must not depend on the level and handlers of the tap's log.
logger = logging.getLogger("tap-marketo.events")
logger.setLevel(logging.INFO)
logger.propagate = False


def emit(event: str, **facts: object) -> None:
    """Record an event: a step of an export job, a wait, a failed call.

    Never call this for each record, nor with a record's content or a credential.

    Args:
        event: Name of the event, one word.
        facts: JSON values of the event.
    """
    logger.info(event, extra={"facts": facts})
