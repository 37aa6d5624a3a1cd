"""Bulk extract for scripts: rows of any period, exported as in a sync."""

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
# Number of chunks that may wait for the script while the export goes on.
WAITING = 8
_POLL_SECONDS = 0.2
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
    """Export the rows of one stream over any period, within Marketo's limits.

    Rows come only from verified files, window by window, in constant memory. A row can come twice
    if a run is resumed or a lead changes meanwhile; compare the keys.

    Args:
        client: Client for the instance.
        stream: `leads`, `activities`, or any other stream of the tap.
        fields: Names of the columns, in this order. Default: all.
        since: Start: a date, a date-time, or a text such as `90d`. Default: 365 days ago.
        until: End, inclusive. Default: now.
        activity_type: For `activities`: one type, by name or id, with its attributes as columns.
        leads_filter: For `leads`: one list, for example `{"static_list_name": "Customers"}`.
        resume: Path of a file for the state after each window. The next call with the same file
            starts where the last one ended, whether it was interrupted or finished.
        settings: Settings of the tap, for example `{"export_max_jobs": 2}`. Default: those in
            the environment, such as `TAP_MARKETO_EXPORT_MAX_JOBS`.

    Returns:
        An iterator over the rows, with Python's numbers, booleans, dates and date-times (UTC).

    Raises:
        ExportError: The stream, field, list or activity type does not exist, or not everything
            could be read.
        MarketoError: A call failed, before or after the first row.

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
        **_environment_settings(),
        **(settings or {}),
        "base_url": client.base_url,
        "client_id": "unused: the client has its own",
        "client_secret": "unused: the client has its own",
        **order.settings(pendulum.now("UTC")),
    }
    offered = _tap_for(client, config)
    wanted = wanted_stream(offered, order)
    columns = table_columns(wanted.name, wanted.schema["properties"], order.fields)
    names = {column.name for column in columns} | {*wanted.primary_keys}
    catalog = selecting(offered.catalog_dict, wanted.name, names)
    state_file = _StateFile(Path(resume)) if resume is not None else None
    state = state_file.read() if state_file else {}
    flow = _Flow(wanted.name)
    tap = _tap_for(client, config, catalog=catalog, state=state, message_writer=flow.taker)
    return _rows(flow, tap, columns, state_file)


def _environment_settings() -> dict[str, Any]:
    return from_environment(TapMarketo.config_jsonschema, PREFIX)


def _text(value: date | str | None) -> str | None:
    return None if value is None else str(to_wire(value))


def _tap_for(client: MarketoClient, config: Mapping[str, Any], **options: Any) -> TapMarketo:
    class ScriptTap(TapMarketo):
        """The tap with the script's client, and so with its token and rate limits."""

    ScriptTap.client = client  # type: ignore[assignment]
    return ScriptTap(config=dict(config), **options)


def _rows(
    flow: _Flow, tap: TapMarketo, columns: Sequence[TableColumn], state_file: _StateFile | None
) -> Iterator[dict[str, Any]]:
    converters = [(column.name, _CONVERTERS.get(column.kind)) for column in columns]
    for item in flow.run(tap):
        if isinstance(item, dict):
            if state_file:
                state_file.write(item)
            continue
        for record in item:
            yield {
                name: value if value is None or convert is None else convert(value)
                for name, convert in converters
                for value in (record.get(name),)
            }


class _Flow:
    """Passes records from the tap, which runs in a thread, to the script."""

    def __init__(self, stream: str) -> None:
        self.taker = RecordTaker(stream, self._take, self._keep)
        self._items: queue.Queue[Any] = queue.Queue(WAITING)
        self._chunk: list[Mapping[str, Any]] = []
        self._stop = threading.Event()

    def run(self, tap: TapMarketo) -> Iterator[Any]:
        """Yield lists of records, and the states between them."""
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
        except BaseException as error:  # noqa: BLE001 - raised in the script's thread
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
                self._items.put(item, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return
        raise SystemExit(_STOPPED)  # the script stopped iterating


class _StateFile:
    """The file from which the next call resumes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        state: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        return state

    def write(self, state: Mapping[str, Any]) -> None:
        unfinished = self._path.with_name(self._path.name + ".new")
        unfinished.write_text(json.dumps(state), encoding="utf-8")
        os.replace(unfinished, self._path)  # noqa: PTH105 - says what it does
