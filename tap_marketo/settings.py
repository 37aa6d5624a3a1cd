"""The settings; `make docs` generates their documentation and definitions from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inflection
import pendulum
from pendulum.parsing.exceptions import ParserError
from singer_sdk import typing as th
from singer_sdk.plugin_base import JSONSchemaValidator

from tap_marketo.client.address import instance_url
from tap_marketo.configuration import (
    SettingError,
    from_environment,
    parsed,
    problem,
    schema,
    setting,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SETTINGS_SCHEMA", "SettingError", "Settings", "from_environment", "problems"]

DEFAULT_HISTORY_DAYS = 365
CONNECTION = "Connection"
READ = "What is read"
OUTPUT = "Columns and files"
JOBS = "Export jobs"
LIMITS = "Marketo's limits"

Date = pendulum.DateTime | None


def _text(value: str) -> str:
    text = str(value).strip()
    if not text:
        raise ValueError("must not be empty")
    return text


def _date(value: str) -> pendulum.DateTime:
    try:
        date = pendulum.parse(value, tz="UTC")
    except (ParserError, ValueError, TypeError):
        date = None
    if not isinstance(date, pendulum.DateTime):
        raise ValueError("must be a date or a date with a time, like 2026-01-31T00:00:00Z")  # noqa: TRY004
    return date.in_timezone("UTC").start_of("second")


def _path(value: str) -> Path | None:
    return Path(value).expanduser() if value else None


def _list_filter(value: Mapping[str, Any]) -> tuple[str, int | str] | None:
    """Return Marketo's name of the bulk filter, and its value."""
    filters = {name: chosen for name, chosen in value.items() if chosen}
    if not filters:
        return None
    if len(filters) > 1:
        raise ValueError("must name one list, by id or by name")
    ((name, chosen),) = filters.items()
    return inflection.camelize(name, uppercase_first_letter=False), chosen


@dataclass(frozen=True)
class Settings:
    """The validated settings of a run.

    `base_url` is scheme and host without a path; dates are in UTC without fractions of a second;
    `leads_filter` is Marketo's name of a bulk filter and its value.
    """

    base_url: str = setting(
        th.StringType,
        "Base URL",
        "REST endpoint of the instance, as Admin > Web Services shows it, with or without /rest or"
        " /identity.",
        group=CONNECTION,
        required=True,
        placeholder="https://123-ABC-456.mktorest.com",
        parse=instance_url,
    )
    client_id: str = setting(
        th.StringType(min_length=1),
        "Client ID",
        "Client ID of the custom service (Admin > LaunchPoint > View Details).",
        group=CONNECTION,
        required=True,
        parse=_text,
    )
    client_secret: str = setting(
        th.StringType(min_length=1),
        "Client secret",
        "Client secret of the custom service (Admin > LaunchPoint > View Details).",
        group=CONNECTION,
        required=True,
        secret=True,
        parse=_text,
    )
    start_date: Date = setting(
        th.DateTimeType,
        "Start date",
        "Date from which a stream without a bookmark is read, in RFC 3339; UTC unless it has an"
        " offset. If it is later than a bookmark, the data between them is not read.",
        group=READ,
        unset=f"{DEFAULT_HISTORY_DAYS} days before the run",
        parse=_date,
    )
    end_date: Date = setting(
        th.DateTimeType,
        "End date",
        "Last date to read, inclusive, in RFC 3339.",
        group=READ,
        unset="the time of the run",
        parse=_date,
    )
    lookback_seconds: int | None = setting(
        th.IntegerType(minimum=0),
        "Lookback (seconds)",
        "How many seconds before its bookmark a run starts reading, to catch records that appear"
        " late in Marketo. It adds no export jobs; repeated records have the same key.",
        group=READ,
        unset="7200 for activities, 0 for everything else",
    )
    bad_rows: str = setting(
        th.StringType,
        "Bad rows",
        "What to do when rows of an export file cannot be read: write the other rows, export the"
        " window again in the next run, and end with an error (fail), or skip the rows with a"
        " warning (skip).",
        group=READ,
        default="fail",
        options={"fail": "Fail", "skip": "Skip"},
    )
    full_lists_interval_hours: float = setting(
        th.NumberType(minimum=0),
        "Interval of full lists (hours)",
        "How often to read the streams without a change date completely: static_list_memberships,"
        " tokens, form_used_by and email_template_used_by. In between, a run reads only the parts"
        " of changed lists, folders, forms and templates, which takes far fewer API calls. 0 reads"
        " everything in each run.",
        group=READ,
        default=0,
    )
    backfill_order: str = setting(
        th.StringType,
        "Backfill order",
        "Order in which history is exported: from the oldest records on, or new records first and"
        " then backwards.",
        group=READ,
        default="oldest_first",
        options={"oldest_first": "Oldest first", "newest_first": "Newest first"},
    )
    leads_filter: tuple[str, int | str] | None = setting(
        th.ObjectType(
            *(
                th.Property(
                    f"{kind}_list_{by}",
                    th.IntegerType if by == "id" else th.StringType(min_length=1),
                    title=f"{kind.title()} list ({by})",
                    description=f"The {by} of the {kind} list whose members are read.",
                )
                for kind in ("static", "smart")
                for by in ("id", "name")
            ),
            additional_properties=False,
        ),
        "Leads filter",
        "One static or smart list. The stream leads then contains only its members, all of them in"
        " each run.",
        group=READ,
        unset="all leads",
        parse=_list_filter,
    )
    named_account_lists: list[str] = setting(
        th.ArrayType(th.StringType(pattern="^[^,]+$")),
        "Named account lists",
        "Names of the lists of named accounts to read. Marketo has no endpoint that lists them.",
        group=READ,
        default=[],
    )
    custom_object_static_list_id: int | None = setting(
        th.IntegerType(minimum=1),
        "Static list for custom objects",
        "Static list whose leads' custom objects are exported, all of them in each run, if the"
        " subscription has no updatedAt filter for custom objects.",
        group=READ,
        unset="such custom objects are skipped",
    )
    capture_deletes: bool = setting(
        th.BooleanType,
        "Capture deletes",
        "Whether the stream leads also has a record, with _sdc_deleted_at, for each lead that was"
        " deleted or merged into another. Cannot be combined with leads_filter.",
        group=READ,
        default=False,
    )
    require_all_streams: bool = setting(
        th.BooleanType,
        "Require all streams",
        "Whether a run also fails when the API user may not read a stream that a wildcard"
        " selected, or when a selected stream no longer exists in Marketo. Otherwise the stream is"
        " skipped with a warning.",
        group=READ,
        default=False,
    )
    field_names: str = setting(
        th.StringType,
        "Field names",
        "Column names as in Marketo's API, or in snake_case.",
        group=OUTPUT,
        default="marketo",
        options={"marketo": "As in Marketo's API", "snake_case": "snake_case"},
    )
    batch_gzip_level: int = setting(
        th.IntegerType(minimum=0, maximum=9),
        "Batch gzip level",
        "Compression level of BATCH files of format jsonl, 0 to 9. Files of level 9 are a tenth"
        " smaller than those of level 1 and take several times as long to write.",
        group=OUTPUT,
        default=1,
    )
    sync_log: Path | None = setting(
        th.StringType(min_length=1),
        "Sync log",
        "Path of a JSON Lines event log, read by `tap-marketo report`: export jobs, pauses and"
        " counts, never records. Each run starts a new file; the previous nine are kept as .1 to"
        " .9.",
        group=OUTPUT,
        unset="no log",
        parse=_path,
    )
    export_window_days: int = setting(
        th.IntegerType(minimum=1, maximum=31),
        "Export window (days)",
        "Maximum length of an export job's window, in days. Marketo allows 31.",
        group=JOBS,
        default=31,
    )
    export_max_jobs: int = setting(
        th.IntegerType(minimum=1, maximum=10),
        "Export jobs in the queue",
        "How many of the tap's export jobs may be in Marketo's queue at once. The queue takes ten"
        " jobs and runs two at a time, for all integrations together.",
        group=JOBS,
        default=4,
    )
    export_poll_interval_seconds: float = setting(
        th.NumberType(exclusive_minimum=0),
        "Export poll interval (seconds)",
        "Seconds between two status calls. Marketo updates the status once a minute, so less than"
        " 60 helps only against the sandbox.",
        group=JOBS,
        default=60,
    )
    export_queue_timeout_hours: float = setting(
        th.NumberType(exclusive_minimum=0),
        "Export queue timeout (hours)",
        "How long an export job may wait for or in Marketo's export queue, which all integrations"
        " share.",
        group=JOBS,
        default=12,
    )
    export_job_timeout_hours: float = setting(
        th.NumberType(exclusive_minimum=0),
        "Export job timeout (hours)",
        "How long an export job may run before the tap cancels it and creates it again. Time in"
        " the queue does not count.",
        group=JOBS,
        default=3,
    )
    export_daily_quota_mb: float = setting(
        th.NumberType(exclusive_minimum=0),
        "Daily export allocation (MB)",
        "Daily export allocation of the instance. Admin > Bulk Extract shows it.",
        group=LIMITS,
        default=500,
    )
    export_quota_reserve_percent: float = setting(
        th.NumberType(minimum=0, maximum=99),
        "Export reserve (percent)",
        "Share of the daily export allocation that the tap leaves to other integrations.",
        group=LIMITS,
        default=0,
    )
    when_quota_is_spent: str = setting(
        th.StringType,
        "When a daily limit is reached",
        "What to do when the daily export allocation or the daily API calls are used up: write"
        " what is already exported and end with an error (fail) or without one (stop), or wait"
        " until midnight in America/Chicago and continue (wait).",
        group=LIMITS,
        default="fail",
        options={
            "fail": "End with an error",
            "stop": "End without an error",
            "wait": "Wait until midnight in America/Chicago",
        },
    )
    max_daily_calls: int | None = setting(
        th.IntegerType(minimum=1),
        "Calls a day",
        "The tap makes no more API calls once all integrations of the instance together have made"
        " this many today.",
        group=LIMITS,
        unset="as many as Marketo allows",
    )
    max_calls_per_20_seconds: int = setting(
        th.IntegerType(minimum=1, maximum=100),
        "Calls per 20 seconds",
        "How many of the instance's 100 calls per 20 seconds the tap may make.",
        group=LIMITS,
        default=50,
    )
    max_concurrent_calls: int = setting(
        th.IntegerType(minimum=1, maximum=10),
        "Concurrent calls",
        "How many of the instance's 10 concurrent calls the tap may make.",
        group=LIMITS,
        default=5,
    )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Create the settings from a configuration that matches the schema.

        Args:
            config: Configuration of the tap.

        Raises:
            SettingError: A value is invalid in a way that the schema cannot express.
        """
        settings = cls(**parsed(cls, config))
        start, end = settings.start_date, settings.end_date
        if start and end and end < start:
            raise SettingError("end_date: must not be earlier than start_date")
        if settings.leads_filter and settings.capture_deletes:
            raise SettingError("capture_deletes: cannot be combined with leads_filter")
        return settings

    @property
    def snake_case(self) -> bool:
        """Whether columns are renamed to snake_case."""
        return self.field_names == "snake_case"

    def start_for(self, now: pendulum.DateTime) -> pendulum.DateTime:
        """Return the time from which a stream without a bookmark is read.

        Args:
            now: Time of the run.
        """
        return self.start_date or now.subtract(days=DEFAULT_HISTORY_DAYS).start_of("day")


SETTINGS_SCHEMA = schema(Settings)
"""JSON Schema of all settings of the tap itself, without the SDK's."""


def problems(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Return one line per invalid setting, with its name but never its value.

    Args:
        config: Configuration of the tap; defaults are filled in.
        schema: JSON Schema of all settings, including the SDK's.
    """
    violations = JSONSchemaValidator(schema).iter_errors(config)
    errors = list(dict.fromkeys(problem(error) for error in violations))
    if not errors:
        try:
            Settings.from_config(config)
        except SettingError as error:
            errors.append(str(error))
    return errors
