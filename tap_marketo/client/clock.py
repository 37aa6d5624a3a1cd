"""The clock of the Marketo instance."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pendulum

# Adobe says "12:00 AM CST" and links to Central Time; see rest-api.md.
QUOTA_TIMEZONE = "America/Chicago"

# A `Date` header has whole seconds and is late by the time that the answer took.
TOLERANCE = timedelta(seconds=2)

# Adobe documents neither the exact second of the reset nor whether "CST" has summer time, so the
# tap keeps asking for an hour after midnight.
AFTER_MIDNIGHT = timedelta(seconds=5)
LATEST_RENEWAL = timedelta(minutes=65)
ASK_AGAIN = timedelta(minutes=15)


class InstanceClock:
    """Follows the instance's clock by the `Date` header of its answers.

    If this machine's clock is ahead, its time must not end a window: records created until then
    would be missed.
    """

    def __init__(self) -> None:
        """Start with the clock of this machine."""
        self.skew = timedelta()

    def observe(self, date_header: str | None) -> None:
        """Adjust the clock to an answer of the instance.

        Args:
            date_header: Value of the `Date` header (RFC 9110); an invalid one is ignored.
        """
        if not date_header:
            return
        try:
            server_time = parsedate_to_datetime(date_header)
        except ValueError:
            return
        if server_time.tzinfo is None:
            server_time = server_time.replace(tzinfo=timezone.utc)
        skew = server_time - datetime.now(timezone.utc)
        self.skew = skew if abs(skew) > TOLERANCE else timedelta()

    def now(self) -> pendulum.DateTime:
        """Return the instance's time in UTC."""
        return pendulum.instance(datetime.now(timezone.utc) + self.skew)

    def day_start(self) -> pendulum.DateTime:
        """Return the last reset of the daily limits in UTC."""
        return self.now().in_timezone(QUOTA_TIMEZONE).start_of("day").in_timezone("UTC")

    def quota_reset(self) -> pendulum.DateTime:
        """Return the next reset of the daily limits in UTC."""
        midnight = self.now().in_timezone(QUOTA_TIMEZONE).add(days=1).start_of("day")
        return midnight.in_timezone("UTC")

    def worth_asking_at(self) -> pendulum.DateTime:
        """Return when to try again after a daily limit was reached, in UTC."""
        now = self.now()
        if now - self.day_start() < LATEST_RENEWAL:
            return now + ASK_AGAIN
        return self.quota_reset() + AFTER_MIDNIGHT

    def quota_reset_text(self) -> str:
        """Return the next reset as text."""
        reset = self.quota_reset()
        return f"{reset.format('YYYY-MM-DD HH:mm')} UTC (midnight in {QUOTA_TIMEZONE})"
