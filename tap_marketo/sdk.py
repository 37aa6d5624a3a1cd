"""Wraps every private name of singer-sdk that the tap uses; based on version 0.54.9.

Other modules must not use such names directly. A test fails when one of them no longer exists.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from singer_sdk import Stream, Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._batch import BatchConfig
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.mapper import PluginMapper
from singer_sdk.metrics import METRICS_LOGGER_NAME
from singer_sdk.plugin_base import PluginBase, _ConfigInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from singer_sdk.helpers._batch import BaseBatchFileEncoding
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import RecordMessage, SchemaMessage

ConfigInput = _ConfigInput

__all__ = [
    "PRIVATES",
    "BatchConfig",
    "ConfigInput",
    "SdkTap",
    "TapStream",
    "begin_sync",
    "classproperty",
    "map_selected",
    "parse_environment_config",
    "quiet_logs",
    "record_messages",
    "schema_messages",
    "stream_version",
    "variable_prefix",
    "write_batch",
    "write_record",
    "write_schema",
    "write_state",
]


class Private(NamedTuple):
    """A private name of the SDK.

    Attributes:
        owner: Class or module.
        name: Name in the owner.
        reason: Reason why the tap needs it.
    """

    owner: object
    name: str
    reason: str


PRIVATES = (
    Private(Stream, "_write_schema_message", "SCHEMA only once, not for each parent or file"),
    Private(Stream, "_write_state_message", "STATE after each window, not for each parent"),
    Private(Stream, "_increment_stream_state", "bookmarks of exports do not come from records"),
    Private(Stream, "_write_record_message", "an export file has records of several streams"),
    Private(Stream, "_write_batch_message", "BATCH before the bookmark moves"),
    Private(Stream, "_generate_record_messages", "tombstones are narrower than their stream"),
    Private(Stream, "_generate_schema_messages", "the same"),
    Private(Tap, "_reset_state_progress_markers", "the tap overrides `sync_all`"),
    Private(Tap, "_set_compatible_replication_methods", "the same"),
    Private(PluginBase, "_env_var_prefix", "warning about unused environment variables"),
    Private(PluginBase, "_env_var_config", "decimal numbers in environment variables"),
    Private(PluginBase, "_validate_config", "the SDK's messages quote the invalid value"),
    Private(PluginBase, "_handle_termination", "a signal takes effect between two messages"),
)
"""The private names in use, without imports.

`Stream._stream_version` and `PluginBase._config` are missing: only instances have them.
"""

_INFO, _DEBUG = logging.INFO, logging.DEBUG


class TapStream(Stream):
    """Base of list streams and bulk streams."""

    takes_bookmark_from_records = True
    """Whether the bookmark is the newest value of the replication key."""
    writes_schema_late = False
    """Whether SCHEMA waits for records, because a target may empty a table when it arrives."""

    def __init__(self, **kwargs: Any) -> None:
        """See `Stream`."""
        super().__init__(**kwargs)
        self._schema_written = False
        self.logger.addFilter(_Quieter())

    def log(self, message: str, *args: Any, level: int = _INFO, **kwargs: Any) -> None:
        """Log the SDK's messages at debug level, except for warnings.

        Args:
            message: Message of the SDK.
            args: Arguments of the message.
            level: Level of the SDK. Errors are also raised, and logged where they are caught.
            kwargs: Further arguments of the logger.
        """
        quiet = level <= _INFO or message.startswith("An unhandled error occurred")
        super().log(message, *args, level=_DEBUG if quiet else level, **kwargs)

    def write_schema(self) -> None:
        """Write the SCHEMA message, unless it was already written."""
        self.writes_schema_late = False
        self._write_schema_message()

    def _write_schema_message(self) -> None:
        if not self._schema_written and not self.writes_schema_late:
            self._schema_written = True
            super()._write_schema_message()

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        if self.takes_bookmark_from_records:
            super()._increment_stream_state(latest_record, context=context)

    def _write_state_message(self) -> None:
        # A child stream is read once per parent; the parent's STATE includes it.
        if self.parent_stream_type is None:
            super()._write_state_message()


class SdkTap(Tap):
    """Base of the tap, with its own handling of settings and signals."""

    @classmethod
    def settings_from_environment(cls, schema: dict[str, Any], prefix: str) -> dict[str, Any]:
        """Read settings from environment variables.

        Args:
            schema: JSON Schema of all settings.
            prefix: Prefix of the variables' names.
        """
        return parse_environment_config(schema, prefix)

    @classmethod
    def problems_of(cls, config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
        """Return one line per invalid setting.

        Args:
            config: Configuration of the tap.
            schema: JSON Schema of all settings.
        """
        raise NotImplementedError

    def end_by_signal(self, signum: int) -> None:
        """End the run.

        Args:
            signum: Number of the signal.
        """
        raise NotImplementedError

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        cls.append_builtin_config(cls.config_jsonschema)
        return cls.settings_from_environment(cls.config_jsonschema, cls._env_var_prefix)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.append_builtin_config(self.config_jsonschema)
        errors = self.problems_of(self._config, self.config_jsonschema)
        if errors and raise_errors:
            raise ConfigValidationError("The configuration is invalid", errors=errors)
        return errors

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.end_by_signal(signum)


def map_selected(tap: Tap) -> PluginMapper:
    """Create a mapper that applies stream maps only to selected streams.

    The SDK's mapper crashes on a map for a deselected stream, whose key columns are missing.

    Args:
        tap: Tap with its configuration and catalog.
    """
    mapper = PluginMapper(plugin_config=dict(tap.config), logger=tap.logger)
    plain = PluginMapper(plugin_config={**tap.config, "stream_maps": {}}, logger=tap.logger)
    for name, entry in tap.catalog.items():
        is_selected = entry.metadata.resolve_selection()[()]
        (mapper if is_selected else plain).register_raw_streams_from_catalog(
            type(tap.catalog)({name: entry})
        )
    mapper.stream_maps.update(plain.stream_maps)
    return mapper


def write_schema(stream: Stream) -> None:
    """Write the SCHEMA of a stream.

    Args:
        stream: Selected stream.
    """
    if isinstance(stream, TapStream):
        stream.write_schema()
    else:
        stream._write_schema_message()  # noqa: SLF001


def write_state(stream: Stream) -> None:
    """Write the state now, even if the stream wrote nothing.

    Args:
        stream: Any stream.
    """
    stream.state_manager.is_flushed = False
    stream._write_state_message()  # noqa: SLF001


def write_record(stream: Stream, record: Record) -> None:
    """Write a record after selection, maps and flattening.

    Args:
        stream: Stream of the record.
        record: Record to write; changed in place.
    """
    stream._write_record_message(record)  # noqa: SLF001


def write_batch(stream: Stream, encoding: BaseBatchFileEncoding, manifest: list[str]) -> None:
    """Write a BATCH message.

    Args:
        stream: Stream of the records.
        encoding: Format and compression.
        manifest: URLs of the files.
    """
    stream._write_batch_message(encoding=encoding, manifest=manifest)  # noqa: SLF001


def record_messages(stream: Stream, record: Record) -> Iterator[RecordMessage]:
    """Return the RECORD messages of a record, one for each map.

    Args:
        stream: Stream of the record.
        record: Record to write; changed in place.
    """
    return stream._generate_record_messages(record)  # noqa: SLF001


def schema_messages(stream: Stream) -> Iterator[SchemaMessage]:
    """Return the SCHEMA messages of a stream, one for each map.

    Args:
        stream: Any stream.
    """
    return stream._generate_schema_messages()  # noqa: SLF001


def stream_version(stream: Stream) -> int | None:
    """Return the version in the RECORD messages of a stream, if any.

    Args:
        stream: Any stream.
    """
    return stream._stream_version  # noqa: SLF001


def begin_sync(tap: Tap) -> None:
    """Do what the SDK's `sync_all` does before the first stream.

    Args:
        tap: Tap that starts a sync.
    """
    tap._reset_state_progress_markers()  # noqa: SLF001
    tap._set_compatible_replication_methods()  # noqa: SLF001


def variable_prefix(tap: type[PluginBase]) -> str:
    """Return the prefix of the tap's environment variables.

    Args:
        tap: Class of the tap.
    """
    return cast("str", tap._env_var_prefix)  # noqa: SLF001


_NOISE = (
    "Starting incremental sync of",
    "Added '%s' as child stream",
    "Skipping parse of env var",
    "Parsing env var",
)


class _Quieter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno == _INFO and str(record.msg).startswith(_NOISE):
            record.levelno, record.levelname = _DEBUG, "DEBUG"
            return logging.getLogger(record.name).isEnabledFor(_DEBUG)
        return True


class _AboutSorting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return "assumed to be unsorted" not in str(record.msg)


def quiet_logs(logger: logging.Logger) -> None:
    """Move unimportant messages of the SDK to debug level.

    Args:
        logger: Logger of the tap.
    """
    if not any(isinstance(existing, _Quieter) for existing in logger.filters):
        logger.addFilter(_Quieter())
        logging.getLogger("singer_sdk").addFilter(_AboutSorting())
        logging.getLogger("singer_sdk.helpers._state").addFilter(_AboutSorting())
    if not logger.isEnabledFor(_DEBUG):
        # Its own handlers, such as the sync log's, still receive them.
        logging.getLogger(METRICS_LOGGER_NAME).propagate = False
