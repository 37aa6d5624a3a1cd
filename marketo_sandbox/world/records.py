"""Leads and activities."""

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
        values: Values by REST name, as a correct reader returns them; RFC 3339 in UTC.
        cells: Cells of an export file with an unusual spelling.
        created: Time of creation.
        changed: Time of the last change of any field, for the `updatedAt` filter.
    """

    values: dict[str, Any]
    cells: dict[str, str]
    created: datetime
    changed: datetime


@dataclass
class Activity:
    """An activity, with the values of its attributes by display name.

    Attributes:
        late: Seconds between its date and the time from which Marketo returns it.
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
