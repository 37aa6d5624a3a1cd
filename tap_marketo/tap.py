"""The tap: which streams there are, and how a run begins and ends."""

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
        """The one client of this run: one session, one token, one throttle."""
        settings = self.settings
        client = connect(settings, waits_for_quota=settings.when_quota_is_spent == "wait")
        if settings.max_daily_calls is not None:
            client.limit_calls_today(settings.max_daily_calls)
        return client

    @cached_property
    def background(self) -> Background:
        """Threads that ask lists ahead."""
        return Background(self.settings.max_concurrent_calls)

    @cached_property
    def plan(self) -> ExportPlan:
        """The export windows of this run."""
        return ExportPlan(self)

    @cached_property
    def outcome(self) -> Outcome:
        """What becomes of each stream."""
        return Outcome(
            self.logger,
            lambda: self.client.has_read,
            has_catalog=self.input_catalog is not None,
            require_all=self.settings.require_all_streams,
        )

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings, and every compression of BATCH files to them."""
        super().append_builtin_config(config_jsonschema)
        accept_codecs(config_jsonschema)

    def discover_streams(self) -> Sequence[Stream]:
        """The streams that the instance offers."""
        return discovery.discover(self)

    @cached_property
    def workspace_ids(self) -> list[int]:
        """The workspaces of the instance, or the first one where the API user may not list them."""
        return discovery.workspace_ids(self)

    def setup_mapper(self) -> None:
        """Apply stream maps to what is selected: one for a deselected stream does nothing."""
        self.mapper = map_selected(self)

    @property
    def whole_state(self) -> dict[str, Any]:
        """The state with what it holds beside the bookmarks."""
        return cast("dict[str, Any]", self.state)

    def load_state(self, state: dict[str, Any]) -> None:
        """Read the state, export jobs that an earlier run left behind included."""
        state = foreign.own(state)
        self.is_first_run = not state
        super().load_state(state)
        self.whole_state.update({name: state[name] for name in OURS if state.get(name)})

    def run(self) -> int:
        """Sync everything selected and report how it went; exit if that calls for a code."""
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
                sys.exit(code)  # the sync log has the code, too
        return code

    def sync_all(self) -> None:  # type: ignore[misc]
        """Sync all streams: exports begin first, lists are read meanwhile, then files are written.

        The SDK's own ends at the first error; here it is that stream's alone.
        """
        begin_sync(self)
        if self.state:
            self.state_writer.write_state(self.state)
        discovery.check_catalog(self)
        roots = [one for one in self.streams.values() if one.parent_stream_type is None]
        roots = [one for one in roots if one.selected or one.has_selected_descendents]
        if not roots:
            self.logger.warning("No stream is selected: nothing is read.")
        with suppress(UnavailableError):  # then each stream says so
            self.client.sign_in()  # the streams ask for Marketo's time
        discovery.fail_unreadable(self)
        bulk = [one for one in roots if isinstance(one, BulkStream) and one.selected]
        self._begin_exports(bulk)
        for stream in roots:
            if not isinstance(stream, BulkStream):
                self._sync(stream)
                self.plan.write_ready()
        for one in bulk:
            self._sync(one)

    def _begin_exports(self, bulk: list[BulkStream]) -> None:
        try:
            if bulk:
                self.plan.start()
        except CONCERNS_ALL:
            raise
        except Exception:
            self.logger.debug("The exports could not be planned.", exc_info=True)

    def _sync(self, stream: Stream) -> None:
        try:
            stream.sync()
        except (*CONCERNS_ALL, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other streams go on
            sharing = stream.sharing if isinstance(stream, BulkStream) else 0
            self.outcome.stream_failed(stream.name, error, sharing=sharing)
        else:
            self.outcome.has_progress |= not isinstance(stream, BulkStream)
            stream.finalize_state_progress_markers()

    def end_by_signal(self, signum: int) -> None:
        """End within seconds: between two messages, with the state written."""

        def end() -> NoReturn:
            self.logger.warning("Ended by signal %d; the next run continues from here.", signum)
            self.plan.terminated()
            self.state_writer.write_state(self.state)
            sys.exit(128 + signum)

        cast("MessageWriter", self.message_writer).between_messages(end)
