"""Maps other connectors' names of activity streams to the tap's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.streams.bulk.activities import stream_names

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIXES = ("activities_", "event_")

# Marketo's own types, used without an instance; Adobe publishes no complete list.
STANDARD = (
    "Visit Webpage", "Fill Out Form", "Click Link", "Send Email", "Email Delivered",
    "Email Bounced", "Unsubscribe Email", "Open Email", "Click Email", "New Lead",
    "Change Data Value", "Sync Lead to SFDC", "Convert Lead", "Change Score", "Change Owner",
    "Add to List", "Remove from List", "SFDC Activity", "Email Bounced Soft",
    "Delete Lead from SFDC", "SFDC Activity Updated", "Merge Leads", "Add to Opportunity",
    "Remove from Opportunity", "Update Opportunity", "Delete Lead", "Send Alert",
    "Send Sales Email", "Open Sales Email", "Click Sales Email", "Add to SFDC Campaign",
    "Remove from SFDC Campaign", "Change Status in SFDC Campaign", "Receive Sales Email",
    "Interesting Moment", "Request Campaign", "Sales Email Bounced", "Change Lead Partition",
    "Change Revenue Stage", "Change Revenue Stage Manually", "Change Status in Progression",
    "Enrich with Data.com", "Change Segment", "Compute Data.com", "Call Webhook",
    "Sent Forward to Friend Email", "Received Forward to Friend Email", "Add to Nurture",
    "Change Nurture Track", "Change Nurture Cadence", "Change Program Member Data",
    "Push Lead to Marketo", "Share Content", "Vote in Poll", "Click Shared Link",
    "Reply to Sales Email", "Execute Campaign",
)  # fmt: skip


class ActivityNames:
    """Names of the activity streams of an instance, or of Marketo's own types."""

    def __init__(self, types: Iterable[dict[str, Any]] | None = None) -> None:
        """Create the names.

        Args:
            types: Activity types of the instance, by ascending id; None without an instance.
        """
        self.from_instance = types is not None
        if types is None:
            types = [{"id": place, "name": name} for place, name in enumerate(STANDARD)]
        known = list(types)
        names = stream_names(known)
        self._known = [(str(each["name"]), names[int(each["id"])]) for each in known]

    def streams_for(self, foreign_name: str) -> list[str]:
        """Return the tap's streams that a name can mean, usually one.

        Some connectors drop blanks, others replace them by underscores, so only letters and digits
        are compared, unless that is ambiguous.

        Args:
            foreign_name: Name in the other connector, including its prefix.
        """
        name = foreign_name.split("_", 1)[1]
        alike = [(known, stream) for known, stream in self._known if _bare(known) == _bare(name)]
        exact = [pair for pair in alike if name.lower() in _spellings(pair[0])]
        return [stream for _, stream in (exact if len(exact) == 1 else alike)]


def is_activity(foreign_name: str) -> bool:
    """Return whether another connector's stream has activities of one type.

    Args:
        foreign_name: Name in the other connector.
    """
    return foreign_name.startswith(PREFIXES)


def _spellings(name: str) -> set[str]:
    """Return a type's name as Stitch and hotglue write it, and as Airbyte does."""
    humps = (f"_{char.lower()}" if char.isupper() else char for char in name if char != " ")
    return {name.replace(" ", "_").lower(), "".join(humps).strip("_")}


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
