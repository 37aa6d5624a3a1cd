"""What can be set about a sandbox."""

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
    """Size, speed, limits and dialect of a sandbox.

    Attributes:
        port: Where it listens; 0 takes any free one.
        host: Address on which it listens.
        seed: The same seed makes the same data.
        leads: How many leads.
        activities: How many activities.
        activity_types: How many of them, custom ones included.
        assets: How many of each kind of asset.
        now: The sandbox's time at its start; the real one by default.
        start: When the first lead was created; a year before now by default. With `now` and `seed`
            the same, the data is the same to the byte.
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
        rough: Sprinkle awkward values over the data, and let pages of lists be odd: short, empty,
            with ids as text.
        retention: Whether old activities are gone, each type after its time.
        late_sends: Seconds after its date at which Send Email can be read.
        download_bytes_per_second: Slows file transfer; 0 does not.
        tls: File for the certificate of a throw-away authority: HTTPS is served then, for any name
            below `mktorest.com`.
        native_crm: Whether a CRM is synced natively: companies, opportunities, their roles and
            sales persons are off over REST (1018).
        designer_lists: Lists of the new designer as its guides show them, without counts.
        token_in_query: Whether the access token is taken from the query too.
        hidden_fields: Lead fields that describe lists and exports refuse (1003).
        largest_export_days: Exports of more days fail; 0 lets none fail.
        import_seconds: Sandbox seconds that a bulk import runs.
        member_booleans: How files of program members spell booleans: `words`, or `digits`.
        users: Client secrets by client id, each of an API user of its own.
        permissions: What API users may do, by client id; those that are not named may do all.
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
            ValueError: One cannot be; the text names its option.
        """
        for one in fields(self):
            value, least = getattr(self, one.name), _FEWEST.get(one.name, 0)
            if isinstance(value, (int, float)) and value < least:
                raise ValueError(f"{one.name} must be at least {least}")
        if self.port > LAST_PORT:
            raise ValueError(f"port must be at most {LAST_PORT}")
        self._check_range()
        for name in self.without_updated_at:
            if name not in OBJECT_TYPES:
                raise ValueError(f"without_updated_at: {name!r} is none of {OBJECT_TYPES}")
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
                raise ValueError("job_seconds must go up")
