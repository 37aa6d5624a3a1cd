"""Moments as text: read and written in one way, RFC 3339 in UTC and whole seconds."""

from __future__ import annotations

import pendulum


def parse_timestamp(text: str) -> pendulum.DateTime:
    """Read an RFC 3339 time, cut to whole seconds, in UTC.

    Args:
        text: As `rfc3339` or a Singer bookmark has it.

    Returns:
        The moment; UTC where no offset is written.

    Raises:
        ValueError: It is no date with a time.
    """
    parsed = pendulum.parse(text, tz="UTC")
    if not isinstance(parsed, pendulum.DateTime):
        raise ValueError(f"{text!r} is not a date with a time")  # noqa: TRY004
    return parsed.in_timezone("UTC").start_of("second")


def rfc3339(moment: pendulum.DateTime) -> str:
    """Write a moment as Marketo's filters take it: UTC, no fraction of a second.

    Args:
        moment: In any time zone.
    """
    return moment.in_timezone("UTC").format("YYYY-MM-DD[T]HH:mm:ss[Z]")
