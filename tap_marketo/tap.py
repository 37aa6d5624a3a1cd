"""The tap: its settings, the streams that an instance offers, and how a run ends."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from copy import deepcopy
from functools import cached_property
from importlib.metadata import version
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn, cast
from urllib.parse import urlsplit

from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.plugin_base import PluginBase, _ConfigInput

from tap_marketo.cli import with_subcommands
from tap_marketo.cli.catalog_file import read_catalog
from tap_marketo.cli.options import read_config
from tap_marketo.client import MarketoClient
from tap_marketo.client.errors import (
    AccessDeniedError,
    CredentialsError,
    DailyCallsSpentError,
    FeatureUnavailableError,
    MarketoError,
    NotFoundError,
    ResponseError,
    RetryableError,
    TokenRejectedError,
)
from tap_marketo.events import note
from tap_marketo.migration import foreign
from tap_marketo.output.messages import MessageWriter
from tap_marketo.settings import SETTINGS_SCHEMA, Settings, from_environment, problems
from tap_marketo.streams.bulk import activities, custom_objects, leads, program_members
from tap_marketo.streams.bulk.plan import JOBS_IN_STATE, ExportPlan
from tap_marketo.streams.lists.admin import WorkspacesStream
from tap_marketo.streams.lists.catalog import DESCRIBED, STREAMS, name_of
from tap_marketo.sync_log import keep_sync_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    import click
    from singer_sdk import Stream
    from singer_sdk.plugin_base import SingerCommand
    from singer_sdk.singerlib import Catalog

PACKAGE = "tap-marketo-engage"
DEFAULT_WORKSPACE = 1
# What one stream meets, all others do.
CONCERNS_ALL = (CredentialsError, TokenRejectedError, DailyCallsSpentError)


def connect(settings: Settings, **how: Any) -> MarketoClient:
    """A client for an instance.

    Args:
        settings: Where it is, the credentials, and its share of the limits.
        how: Further arguments of `MarketoClient`.
    """
    return MarketoClient(
        settings.base_url,
        settings.client_id,
        settings.client_secret,
        max_calls_per_20_seconds=settings.max_calls_per_20_seconds,
        max_concurrent_calls=settings.max_concurrent_calls,
        user_agent=f"{PACKAGE}/{version(PACKAGE)}",
        **how,
    )


class TapMarketo(Tap):
    """Singer tap for Adobe Marketo Engage."""

    name = "tap-marketo"
    package_name = PACKAGE
    dynamic_catalog = True
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(SETTINGS_SCHEMA)

    message_writer_class = MessageWriter

    def __init__(self, **kwargs: Any) -> None:
        """See `Tap`."""
        self._paused: MarketoError | None = None
        self._left_out: dict[str, ResponseError] = {}
        self._failed: dict[str, MarketoError] = {}
        self.is_first_run = True
        super().__init__(**kwargs)

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return Settings.from_config(self.config)

    @cached_property
    def client(self) -> MarketoClient:
        """The one client of this run: one session, one token, one throttle."""
        settings = self.settings
        client = connect(settings, waits_for_quota=settings.when_quota_is_spent == "wait")
        if settings.max_daily_calls is not None:
            client.limit_calls_today(settings.max_daily_calls)
        return client

    @cached_property
    def plan(self) -> ExportPlan:
        """The export windows of this run."""
        return ExportPlan(self)

    def discover_streams(self) -> Sequence[Stream]:
        """Ask the instance for its lead fields and activity types, and offer what they allow.

        Raises:
            MarketoError: The instance cannot be asked.
        """
        streams: list[Stream] = []
        denied: list[AccessDeniedError] = []
        try:
            streams.append(leads.LeadsStream(self, leads.describe(self.client)))
        except AccessDeniedError as error:
            denied.append(self._denied("Read-Only Lead", "leads", error))
        try:
            streams += self._activity_streams()
        except AccessDeniedError as error:
            denied.append(self._denied("Read-Only Activity", "all activity streams", error))
        streams += program_members.discover(self)
        streams += custom_objects.discover(self)
        streams += self._rest_streams()
        self._refuse_selected(denied, {stream.name for stream in streams})
        return streams

    def _rest_streams(self) -> Iterator[Stream]:
        for stream in STREAMS:
            name = name_of(stream)
            if name in DESCRIBED and not self.may_be_wanted(name):
                continue  # its description would cost a call
            try:
                yield stream(self)
            except (AccessDeniedError, FeatureUnavailableError, NotFoundError) as error:
                self.leave_out(name, stream.permission, error)

    def may_be_wanted(self, name: str) -> bool:
        """Whether a stream is selected, as far as is known before discovery.

        Args:
            name: Its name.
        """
        return self.input_catalog is None or name in self.selected_in_catalog()

    def selected_in_catalog(self) -> set[str]:
        """The streams that the given catalog selects; none without a catalog."""
        return set() if self.input_catalog is None else self._selected_in(self.input_catalog)

    @staticmethod
    def _selected_in(catalog: Catalog) -> set[str]:
        return {name for name, entry in catalog.items() if entry.metadata.root.selected}

    @cached_property
    def workspace_ids(self) -> list[int]:
        """The workspaces of the instance, or the first one where the API user may not list them."""
        workspaces = cast("WorkspacesStream", self.streams[WorkspacesStream.name])
        try:
            return [int(one["id"]) for one in workspaces.request_records(None)]
        except (AccessDeniedError, FeatureUnavailableError, NotFoundError) as error:
            self.logger.warning(
                "%s Without the permission %s the workspaces are unknown: assets of the new"
                " designer are read from workspace %d (Default) alone.",
                error,
                WorkspacesStream.permission,
                DEFAULT_WORKSPACE,
            )
            return [DEFAULT_WORKSPACE]

    def _activity_streams(self) -> list[Stream]:
        types = activities.describe(self.client)
        names = activities.stream_names(types)
        return [
            activities.ActivitiesStream(self),
            *(activities.ActivityTypeStream(self, names[int(one["id"])], one) for one in types),
        ]

    def _denied(self, permission: str, what: str, error: AccessDeniedError) -> AccessDeniedError:
        error.hint = (
            f"The API user needs the permission {permission} to read {what}"
            " (Admin > Users & Roles > Roles > Access API), or this machine's address is not on"
            " the allow-list (Admin > IP Restrictions > API)."
        )
        self.logger.warning("Left out: %s. %s", what, error)
        return error

    def _refuse_selected(self, denied: list[AccessDeniedError], offered: set[str]) -> None:
        """A stream that a catalog selects must not be missing without an error."""
        if not denied or self.input_catalog is None:
            return
        for name, entry in self.input_catalog.items():
            missing = name not in offered and name not in self._left_out
            if missing and entry.metadata.root.selected:
                raise denied[0].about(stream=name)

    def pause(self, error: MarketoError) -> None:
        """Note that a quota is spent; the run goes on with other streams and then ends with this.

        Args:
            error: What to tell at the end.
        """
        self.logger.warning("%s", error)
        note("paused", why=str(error))
        self._paused = self._paused or error

    def go_on_without(self, stream: str, error: MarketoError, *, sharing: int = 0) -> None:
        """Go on with the other streams after one failed; the run then ends with an error.

        Args:
            stream: Its name.
            error: Why.
            sharing: How many streams share its exports, and so fail with it.

        Raises:
            MarketoError: The same, where the other streams would meet it too.
        """
        is_outage = isinstance(error, RetryableError)
        had_outage = any(isinstance(one, RetryableError) for one in self._failed.values())
        if isinstance(error, CONCERNS_ALL) or (is_outage and had_outage):
            raise error
        name = f"{stream} with {sharing} that share its exports" if sharing else stream
        self._failed[name] = error
        self.logger.error("%s", error)
        note("stream_failed", stream=stream, why=str(error))

    def leave_out(self, stream: str, permission: str, error: ResponseError) -> None:
        """Go on without a stream that the API user may not read, or the subscription lacks.

        Args:
            stream: Its name.
            permission: What the role of the API user needs; empty when that is not the reason.
            error: What Marketo answered.
        """
        if stream in self._left_out:
            return
        self._left_out[stream] = error
        if isinstance(error, AccessDeniedError):
            self._denied(permission, stream, error)
        else:
            needs = f", which needs the permission {permission}" if permission else ""
            self.logger.warning("Left out: %s%s. %s", stream, needs, error)
        note("left_out", stream=stream, why=str(error))

    def _is_incomplete(self) -> bool:
        wanted = {name for name, stream in self.streams.items() if stream.selected}
        if self.input_catalog is not None:
            wanted |= self._selected_in(self.input_catalog)
        missing = wanted & set(self._left_out)
        return bool(missing) and (self.settings.require_all_streams or missing == wanted)

    @property
    def whole_state(self) -> dict[str, Any]:
        """The state with what it holds beside the bookmarks."""
        return cast("dict[str, Any]", self.state)

    def load_state(self, state: dict[str, Any]) -> None:
        """Read the state, export jobs that an earlier run left behind included.

        Args:
            state: The value of a STATE message.

        Raises:
            StateError: Another connector wrote it.
        """
        state = foreign.own(state)
        self.is_first_run = not state
        super().load_state(state)
        if state.get(JOBS_IN_STATE):
            self.whole_state[JOBS_IN_STATE] = state[JOBS_IN_STATE]

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run as the SDK does, but end with one clear sentence instead of a stack trace.

        Args:
            about: Display package metadata and settings.
            about_format: Output style of `about`.
            config: From files or the environment.
            state: File with the state.
            catalog: File with the catalog.
        """
        PluginBase.invoke.__func__(cls, about=about, about_format=about_format)  # type: ignore[attr-defined]
        cls.print_version(print_fn=cls.logger.info)
        config = config or _ConfigInput()
        with cls._told():
            tap = cls(
                config=config.config,
                state=foreign.own(foreign.parse(state.read())) if state else None,
                catalog=read_catalog(catalog) if catalog else None,
                parse_env_config=config.parse_env,
            )
            with keep_sync_log(
                tap.settings.sync_log,
                lambda: tap.client.throttle.calls,
                instance=urlsplit(tap.settings.base_url).hostname,
                version=version(PACKAGE),
            ):
                try:
                    tap.sync_all()
                except DailyCallsSpentError as error:
                    tap.pause(error)
                finally:
                    tap.plan.end()
                tap._end()

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command line with our subcommands."""
        singer = cast("SingerCommand", super().get_singer_command())
        return with_subcommands(singer, cls._told)

    @classmethod
    def cb_config(
        cls,
        ctx: click.Context,  # noqa: ARG003
        param: click.Option,  # noqa: ARG003
        value: tuple[str, ...],
    ) -> _ConfigInput:
        """Read the configuration files; an error is one sentence."""
        return read_config(value)

    @classmethod
    def cb_discover(
        cls,
        ctx: click.Context,
        param: click.Option,
        value: bool,  # noqa: FBT001
    ) -> None:
        """Discover; an error is one sentence."""
        with cls._told():
            super().cb_discover(ctx, param, value)

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Sync a record of each stream; an error is one sentence."""
        with cls._told():
            super().cb_test(ctx, param, value)

    @classmethod
    @contextmanager
    def _told(cls) -> Iterator[None]:
        try:
            yield
        except MarketoError as error:
            cls.logger.error("%s", error)  # noqa: TRY400
            sys.exit(1)
        except BrokenPipeError:
            cls.logger.error("The target stopped reading; its own log says why.")  # noqa: TRY400
            # Python would try once more to flush what nobody reads.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)

    def _end(self) -> None:
        self.plan.tell_summary()
        if self._failed:
            self.logger.error(
                "Streams that failed, for the reasons above: %s. The next run goes on from where"
                " each stopped.",
                ", ".join(self._failed),
            )
            sys.exit(1)
        if self._is_incomplete():
            self.logger.error("Streams left out: %s.", ", ".join(self._left_out))
            sys.exit(1)
        if self._paused is None:
            return
        if self.settings.when_quota_is_spent == "stop":
            self.logger.warning("Ended early: %s", self._paused)
            return
        self.logger.error("Ended early: %s", self._paused)
        sys.exit(1)

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        # The SDK leaves a number that is no integer a text, and ends in a stack trace for "many".
        cls.append_builtin_config(cls.config_jsonschema)
        return from_environment(cls.config_jsonschema, cls._env_var_prefix)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # The SDK's own texts quote the wrong value, which may be a secret.
        self.append_builtin_config(self.config_jsonschema)
        errors = problems(self._config, self.config_jsonschema)
        if errors and raise_errors:
            raise ConfigValidationError("The configuration is wrong", errors=errors)
        return errors

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End within seconds: between two messages, with the state written."""

        def end() -> NoReturn:
            self.logger.warning("Ended by signal %d; the next run goes on from here.", signum)
            self.state_writer.write_state(self.state)
            sys.exit(128 + signum)

        cast("MessageWriter", self.message_writer).between_messages(end)
