"""Bulk extract for scripts: rows of any span, with everything that the tap does for a sync."""

from __future__ import annotations

import json
import os
import queue
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pendulum

from tap_marketo.client.params import to_wire
from tap_marketo.configuration import from_environment
from tap_marketo.export.cells import to_date, to_timestamp
from tap_marketo.export.columns import TableColumn, table_columns
from tap_marketo.export.credentials import PREFIX
from tap_marketo.export.drive import RecordTaker, run
from tap_marketo.export.job import wanted_stream
from tap_marketo.export.order import Order, selecting
from tap_marketo.tap import TapMarketo
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from tap_marketo.client import MarketoClient

CHUNK = 500
# So many chunks wait for the script; the export goes on meanwhile.
WAITING = 8
_PATIENCE = 0.2
_STOPPED = 130
_CONVERTERS: dict[Kind, Callable[[Any], Any]] = {Kind.DATE: to_date, Kind.DATETIME: to_timestamp}


def bulk_extract(  # noqa: PLR0913 - two are needed, the others have defaults
    client: MarketoClient,
    stream: str,
    *,
    fields: Sequence[str] = (),
    since: date | str | None = None,
    until: date | str | None = None,
    activity_type: str | None = None,
    leads_filter: Mapping[str, int | str] | None = None,
    resume: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Rows of one stream, whatever the span: export jobs, windows and limits are taken care of.

    Rows come from verified files only, window by window, in constant memory. A row can come twice
    when a run is resumed, or when a lead changes meanwhile; the key tells.

    Args:
        client: Client for the instance.
        stream: `leads`, `activities`, or any stream of the tap.
        fields: Names of the columns, in this order. Default: all.
        since: Where to begin: a date or date-time, or a text such as `90d`. Default: 365 days ago.
        until: Where to end, inclusive. Default: now.
        activity_type: For `activities`: one type, by name or id, its attributes as columns.
        leads_filter: For `leads`: one list, for example `{"static_list_name": "Customers"}`.
        resume: File that keeps the state after each window. A further call with the same file
            begins where the last one ended, whether it was interrupted or finished.
        settings: Any of the tap's settings, for example `{"export_max_jobs": 2}`. Default: those
            of the environment, `TAP_MARKETO_EXPORT_MAX_JOBS` and so on.

    Returns:
        An iterator over the rows: numbers, booleans, dates and date-times (UTC) as Python's.

    Raises:
        ExportError: There is no such stream, field, list or activity type; or not all could be
            read.
        MarketoError: Marketo refused, before the first row or in between.

    Source: bulk-extract.md
    """
    order = Order(
        stream,
        tuple(fields),
        activity_type=activity_type,
        since=_text(since),
        until=_text(until),
        leads_filter=leads_filter or {},
    )
    order.check()
    config = {
        **_settings_of_the_environment(),
        **(settings or {}),
        "base_url": client.base_url,
        "client_id": "that of the client",
        "client_secret": "that of the client",
        **order.settings(pendulum.now("UTC")),
    }
    offered = _tap_for(client, config)
    found = wanted_stream(offered, order)
    columns = table_columns(found.name, found.schema["properties"], order.fields)
    catalog = selecting(
        offered.catalog_dict, found.name, {one.name for one in columns} | {*found.primary_keys}
    )
    keeper = _State(Path(resume)) if resume is not None else None
    state = keeper.read() if keeper else {}
    flow = _Flow(found.name)
    tap = _tap_for(client, config, catalog=catalog, state=state, message_writer=flow.taker)
    return _rows(flow, tap, columns, keeper)


def _settings_of_the_environment() -> dict[str, Any]:
    return from_environment(TapMarketo.config_jsonschema, PREFIX)


def _text(moment: date | str | None) -> str | None:
    return None if moment is None else str(to_wire(moment))


def _tap_for(client: MarketoClient, config: Mapping[str, Any], **how: Any) -> TapMarketo:
    class ScriptTap(TapMarketo):
        """The tap with the script's own client: its token, and its share of the limits."""

    ScriptTap.client = client  # type: ignore[assignment]
    return ScriptTap(config=dict(config), **how)


def _rows(
    flow: _Flow, tap: TapMarketo, columns: Sequence[TableColumn], keeper: _State | None
) -> Iterator[dict[str, Any]]:
    converters = [(one.name, _CONVERTERS.get(one.kind)) for one in columns]
    for item in flow.run(tap):
        if isinstance(item, dict):
            if keeper:
                keeper.write(item)
            continue
        for record in item:
            yield {
                name: value if value is None or convert is None else convert(value)
                for name, convert in converters
                for value in (record.get(name),)
            }


class _Flow:
    """Carries records from the tap, which runs in a thread, to the script that iterates."""

    def __init__(self, stream: str) -> None:
        self.taker = RecordTaker(stream, self._take, self._keep)
        self._items: queue.Queue[Any] = queue.Queue(WAITING)
        self._chunk: list[Mapping[str, Any]] = []
        self._stop = threading.Event()

    def run(self, tap: TapMarketo) -> Iterator[Any]:
        """Lists of records, and the states between them."""
        thread = threading.Thread(target=self._work, args=(tap,), name="bulk-extract", daemon=True)
        thread.start()
        try:
            while (item := self._items.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self._stop.set()
            thread.join()

    def _work(self, tap: TapMarketo) -> None:
        try:
            run(tap)
            self._flush()
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised in the script's thread
            with suppress(SystemExit):
                self._put(error)

    def _take(self, record: Mapping[str, Any]) -> None:
        self._chunk.append(record)
        if len(self._chunk) >= CHUNK:
            self._flush()

    def _keep(self, state: dict[str, Any]) -> None:
        self._flush()
        self._put(state)

    def _flush(self) -> None:
        if self._chunk:
            chunk, self._chunk = self._chunk, []
            self._put(chunk)

    def _put(self, item: Any) -> None:
        while not self._stop.is_set():
            try:
                self._items.put(item, timeout=_PATIENCE)
            except queue.Full:
                continue
            return
        raise SystemExit(_STOPPED)  # the script stopped iterating


class _State:
    """The file from which a further call goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        found: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        return found

    def write(self, state: Mapping[str, Any]) -> None:
        unfinished = self._path.with_name(self._path.name + ".new")
        unfinished.write_text(json.dumps(state), encoding="utf-8")
        os.replace(unfinished, self._path)  # noqa: PTH105 - says what it does
