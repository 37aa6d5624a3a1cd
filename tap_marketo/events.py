"""Structured events of a run; dropped unless `sync_log` is set."""

from __future__ import annotations

import logging

# A logger of its own: whatever level and handlers the tap's log has, these are not for people.
logger = logging.getLogger("tap-marketo.events")
logger.setLevel(logging.INFO)
logger.propagate = False


def emit(event: str, **facts: object) -> None:
    """Record that something happened: a step of an export job, a wait, a failed call.

    Once a job, never once a record; and never a record's content or a credential.

    Args:
        event: What happened, one word.
        facts: JSON values.
    """
    logger.info(event, extra={"facts": facts})
