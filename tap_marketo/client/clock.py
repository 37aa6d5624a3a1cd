"""Time as the Marketo instance sees it: its clock decides what a window may end with."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pendulum

# Adobe says "12:00 AM CST" and links to Central Time; see rest-api.md.
QUOTA_TIMEZONE = "America/Chicago"

# A `Date` header is cut to seconds and as old as the answer's way here.
TOLERANCE = timedelta(seconds=2)

# Nobody says to the second when the quotas begin anew, nor whether "CST" knows summer time: when
# they have not at midnight, it is worth asking for an hour more.
AFTER_MIDNIGHT = timedelta(seconds=5)
LATEST_RENEWAL = timedelta(minutes=65)
ASK_AGAIN = timedelta(minutes=15)


class InstanceClock:
    """Follows the instance's clock through the `Date` header of its answers.

    A window that ends in the instance's future would skip what is created until then, so a
    machine whose clock runs ahead must not decide where windows end.
    """

    def __init__(self) -> None:
        """Start with the clock of this machine."""
        self.skew = timedelta()

    def observe(self, date_header: str | None) -> None:
        """Note the time at which the instance answered.

        Args:
            date_header: Value of the `Date` header (RFC 9110); others are passed over.
        """
        if not date_header:
            return
        try:
            theirs = parsedate_to_datetime(date_header)
        except ValueError:
            return
        if theirs.tzinfo is None:
            theirs = theirs.replace(tzinfo=timezone.utc)
        skew = theirs - datetime.now(timezone.utc)
        self.skew = skew if abs(skew) > TOLERANCE else timedelta()

    def now(self) -> pendulum.DateTime:
        """The instance's time, in UTC."""
        return pendulum.instance(datetime.now(timezone.utc) + self.skew)

    def day_start(self) -> pendulum.DateTime:
        """The last midnight at which the daily quotas began anew, in UTC."""
        return self.now().in_timezone(QUOTA_TIMEZONE).start_of("day").in_timezone("UTC")

    def quota_reset(self) -> pendulum.DateTime:
        """The next midnight at which the daily quotas begin anew, in UTC."""
        midnight = self.now().in_timezone(QUOTA_TIMEZONE).add(days=1).start_of("day")
        return midnight.in_timezone("UTC")

    def worth_asking_at(self) -> pendulum.DateTime:
        """When to ask again after a quota was found spent, in UTC."""
        now = self.now()
        if now - self.day_start() < LATEST_RENEWAL:
            return now + ASK_AGAIN
        return self.quota_reset() + AFTER_MIDNIGHT

    def quota_reset_text(self) -> str:
        """The next reset, for people."""
        reset = self.quota_reset()
        return f"{reset.format('YYYY-MM-DD HH:mm')} UTC (midnight in {QUOTA_TIMEZONE})"
