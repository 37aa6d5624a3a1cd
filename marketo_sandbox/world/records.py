"""What the world consists of: leads and activities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from datetime import datetime


@dataclass
class Lead:
    """A lead.

    Attributes:
        values: What a perfect reader knows, by REST name; datetimes as RFC 3339 in UTC.
        cells: What an export file has instead, where it is not the usual spelling.
        created: When it was created.
        changed: When any field last changed: the time of the `updatedAt` filter.
    """

    values: dict[str, Any]
    cells: dict[str, str]
    created: datetime
    changed: datetime


@dataclass
class Activity:
    """An activity, with the values of its attributes by display name.

    Attributes:
        late: Seconds between its date and the moment from which Marketo gives it out.
    """

    guid: str
    lead_id: int
    at: datetime
    type_id: int
    attributes: dict[str, Any]
    campaign_id: int | None = None
    primary_id: int | None = None
    primary: str | None = None
    result: str | None = None
    late: float = 0.0

    def as_row(self) -> dict[str, Any]:
        """The columns that every activity has, typed."""
        return {
            "marketoGUID": self.guid,
            "leadId": self.lead_id,
            "activityDate": iso(self.at),
            "activityTypeId": self.type_id,
            "campaignId": self.campaign_id,
            "actionResult": self.result,
            "primaryAttributeValueId": self.primary_id,
            "primaryAttributeValue": self.primary,
        }
