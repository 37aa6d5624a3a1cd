"""The tap: discovers the streams and runs the sync."""

from __future__ import annotations

import sys
from contextlib import suppress
from copy import deepcopy
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast
from urllib.parse import urlsplit

from tap_marketo.client.background import Background
from tap_marketo.client.errors import DailyCallsSpentError, UnavailableError
from tap_marketo.instance import PACKAGE, connect
from tap_marketo.migration import foreign
from tap_marketo.outcome import CONCERNS_ALL, Outcome
from tap_marketo.output.batch import accept_codecs
from tap_marketo.output.messages import MessageWriter
from tap_marketo.sdk import SdkTap, begin_sync, map_selected, quiet_logs
from tap_marketo.settings import SETTINGS_SCHEMA, Settings, from_environment, problems
from tap_marketo.state import OURS
from tap_marketo.streams import discovery
from tap_marketo.streams.bulk.base import BulkStream
from tap_marketo.streams.bulk.plan import ExportPlan
from tap_marketo.streams.selection import Selection
from tap_marketo.sync_log import keep_sync_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream

    from tap_marketo.client import MarketoClient


class TapMarketo(Selection, SdkTap):
    """Singer tap for Adobe Marketo Engage."""

    name = "tap-marketo"
    package_name = PACKAGE
    dynamic_catalog = True
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(SETTINGS_SCHEMA)
    message_writer_class = MessageWriter
    # The SDK leaves a number that is no integer a text, and its errors quote the wrong value.
    settings_from_environment = staticmethod(from_environment)
    problems_of = staticmethod(problems)

    def __init__(self, **kwargs: Any) -> None:
        """See `Tap`."""
        self.is_first_run = True
        quiet_logs(self.logger)
        super().__init__(**kwargs)

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return Settings.from_config(self.config)

    @cached_property
    def client(self) -> MarketoClient:
        """Client shared by all streams of the run."""
        settings = self.settings
        client = connect(settings, waits_for_quota=settings.when_quota_is_spent == "wait")
        if settings.max_daily_calls is not None:
            client.limit_calls_today(settings.max_daily_calls)
        return client

    @cached_property
    def background(self) -> Background:
        """Threads that fetch list pages ahead."""
        return Background(self.settings.max_concurrent_calls)

    @cached_property
    def plan(self) -> ExportPlan:
        """The export windows of this run."""
        return ExportPlan(self)

    @cached_property
    def outcome(self) -> Outcome:
        """Records how each stream ended."""
        return Outcome(
            self.logger,
            lambda: self.client.has_read,
            has_catalog=self.input_catalog is not None,
            require_all=self.settings.require_all_streams,
        )

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings, with every supported compression of BATCH files."""
        super().append_builtin_config(config_jsonschema)
        accept_codecs(config_jsonschema)

    def discover_streams(self) -> Sequence[Stream]:
        """The streams that the instance offers."""
        return discovery.discover(self)

    @cached_property
    def workspace_ids(self) -> list[int]:
        """Workspaces of the instance, or only the first if the API user may not list them."""
        return discovery.workspace_ids(self)

    def setup_mapper(self) -> None:
        """Apply stream maps to selected streams only."""
        self.mapper = map_selected(self)

    @property
    def whole_state(self) -> dict[str, Any]:
        """The state, including the keys next to the bookmarks."""
        return cast("dict[str, Any]", self.state)

    def load_state(self, state: dict[str, Any]) -> None:
        """Read the state, including the export jobs of earlier runs."""
        state = foreign.own(state)
        self.is_first_run = not state
        super().load_state(state)
        self.whole_state.update({name: state[name] for name in OURS if state.get(name)})

    def run(self) -> int:
        """Sync the selected streams, log the result, and exit if the exit code is not 0."""
        with keep_sync_log(
            self.settings.sync_log,
            lambda: self.client.throttle.calls,
            instance=urlsplit(self.settings.base_url).hostname,
            version=version(PACKAGE),
        ):
            try:
                self.sync_all()
            except DailyCallsSpentError as error:
                self.outcome.quota_exhausted(error)
            finally:
                self.plan.end()
            self.plan.log_summary()
            stops = self.settings.when_quota_is_spent == "stop"
            code = self.outcome.end(discovery.wanted(self), named=self.named(), stops=stops)
            if code:
                sys.exit(code)  # inside the block: the sync log records the exit code
        return code

    def sync_all(self) -> None:  # type: ignore[misc]
        """Sync all streams: start the exports, read the lists meanwhile, then write the files.

        Unlike in the SDK, one failing stream doesn't stop the others.
        """
        begin_sync(self)
        if self.state:
            self.state_writer.write_state(self.state)
        discovery.check_catalog(self)
        roots = [
            stream
            for stream in self.streams.values()
            if stream.parent_stream_type is None
            and (stream.selected or stream.has_selected_descendents)
        ]
        if not roots:
            self.logger.warning("No stream is selected, so nothing is read.")
        with suppress(UnavailableError):  # each stream reports it later
            self.client.sign_in()  # the first answer sets the clock to Marketo's time
        discovery.fail_unreadable(self)
        bulk = [stream for stream in roots if isinstance(stream, BulkStream) and stream.selected]
        self._begin_exports(bulk)
        for stream in roots:
            if not isinstance(stream, BulkStream):
                self._sync(stream)
                self.plan.write_ready()
        for stream in bulk:
            self._sync(stream)

    def _begin_exports(self, bulk: list[BulkStream]) -> None:
        try:
            if bulk:
                self.plan.start()
        except CONCERNS_ALL:
            raise
        except Exception:
            self.logger.debug("Could not plan the exports.", exc_info=True)

    def _sync(self, stream: Stream) -> None:
        try:
            stream.sync()
        except (*CONCERNS_ALL, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - the other streams continue
            sharing = stream.sharing if isinstance(stream, BulkStream) else 0
            self.outcome.stream_failed(stream.name, error, sharing=sharing)
        else:
            self.outcome.has_progress |= not isinstance(stream, BulkStream)
            stream.finalize_state_progress_markers()

    def end_by_signal(self, signum: int) -> None:
        """End within seconds: between two messages, after writing the state."""

        def end() -> NoReturn:
            self.logger.warning("Ended by signal %d. The next run resumes from here.", signum)
            self.plan.terminated()
            self.state_writer.write_state(self.state)
            sys.exit(128 + signum)

        cast("MessageWriter", self.message_writer).between_messages(end)
