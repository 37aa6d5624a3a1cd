"""The settings, each declared once; `make docs` writes all other places from here."""

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
        raise ValueError("must be a date or a date with a time, as 2026-01-31T00:00:00Z")  # noqa: TRY004
    return date.in_timezone("UTC").start_of("second")


def _path(value: str) -> Path | None:
    return Path(value).expanduser() if value else None


def _list_filter(value: Mapping[str, Any]) -> tuple[str, int | str] | None:
    """Marketo's name of a bulk filter, and its value."""
    given = {name: one for name, one in value.items() if one}
    if not given:
        return None
    if len(given) > 1:
        raise ValueError("names one list, by id or by name")
    ((name, one),) = given.items()
    return inflection.camelize(name, uppercase_first_letter=False), one


@dataclass(frozen=True)
class Settings:
    """The settings of one run, checked and normalised.

    `base_url` is scheme and host without a path; dates are in UTC and cut to seconds;
    `leads_filter` is Marketo's name of a bulk filter with its value.
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
        "Where a stream without a bookmark begins, as RFC 3339; UTC unless it has an offset. A"
        " date later than a bookmark skips ahead.",
        group=READ,
        unset=f"{DEFAULT_HISTORY_DAYS} days before the run",
        parse=_date,
    )
    end_date: Date = setting(
        th.DateTimeType,
        "End date",
        "Where to stop, inclusive, as RFC 3339.",
        group=READ,
        unset="the time of the run",
        parse=_date,
    )
    lookback_seconds: int | None = setting(
        th.IntegerType(minimum=0),
        "Lookback (seconds)",
        "How far before its bookmark a run begins, to catch records that appear late in Marketo."
        " It makes a window longer, not one more job; repeated records have the same key.",
        group=READ,
        unset="7200 for activities, 0 for everything else",
    )
    bad_rows: str = setting(
        th.StringType,
        "Bad rows",
        "What to do when rows of an export file cannot be read: write all others, keep the window"
        " as a gap to be exported again, and end with an error (fail), or go past them with a"
        " warning (skip).",
        group=READ,
        default="fail",
        options={"fail": "Fail", "skip": "Skip"},
    )
    full_lists_interval_hours: float = setting(
        th.NumberType(minimum=0),
        "Interval of full lists (hours)",
        "How often to read whole what shows no changes: static_list_memberships, tokens,"
        " form_used_by and email_template_used_by. In between only the parts of changed lists,"
        " folders, forms and templates are read, for far fewer API calls. 0 reads all in each run.",
        group=READ,
        default=0,
    )
    backfill_order: str = setting(
        th.StringType,
        "Backfill order",
        "Whether history is exported from its beginning, or backwards from now with new records"
        " first.",
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
        "One static or smart list: the stream leads then holds its members alone, all of them in"
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
        "Static list whose leads' custom objects are exported, all of them in each run, where the"
        " subscription has no updatedAt filter for custom objects.",
        group=READ,
        unset="such custom objects are skipped",
    )
    capture_deletes: bool = setting(
        th.BooleanType,
        "Capture deletes",
        "Whether the stream leads also has a record for each lead that was deleted or merged away,"
        " with _sdc_deleted_at. Cannot be combined with leads_filter.",
        group=READ,
        default=False,
    )
    require_all_streams: bool = setting(
        th.BooleanType,
        "Require all streams",
        "Whether a run also fails when the API user may not read a stream that a wildcard"
        " selected, or when a selected stream is not in Marketo any more. Otherwise it is skipped"
        " with a warning.",
        group=READ,
        default=False,
    )
    field_names: str = setting(
        th.StringType,
        "Field names",
        "Column names as Marketo's API has them, or in snake_case.",
        group=OUTPUT,
        default="marketo",
        options={"marketo": "As Marketo's API has them", "snake_case": "snake_case"},
    )
    batch_gzip_level: int = setting(
        th.IntegerType(minimum=0, maximum=9),
        "Batch gzip level",
        "How hard BATCH files of format jsonl are compressed, 0 to 9. Level 9 makes them a tenth"
        " smaller and takes several times as long.",
        group=OUTPUT,
        default=1,
    )
    sync_log: Path | None = setting(
        th.StringType(min_length=1),
        "Sync log",
        "Path of a JSON Lines event log, read by `tap-marketo report`: export jobs, pauses and"
        " counts, never records. Each run starts a new one; the previous nine keep a number, .1 to"
        " .9.",
        group=OUTPUT,
        unset="no log",
        parse=_path,
    )
    export_window_days: int = setting(
        th.IntegerType(minimum=1, maximum=31),
        "Export window (days)",
        "Days that one export job spans. Marketo allows 31.",
        group=JOBS,
        default=31,
    )
    export_max_jobs: int = setting(
        th.IntegerType(minimum=1, maximum=10),
        "Export jobs in the queue",
        "How many of the tap's export jobs are in Marketo's queue at once. Two run at a time and"
        " ten fit in, for all integrations together.",
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
        "How long to wait while other integrations fill Marketo's export queue.",
        group=JOBS,
        default=12,
    )
    export_job_timeout_hours: float = setting(
        th.NumberType(exclusive_minimum=0),
        "Export job timeout (hours)",
        "How long an export job may run before it is cancelled and created again. Time in the"
        " queue does not count.",
        group=JOBS,
        default=3,
    )
    export_daily_quota_mb: float = setting(
        th.NumberType(exclusive_minimum=0),
        "Daily export allocation (MB)",
        "What the instance may export a day. Admin > Bulk Extract shows it.",
        group=LIMITS,
        default=500,
    )
    export_quota_reserve_percent: float = setting(
        th.NumberType(minimum=0, maximum=99),
        "Export reserve (percent)",
        "Share of the daily export allocation that the tap leaves to others.",
        group=LIMITS,
        default=0,
    )
    when_quota_is_spent: str = setting(
        th.StringType,
        "When a daily limit is reached",
        "What to do when the daily export allocation or the daily API calls are used up: write"
        " what is exported and end with an error (fail) or without one (stop), or wait until"
        " midnight in America/Chicago and continue (wait).",
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
        "Once all integrations of the instance together have made this many API calls today, the"
        " tap makes no more.",
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
        """Make the settings from a configuration that fits the schema.

        Args:
            config: The tap's configuration.

        Raises:
            SettingError: A value that the schema cannot judge is wrong.
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
        """Where a stream without a bookmark begins.

        Args:
            now: Time of the run.
        """
        return self.start_date or now.subtract(days=DEFAULT_HISTORY_DAYS).start_of("day")


SETTINGS_SCHEMA = schema(Settings)
"""JSON Schema of all settings of the tap itself, without the SDK's."""


def problems(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """What is wrong with a configuration, one line each, naming the setting but never its value.

    Args:
        config: The tap's configuration; defaults are filled in.
        schema: JSON Schema of all settings, the SDK's own included.
    """
    found = JSONSchemaValidator(schema).iter_errors(config)
    errors = list(dict.fromkeys(problem(error) for error in found))
    if not errors:
        try:
            Settings.from_config(config)
        except SettingError as error:
            errors.append(str(error))
    return errors
