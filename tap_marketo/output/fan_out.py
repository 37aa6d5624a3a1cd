"""Reads an export file once and writes each row to the streams that it belongs to."""

from __future__ import annotations

from collections import Counter, deque
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from tap_marketo.files.errors import BadRowsError
from tap_marketo.files.rows import read_rows
from tap_marketo.output.batch import ColumnFile, batch_file
from tap_marketo.output.records import Messages, Output, RecordByRecord, passes_records_on
from tap_marketo.sdk import write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from singer_sdk.helpers.types import Record

    from tap_marketo.output.messages import MessageWriter
    from tap_marketo.output.stream import ExportedStream
    from tap_marketo.sdk import BatchConfig

    Taker = tuple[Callable[[list[str]], Any], Callable[[Any], None]]

ANY_ROW = ""
exhaust: Callable[[Iterable[None]], object] = partial(deque, maxlen=0)


class FanOut:
    """Writes export files for all streams of a group."""

    def __init__(
        self, leader: ExportedStream, members: Sequence[ExportedStream], batches: BatchConfig | None
    ) -> None:
        """Create the writer.

        Args:
            leader: Stream that is being synced.
            members: All streams of the group.
            batches: Configuration of BATCH files; None for RECORD messages.
        """
        self._leader = leader
        self._members = members
        self._batches = batches
        self._plan = leader.tap.plan

    def write(
        self,
        file: BinaryIO,
        fields: Sequence[str],
        expected: int | None = None,
        job: str = "",
    ) -> Iterator[Record]:
        """Write the records of a file.

        Args:
            file: Verified file, at its beginning.
            fields: Fields of the export's request.
            expected: Number of rows according to Marketo, if known.
            job: Id of the export job, for warnings.

        Yields:
            The leader's records, if the SDK's record loop has to write them.

        Raises:
            ExportFileError: The file cannot be read.
            BadRowsError: Some rows cannot be read; all others are written.
        """
        header, chunks = read_rows(file, anomalies=self._leader.anomalies)
        if not header:
            return
        own: list[Record] = []
        outputs = self._outputs(own)
        counts = _Counts([stream for stream in outputs if outputs[stream].append != own.append])
        only = outputs[self._leader]
        bad_rows: BadRowsError | None = None
        try:
            if isinstance(only, ColumnFile) and self._leader.columns(fields) is not None:
                for block in self._plan.watched(only.read_file(file, header, fields, expected)):
                    only.add(block)
                    self._leader.get_record_counter().increment(len(block))
            else:
                yield from self._write_rows(header, chunks, fields, outputs, own, counts)
        except BadRowsError as error:
            bad_rows = error
        finally:
            counts.emit(job)
        for output in outputs.values():
            output.end()
        if bad_rows:
            raise bad_rows

    def _write_rows(
        self,
        header: list[str],
        chunks: Iterator[list[list[str]]],
        fields: Sequence[str],
        outputs: dict[ExportedStream, Output],
        own: list[Record],
        counts: _Counts,
    ) -> Iterator[Record]:
        leader = self._leader
        takers = {
            stream: (stream.reader(header, fields, output.shape), output.append)
            for stream, output in outputs.items()
        }
        routes = _Routes(takers)
        places = (stream.routing_column(header) for stream in outputs)
        place = next((position for position in places if position is not None), None)
        for chunk in self._plan.watched(chunks):
            if place is None:
                for make, append in takers.values():
                    # A row without its key has no record.
                    exhaust(map(append, filter(None, map(make, chunk))))
                seen = counts.add([ANY_ROW] * len(chunk))
            else:
                for row in chunk:
                    for make, append in routes[row[place]]:
                        record = make(row)
                        if record is not None:
                            append(record)
                seen = counts.add(map(itemgetter(place), chunk))
            for output in outputs.values():
                output.flush()
            yield from own
            own.clear()
            if seen >= leader.STATE_MSG_FREQUENCY:
                counts.emit()
                leader.write_state()

    def _outputs(self, own: list[Record]) -> dict[ExportedStream, Output]:
        messages = Messages(cast("MessageWriter", self._leader.tap.message_writer))
        outputs: dict[ExportedStream, Output] = {}
        for stream in self._members:
            if not passes_records_on(stream):
                take = own.append if stream is self._leader else partial(write_record, stream)
                outputs[stream] = RecordByRecord(take)
            elif self._batches:
                outputs[stream] = batch_file(stream, self._batches)
            else:
                outputs[stream] = messages.of(stream)
        return outputs


class _Routes(dict[str, "list[Taker]"]):
    """The streams' functions for a row, by the cell of the routing column."""

    def __init__(self, takers: dict[ExportedStream, Taker]) -> None:
        super().__init__()
        self._takers = takers

    def __missing__(self, cell: str) -> list[Taker]:
        takers = [taker for stream, taker in self._takers.items() if stream.accepts(cell)]
        self[cell] = takers
        return takers


class _Counts:
    """Counts records that bypass the SDK's record loop, for its metrics."""

    def __init__(self, streams: Sequence[ExportedStream]) -> None:
        self._streams = streams
        self._seen: Counter[str] = Counter()
        self._rows = 0
        self._dropped = {stream: stream.anomalies.keyless for stream in streams}

    def add(self, cells: Iterable[str]) -> int:
        """Count rows by the cell of their routing column, with or without a key."""
        self._seen.update(cells)
        self._rows += 1
        return self._seen.total()

    def emit(self, job: str | None = None) -> None:
        """Update the SDK's counters and, at the end of a job, warn about rows without a key."""
        for stream in self._streams:
            seen = sum(n for cell, n in self._seen.items() if stream.accepts(cell))
            stream.get_record_counter().increment(seen)
        self._seen.clear()
        if job is None:
            return
        for stream, before in self._dropped.items():
            dropped = stream.anomalies.keyless - before
            if dropped:
                stream.get_record_counter().increment(-dropped if self._rows else 0)
                stream.logger.warning(
                    "%s: dropped %d %s without %s%s.",
                    stream.name,
                    dropped,
                    "row" if dropped == 1 else "rows",
                    " or ".join(stream.primary_keys or ()),
                    f" (export job {job})" if job else "",
                )
