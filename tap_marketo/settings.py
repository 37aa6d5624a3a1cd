"""The tap's settings: their schema, and one typed object made from them once."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import inflection
import pendulum
from pendulum.parsing.exceptions import ParserError
from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.plugin_base import JSONSchemaValidator

from tap_marketo.client.address import instance_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import ValidationError

DEFAULT_HISTORY_DAYS = 365

SETTINGS_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "base_url",
        th.StringType,
        required=True,
        title="Base URL",
        description=(
            "REST endpoint of the instance as Admin > Web Services shows it, for example"
            " https://123-ABC-456.mktorest.com; with or without /rest or /identity."
        ),
    ),
    th.Property(
        "client_id",
        th.StringType(min_length=1),
        required=True,
        title="Client ID",
        description="Client id of the custom service (Admin > LaunchPoint > View Details).",
    ),
    th.Property(
        "client_secret",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Client secret",
        description="Client secret of the custom service (Admin > LaunchPoint > View Details).",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description=(
            "Where a stream without a bookmark begins (RFC 3339, UTC where no offset is given)."
            " Default: 365 days before the run. A date later than a bookmark skips ahead."
        ),
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description="Where to stop (RFC 3339, inclusive). Default: the time of the run.",
    ),
    th.Property(
        "lookback_seconds",
        th.IntegerType(minimum=0),
        default=0,
        title="Lookback (seconds)",
        description=(
            "How far before its bookmark a run begins again, to catch records that appear late"
            " in Marketo. Repeated records have the same key."
        ),
    ),
    th.Property(
        "field_names",
        th.StringType,
        allowed_values=["marketo", "snake_case"],
        default="marketo",
        title="Field names",
        description="Column names as Marketo's API has them, or in snake_case.",
    ),
    th.Property(
        "export_poll_interval_seconds",
        th.NumberType(exclusive_minimum=0),
        default=60,
        title="Export poll interval (seconds)",
        description=(
            "Seconds between two looks at the state of the export jobs. Marketo refreshes it"
            " once a minute, so less than 60 helps only against the sandbox."
        ),
    ),
    th.Property(
        "export_window_days",
        th.IntegerType(minimum=1, maximum=31),
        default=31,
        title="Export window (days)",
        description="Days that one export job spans; Marketo allows 31.",
    ),
    th.Property(
        "export_max_jobs",
        th.IntegerType(minimum=1, maximum=10),
        default=4,
        title="Export jobs in the queue",
        description=(
            "Export jobs of the tap in Marketo's queue at once. Two run at a time and ten fit in,"
            " for all integrations together."
        ),
    ),
    th.Property(
        "export_queue_timeout_hours",
        th.NumberType(exclusive_minimum=0),
        default=12,
        title="Export queue timeout (hours)",
        description="How long to wait for a place while others fill Marketo's export queue.",
    ),
    th.Property(
        "export_job_timeout_hours",
        th.NumberType(exclusive_minimum=0),
        default=3,
        title="Export job timeout (hours)",
        description=(
            "How long an export job may run without an end before it is cancelled and made again;"
            " waiting for its turn does not count."
        ),
    ),
    th.Property(
        "export_daily_quota_mb",
        th.NumberType(exclusive_minimum=0),
        default=500,
        title="Daily export allocation (MB)",
        description="What the instance may export a day; Admin > Bulk Extract shows it.",
    ),
    th.Property(
        "export_quota_reserve_percent",
        th.NumberType(minimum=0, maximum=99),
        default=0,
        title="Export reserve (percent)",
        description="Share of the daily export allocation that the tap leaves to others.",
    ),
    th.Property(
        "when_quota_is_spent",
        th.StringType,
        allowed_values=["fail", "stop", "wait"],
        default="fail",
        title="When a quota is spent",
        description=(
            "What to do when the daily export allocation or the daily calls are used up: write"
            " what is exported already and end with an error (fail) or without (stop), or sleep"
            " until midnight in America/Chicago and go on (wait)."
        ),
    ),
    th.Property(
        "backfill_order",
        th.StringType,
        allowed_values=["oldest_first", "newest_first"],
        default="oldest_first",
        title="Backfill order",
        description=(
            "Whether history is exported from its beginning, or backwards from now with what is"
            " new always first."
        ),
    ),
    th.Property(
        "max_daily_calls",
        th.IntegerType(minimum=1),
        title="Calls a day",
        description=(
            "Most API calls that all integrations of the instance may have used today before the"
            " tap makes another. Default: as many as Marketo allows."
        ),
    ),
    th.Property(
        "max_calls_per_20_seconds",
        th.IntegerType(minimum=1, maximum=100),
        default=50,
        title="Calls per 20 seconds",
        description="Share of the instance's 100 calls per 20 seconds that the tap may take.",
    ),
    th.Property(
        "max_concurrent_calls",
        th.IntegerType(minimum=1, maximum=10),
        default=5,
        title="Concurrent calls",
        description="Share of the instance's 10 calls in flight that the tap may take.",
    ),
    th.Property(
        "require_all_streams",
        th.BooleanType,
        default=False,
        title="Require all streams",
        description=(
            "Whether a run fails at its end when the API user may not read a selected stream;"
            " otherwise the stream is left out with a warning."
        ),
    ),
    th.Property(
        "named_account_lists",
        th.ArrayType(th.StringType(pattern="^[^,]+$")),
        default=[],
        title="Named account lists",
        description=(
            "Names of the lists of named accounts to read; Marketo does not tell which there are."
        ),
    ),
    th.Property(
        "leads_filter",
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
        title="Leads filter",
        description=(
            "One static or smart list, whose members alone stream leads then holds: each run all"
            " of them, whatever the bookmark."
        ),
    ),
    th.Property(
        "custom_object_static_list_id",
        th.IntegerType(minimum=1),
        title="Static list for custom objects",
        description=(
            "Static list whose leads' custom objects are exported, all of them in each run, where"
            " the subscription has no updatedAt filter for custom objects."
        ),
    ),
    th.Property(
        "capture_deletes",
        th.BooleanType,
        default=False,
        title="Capture deletes",
        description=(
            "Whether leads that were deleted, or merged into others, get a record of their key and"
            " _sdc_deleted_at alone."
        ),
    ),
    th.Property(
        "batch_gzip_level",
        th.IntegerType(minimum=0, maximum=9),
        default=1,
        title="Batch gzip level",
        description=(
            "How hard BATCH files of format jsonl are compressed, 0 to 9; 9 makes files a tenth"
            " smaller and takes several times as long."
        ),
    ),
    th.Property(
        "sync_log",
        th.StringType(min_length=1),
        title="Sync log",
        description=(
            "File that tells the course of each run, for tap-marketo report: export jobs, waits"
            " and counts, never records. Every run begins it anew and keeps the one before under"
            " the same name with .1 appended. Default: none is kept."
        ),
    ),
).to_dict()


# Settings that need no more than the schema's judgement.
_AS_GIVEN = (
    "lookback_seconds",
    "export_poll_interval_seconds",
    "export_window_days",
    "export_max_jobs",
    "export_queue_timeout_hours",
    "export_job_timeout_hours",
    "export_daily_quota_mb",
    "export_quota_reserve_percent",
    "when_quota_is_spent",
    "backfill_order",
    "max_daily_calls",
    "max_calls_per_20_seconds",
    "max_concurrent_calls",
    "require_all_streams",
    "named_account_lists",
    "custom_object_static_list_id",
    "capture_deletes",
    "batch_gzip_level",
)


class SettingError(ValueError):
    """A setting has a value that cannot be used; the text names the setting."""


@dataclass(frozen=True)
class Settings:
    """The settings of one run, checked and normalised.

    Attributes:
        base_url: Scheme and host of the instance, without a path.
        start_date: UTC; None leaves it to the run.
        end_date: UTC, inclusive; None means now.
        snake_case: Whether columns are renamed.
        leads_filter: Marketo's name of a bulk filter, and its value.
    """

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    start_date: pendulum.DateTime | None = None
    end_date: pendulum.DateTime | None = None
    lookback_seconds: int = 0
    snake_case: bool = False
    export_poll_interval_seconds: float = 60.0
    export_window_days: int = 31
    export_max_jobs: int = 4
    export_queue_timeout_hours: float = 12.0
    export_job_timeout_hours: float = 3.0
    export_daily_quota_mb: float = 500.0
    export_quota_reserve_percent: float = 0.0
    when_quota_is_spent: str = "fail"
    backfill_order: str = "oldest_first"
    max_daily_calls: int | None = None
    max_calls_per_20_seconds: int = 50
    max_concurrent_calls: int = 5
    require_all_streams: bool = False
    named_account_lists: list[str] = field(default_factory=list)
    leads_filter: tuple[str, int | str] | None = None
    custom_object_static_list_id: int | None = None
    capture_deletes: bool = False
    batch_gzip_level: int = 1
    sync_log: Path | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Make the settings from a configuration that fits the schema.

        Args:
            config: The tap's configuration.

        Raises:
            SettingError: A value that the schema cannot judge is wrong.
        """
        start, end = _moment(config, "start_date"), _moment(config, "end_date")
        if start and end and end < start:
            raise SettingError("end_date: must not be earlier than start_date")
        leads_filter = _leads_filter(config)
        if leads_filter and config.get("capture_deletes"):
            raise SettingError("capture_deletes: has no meaning beside leads_filter")
        return cls(
            leads_filter=leads_filter,
            base_url=_address(config),
            client_id=_without_blanks(config, "client_id"),
            client_secret=_without_blanks(config, "client_secret"),
            start_date=start,
            end_date=end,
            snake_case=config["field_names"] == "snake_case",
            sync_log=Path(config["sync_log"]).expanduser() if config.get("sync_log") else None,
            **{
                name: value for name in _AS_GIVEN if (value := _plain(config.get(name))) is not None
            },
        )

    def start_for(self, now: pendulum.DateTime) -> pendulum.DateTime:
        """Where a stream without a bookmark begins.

        Args:
            now: Time of the run.
        """
        return self.start_date or now.subtract(days=DEFAULT_HISTORY_DAYS).start_of("day")


def from_environment(schema: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Read settings from environment variables, as the SDK does; but numbers may have decimals.

    A text that is no number stays one, so that `problems` names the setting.

    Args:
        schema: JSON Schema of all settings, the SDK's own included.
        prefix: Of the variables.
    """
    numeric = {
        name: one
        for name, one in schema["properties"].items()
        if {"integer", "number"} & set(_types(one))
    }
    as_text = {name: {"type": "string"} for name in numeric}
    texts = parse_environment_config({"properties": {**schema["properties"], **as_text}}, prefix)
    return {name: _number(text) if name in numeric else text for name, text in texts.items()}


def _types(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _leads_filter(config: Mapping[str, Any]) -> tuple[str, int | str] | None:
    given = {name: value for name, value in (config.get("leads_filter") or {}).items() if value}
    if not given:
        return None
    if len(given) > 1:
        raise SettingError("leads_filter: names one list, by id or by name")
    ((name, value),) = given.items()
    return inflection.camelize(name, uppercase_first_letter=False), value


def problems(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """What is wrong with a configuration, a line each, naming the setting but never its value.

    Args:
        config: The tap's configuration; defaults are filled in.
        schema: JSON Schema of all settings, the SDK's own included.
    """
    found = JSONSchemaValidator(schema).iter_errors(config)
    errors = list(dict.fromkeys(_problem(error) for error in found))
    if not errors:
        try:
            Settings.from_config(config)
        except SettingError as error:
            errors.append(str(error))
    return errors


def _problem(error: ValidationError) -> str:
    if error.validator == "required":
        given = cast("dict[str, Any]", error.instance)
        missing = [name for name in cast("list[str]", error.validator_value) if name not in given]
        return f"{', '.join(missing)}: required, but missing"
    name = ".".join(str(part) for part in error.path)
    told = {
        "type": "must be of type",
        "enum": "must be one of",
        "minimum": "must be at least",
        "maximum": "must be at most",
        "exclusiveMinimum": "must be greater than",
        "minLength": "must not be empty; characters needed:",
        "format": "must be a",
        "pattern": "each must be a name without a comma; must match",
    }.get(str(error.validator))
    return f"{name}: {told} {_listed(error.validator_value)}" if told else f"{name}: not valid"


def _listed(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value if item != "null")
    return str(value)


def _address(config: Mapping[str, Any]) -> str:
    try:
        return instance_url(config["base_url"])
    except ValueError as error:
        raise SettingError(f"base_url: {error}") from None


def _without_blanks(config: Mapping[str, Any], name: str) -> str:
    value = str(config[name]).strip()
    if not value:
        raise SettingError(f"{name}: must not be empty")
    return value


def _plain(value: Any) -> Any:
    # The SDK reads decimals of a configuration file as Decimal, which adds to no float.
    return float(value) if isinstance(value, Decimal) else value


def _moment(config: Mapping[str, Any], name: str) -> pendulum.DateTime | None:
    value = config.get(name)
    if value is None:
        return None
    try:
        moment = pendulum.parse(value, tz="UTC")
    except (ParserError, ValueError, TypeError):
        moment = None
    if not isinstance(moment, pendulum.DateTime):
        raise SettingError(f"{name}: must be a date or a date with a time, as 2026-01-31T00:00:00Z")
    return moment.in_timezone("UTC").start_of("second")
