"""One export, from the user's order to the finished file."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pendulum

from tap_marketo.client.errors import MarketoError
from tap_marketo.export.columns import TableColumn, table_columns
from tap_marketo.export.drive import RecordTaker, make_tap, run
from tap_marketo.export.errors import ExportError
from tap_marketo.export.lists import list_hint
from tap_marketo.export.order import find_activity_stream, find_stream, selecting
from tap_marketo.export.spool import Row, Spool
from tap_marketo.export.state import AppendState, read_state, write_state
from tap_marketo.export.table import Table, check_output, private_folder, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from singer_sdk import Stream

    from tap_marketo.export.order import Order
    from tap_marketo.tap import TapMarketo

logger = logging.getLogger("tap-marketo")
TYPES = "/rest/v1/activities/types.json"


class Progress(Protocol):
    """Shows the progress of the export."""

    def arriving(self, name: str) -> AbstractContextManager[Any]:
        """Show the records that arrive; returns an object with `update(number)`."""

    def writing(self, rows: Iterator[Row], name: str) -> Iterator[Row]:
        """Show the written rows."""


@dataclass(frozen=True)
class Output:
    """The file to write, and its options."""

    path: Path
    raw: bool = False
    byte_order_mark: bool = False


@dataclass(frozen=True)
class Done:
    """Result of an export."""

    stream: str
    rows: int
    columns: int
    calls: int
    since: str


def export(order: Order, config: Mapping[str, Any], output: Output, progress: Progress) -> Done:
    """Export one stream to one file.

    Raises:
        MarketoError: The file could not be written in full; an existing one is unchanged.
    """
    order.check()
    check_output(output.path)
    settings = {**config, **order.settings(pendulum.now("UTC"))}
    if settings.get("when_quota_is_spent") == "stop":
        settings["when_quota_is_spent"] = "fail"  # an incomplete file must not look complete
    offered = make_tap(settings)
    stream = wanted_stream(offered, order)
    table = _table(stream, order, output)
    expected = AppendState(
        offered.client.base_url,
        stream.name,
        [column.name for column in table.columns],
        output.raw,
        {},
    )
    state = read_state(output.path, expected) if order.append else {}
    goes_on = bool(state)
    fields = [column.name for column in table.columns]
    catalog = selecting(offered.catalog_dict, stream.name, {*fields, *stream.primary_keys})
    calls = offered.client.throttle.calls
    offered.client.close()
    with private_folder(output.path) as folder:
        spool = Spool(folder, table.columns, stream.primary_keys)
        try:
            with progress.arriving(stream.name) as counter:

                def take(record: Mapping[str, Any]) -> None:
                    spool.add(record)
                    counter.update(1)

                taker = RecordTaker(stream.name, take)
                tap = make_tap(settings, catalog=catalog, state=state, message_writer=taker)
                _run(tap, order)
            write_file(
                output.path,
                table,
                spool,
                folder,
                append=goes_on,
                warn=logger.warning,
                progress=lambda rows: progress.writing(rows, output.path.name),
            )
            if order.append:
                done = AppendState(**{**vars(expected), "state": taker.state})
                write_state(output.path, done, folder)
            return Done(
                stream.name,
                len(spool),
                len(table.columns),
                calls + tap.client.throttle.calls,
                _since(tap, stream, order, goes_on=goes_on),
            )
        finally:
            spool.close()


def wanted_stream(tap: TapMarketo, order: Order) -> Stream:
    """The stream of an order.

    Raises:
        ExportError: The stream does not exist, or cannot be read with these options.
    """
    stream = find_stream(tap.streams, order.stream)
    if order.activity_type is not None:
        types = tap.client.get(TYPES).result
        stream = find_activity_stream(tap.streams, types, order.activity_type)
    if (order.since or order.until) and not stream.replication_key:
        raise ExportError(f"{stream.name} has no date to filter by. Remove --since and --until.")
    return stream


def _since(tap: TapMarketo, stream: Stream, order: Order, *, goes_on: bool) -> str:
    if goes_on:
        return "new or changed since the last export"
    if not stream.replication_key or order.leads_filter:
        return ""
    start = tap.settings.start_for(pendulum.now("UTC"))
    return f"since {start.to_date_string()}" + (
        "" if order.since else " (set another date with --since)"
    )


def _table(stream: Stream, order: Order, output: Output) -> Table:
    columns: list[TableColumn] = table_columns(
        stream.name, stream.schema["properties"], order.fields
    )
    names = {column.name for column in columns}
    missing = [key for key in stream.primary_keys if key not in names]
    if order.append and (missing or not stream.primary_keys):
        raise ExportError(
            f"--append needs the key columns: add {', '.join(missing)} to --fields."
            if missing
            else f"{stream.name} has no key, so --append cannot find its records again."
        )
    return Table(
        stream.name,
        columns,
        () if missing else stream.primary_keys,
        raw=output.raw,
        byte_order_mark=output.byte_order_mark,
    )


def _run(tap: TapMarketo, order: Order) -> None:
    try:
        run(tap)
    except MarketoError:
        if order.leads_filter:
            hint = list_hint(tap.client, order.leads_filter)
            if hint:
                raise ExportError(f"{hint} No file was written.") from None
        raise
