"""What can be set about a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass
class SandboxOptions:
    """Size, speed, limits and dialect of a sandbox.

    Attributes:
        seed: The same seed makes the same data.
        leads: How many leads.
        activities: How many activities.
        activity_types: How many of them, custom ones included.
        assets: How many of each kind of asset.
        start: When the first lead was created; a year before now by default.
        time_scale: Sandbox seconds that pass in a real second.
        job_seconds: Sandbox seconds that an export job runs; a pair draws from a range.
        status_refresh_seconds: How old the state of a job may be that a caller sees.
        token_seconds: Life of an access token.
        calls_per_20_seconds: Calls allowed within 20 seconds of real time.
        concurrent_calls: Calls allowed in flight.
        daily_calls: Calls allowed a day.
        daily_export_mb: The daily export allocation.
        without_updated_at: Object types whose `updatedAt` filter this subscription lacks.
        without_smart_lists: Whether this subscription lacks the filters for smart lists.
        member_headers: `display` for names of the user interface in files of program members, as
            the documentation shows them, or `rest`.
        ignore_header_names: Whether `columnHeaderNames` has no effect.
        attributes_as_list: Spell the attributes of bulk activities as the specification does.
        canceled_spelling: How a cancelled job is spelled.
        plain_quota_text: Word a spent allocation as the documentation does, without a number.
        nasty: Sprinkle awkward values over the data.
        download_bytes_per_second: Slows file transfer; 0 does not.
    """

    port: int = 0
    seed: int = 7
    leads: int = 1000
    activities: int = 5000
    activity_types: int = 48
    assets: int = 12
    start: datetime | None = None
    time_scale: float = 1.0
    job_seconds: float | tuple[float, float] = 20.0
    status_refresh_seconds: float = 60.0
    token_seconds: float = 3600.0
    calls_per_20_seconds: int = 100
    concurrent_calls: int = 10
    daily_calls: int = 50_000
    daily_export_mb: float = 500.0
    without_updated_at: tuple[str, ...] = ()
    without_smart_lists: bool = False
    member_headers: str = "display"
    ignore_header_names: bool = False
    attributes_as_list: bool = False
    canceled_spelling: str = "Cancelled"
    plain_quota_text: bool = False
    nasty: bool = True
    download_bytes_per_second: int = 0
    users: dict[str, str] = field(
        default_factory=lambda: {"sandbox-client": "sandbox-secret", "other-client": "other-secret"}
    )
