"""Which activity stream of ours is meant by another connector's name for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.streams.bulk.activities import stream_names

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIXES = ("activities_", "event_")

# Types that come with Marketo, for when no instance is asked; Adobe publishes no full list.
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
    """The activity streams of an instance, or those that every instance has."""

    def __init__(self, types: Iterable[dict[str, Any]] | None = None) -> None:
        """Name the streams.

        Args:
            types: As the instance describes them, by ascending id; None without an instance.
        """
        self.from_instance = types is not None
        if types is None:
            types = [{"id": place, "name": name} for place, name in enumerate(STANDARD)]
        known = list(types)
        names = stream_names(known)
        self._known = [(str(one["name"]), names[int(one["id"])]) for one in known]

    def streams_for(self, theirs: str) -> list[str]:
        """Our streams that a name can mean: one when all is well.

        Their rules drop blanks here and turn them into underscores there, so letters and digits
        alone are compared, and the rest only where that is not enough.

        Args:
            theirs: Their name of the stream, prefix included.
        """
        name = theirs.split("_", 1)[1]
        alike = [(known, ours) for known, ours in self._known if _bare(known) == _bare(name)]
        exact = [pair for pair in alike if name.lower() in _spellings(pair[0])]
        return [ours for _, ours in (exact if len(exact) == 1 else alike)]


def is_activity(theirs: str) -> bool:
    """Whether another connector's stream holds activities of one type.

    Args:
        theirs: Its name.
    """
    return theirs.startswith(PREFIXES)


def _spellings(name: str) -> set[str]:
    """How Stitch and hotglue spell a type's name in lower case, and how Airbyte does."""
    humps = (f"_{one.lower()}" if one.isupper() else one for one in name if one != " ")
    return {name.replace(" ", "_").lower(), "".join(humps).strip("_")}


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
