"""Options of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, timezone

OBJECT_TYPES = ("leads", "program_members", "custom_objects")
LAST_PORT = 65_535
_WORDS = {"canceled_spelling": ("Cancelled", "Canceled"), "member_headers": ("display", "rest"),
          "member_booleans": ("words", "digits")}  # fmt: skip
_FEWEST = {"time_scale": 0.001, "activity_types": 1, "token_seconds": 1}


@dataclass
class SandboxOptions:
    """Size, speed, limits and behaviour of a sandbox.

    Attributes:
        port: Port to listen on; 0 for any free port.
        host: Address to listen on.
        seed: Random seed; the same seed creates the same data.
        leads: Number of leads.
        activities: Number of activities.
        activity_types: Number of activity types, including custom ones.
        assets: Number of assets of each kind.
        now: Sandbox time at the start; the real time by default.
        start: Creation time of the first lead; a year before `now` by default. The same `start`,
            `now` and `seed` create the same data to the byte.
        time_scale: Sandbox seconds per real second.
        job_seconds: Duration of an export job in sandbox seconds; a pair for a random one in this
            range.
        status_refresh_seconds: Maximum age of a job's visible status.
        token_seconds: Lifetime of an access token.
        calls_per_20_seconds: Rate limit, in calls per 20 real seconds.
        concurrent_calls: Concurrency limit.
        daily_calls: Daily call limit.
        daily_export_mb: Daily export allocation.
        without_updated_at: Object types without an `updatedAt` filter.
        without_smart_lists: Whether the filters for smart lists are missing.
        member_headers: Header of files of program members: `display` for names of the user
            interface, as in Adobe's documentation, or `rest`.
        ignore_header_names: Whether `columnHeaderNames` has no effect.
        attributes_as_list: Whether to format activity attributes as in the specification.
        canceled_spelling: Status of a cancelled job.
        plain_quota_text: Whether the error of a spent allocation omits the number, as in the
            documentation.
        rough: Whether to add awkward values to the data, and quirks to pages of lists: short or
            empty pages, ids as text.
        retention: Whether old activities are purged, after a time per type.
        late_sends: Seconds until a Send Email activity can be read.
        download_bytes_per_second: Speed of file downloads; 0 for no limit.
        tls: File for the certificate of a temporary authority. If set, HTTPS is served for any
            name below `mktorest.com`.
        native_crm: Whether a CRM is synced natively, so that companies, opportunities, their roles
            and sales persons are refused over REST (1018).
        designer_lists: Whether lists of the new designer have no counts, as in its guides.
        token_in_query: Whether the access token is accepted in the query, too.
        hidden_fields: Lead fields that describe calls list and exports refuse (1003).
        largest_export_days: Maximum days of an export; longer ones fail; 0 for no limit.
        import_seconds: Duration of a bulk import in sandbox seconds.
        member_booleans: Format of booleans in files of program members: `words` or `digits`.
        users: Client secrets of API users, by client id.
        permissions: Permissions of API users, by client id; users without an entry have all.
    """

    port: int = 0
    host: str = "127.0.0.1"
    seed: int = 7
    leads: int = 1000
    activities: int = 5000
    activity_types: int = 48
    assets: int = 12
    now: datetime | None = None
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
    rough: bool = False
    retention: bool = True
    late_sends: float = 0.0
    download_bytes_per_second: int = 0
    tls: str = ""
    native_crm: bool = False
    designer_lists: bool = False
    token_in_query: bool = False
    hidden_fields: tuple[str, ...] = ()
    largest_export_days: float = 0.0
    import_seconds: float = 0.0
    member_booleans: str = "words"
    permissions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    users: dict[str, str] = field(
        default_factory=lambda: {"sandbox-client": "sandbox-secret", "other-client": "other-secret"}
    )

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: A value is invalid; the message names its option.
        """
        for option in fields(self):
            value, least = getattr(self, option.name), _FEWEST.get(option.name, 0)
            if isinstance(value, (int, float)) and value < least:
                raise ValueError(f"{option.name} must be at least {least}")
        if self.port > LAST_PORT:
            raise ValueError(f"port must be at most {LAST_PORT}")
        self._check_range()
        for name in self.without_updated_at:
            if name not in OBJECT_TYPES:
                raise ValueError(f"without_updated_at: {name!r} is not one of {OBJECT_TYPES}")
        for name, known in _WORDS.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {known}")
        if self.start and self.start > (self.now or datetime.now(timezone.utc)):
            raise ValueError("start must not be later than now")

    def _check_range(self) -> None:
        if isinstance(self.job_seconds, (list, tuple)):  # JSON has no tuples
            least, most = self.job_seconds
            self.job_seconds = (least, most)
            if not 0 <= least <= most:
                raise ValueError("job_seconds must be in ascending order")
