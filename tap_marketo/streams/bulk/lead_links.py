"""Objects that Marketo returns only by value, found through an export of lead ids."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.errors import (
    SKIPPABLE,
)
from tap_marketo.exports.job import LEADS, ExportRequest
from tap_marketo.exports.machine.series import Alternative, Amended
from tap_marketo.files.header import header_positions
from tap_marketo.files.rows import read_rows
from tap_marketo.sdk import write_record
from tap_marketo.streams.bulk.base import BulkStream
from tap_marketo.streams.lists.described import describe, trimmed
from tap_marketo.streams.lists.lookups import Lookup, LookupCache
from tap_marketo.values.kinds import Column, Kind
from tap_marketo.values.names import field_columns
from tap_marketo.values.schema import Schema, fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from singer_sdk.helpers.types import Record

    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.machine.series import Piece, Series
    from tap_marketo.state import Bookmark
    from tap_marketo.tap import TapMarketo

ID, CHANGED, CREATED = "id", "updatedAt", "createdAt"

Lead = dict[str, "str | None"]


class LeadLinkStream(BulkStream):
    """Objects that Marketo returns only by value; the values come from an export of leads.

    The export contains only ids and serves all streams of this kind. Each run covers the time since
    the start date, because an object can change without its leads. If the catalog sets the
    replication method INCREMENTAL, only leads changed since the bookmark are read.
    """

    group_name = "lead_links"
    selected_by_default = False
    path: ClassVar[str]
    describe_path: ClassVar[str]
    calls: ClassVar[str]
    api_keys: ClassVar[tuple[str, ...]]
    api_schema: ClassVar[Schema]
    """JSON Schema of the columns that every instance has."""
    lead_field: ClassVar[str]
    """Lead field with the values."""
    filter_type: ClassVar[str]
    """Field of the object with these values."""

    def __init__(self, tap: TapMarketo) -> None:
        """Read the fields of the object from the instance.

        Args:
            tap: Tap with its settings and client.

        Raises:
            ResponseError: The API user may not read the object, or the call failed.
        """
        self._described = describe(tap.client, self.describe_path, self.api_schema)
        properties = self._described["properties"]
        self._names = field_columns(properties, renamed=tap.settings.snake_case)
        schema = {
            "type": "object",
            "properties": {self._names[name]: properties[name] for name in properties},
        }
        super().__init__(tap, vars(type(self))["name"], schema)
        self.primary_keys = [self._names[name] for name in self.api_keys]
        self.replication_key = self._names[CHANGED]
        self.forced_replication_method = "FULL_TABLE"
        self.left_out = False
        self._unfit: set[str] = set()

    @property
    def fields(self) -> list[str]:
        """API names of the selected columns."""
        return [
            name
            for name, column in self._names.items()
            if name in self.api_keys or self.is_written(column)
        ]

    def begin(self, cache: LookupCache) -> None:
        """Prepare for the leads of all files; each object is written once.

        Args:
            cache: Calls shared by all streams of the group.
        """
        self._lookup = Lookup(cache, self.path, self.filter_type, self.fields)

    def add(self, lead: Lead) -> Iterator[dict[str, Any]]:
        """Add a lead; yield objects whenever a call is full.

        Args:
            lead: Ids of the lead, by field.
        """
        yield from self._lookup.add([lead.get(self.lead_field)])

    def flush(self) -> Iterator[dict[str, Any]]:
        """Objects of the leads that no call has covered yet."""
        yield from self._lookup.flush()
        if unusable := self._lookup.take_unusable():
            self.logger.warning(
                "%s: %d values of the lead field %s contain a comma, which separates values in"
                " Marketo's filter. Their records are not read.",
                self.name,
                unusable,
                self.lead_field,
            )

    def record(self, row: dict[str, Any]) -> Record:
        """Convert a row to a record with the columns of the schema.

        Args:
            row: Row as Marketo returns it.
        """
        typed = fit(trimmed(row), self._described, self._warn_unfit)
        return {self._names[name]: value for name, value in typed.items()}

    def skip(self, error: ResponseError) -> None:
        """Skip the rest of the stream.

        Args:
            error: Marketo's answer.
        """
        self.left_out = True
        self.tap.outcome.skip_stream(self.name, self.permissions, error)

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:
        """Request the ids that the streams of the group need."""
        links = {member.lead_field for member in members if isinstance(member, LeadLinkStream)}
        return ExportRequest(self.group_name, LEADS, (ID, *sorted(links - {ID})), CHANGED)

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:  # noqa: ARG002
        """Leave out fields that leads lack; without the `updatedAt` filter use `createdAt`."""
        series.amend = self._amended
        series.alternative = Alternative(
            lambda usual: dataclasses.replace(usual, window_filter=CREATED),
            lambda _, error: self.logger.warning("%s Reading leads by createdAt instead.", error),
            whole_period=True,
        )

    def _amended(self, piece: Piece, error: ResponseError) -> Amended:
        return Amended(self._without_field(piece.series.request, error))

    def _without_field(self, request: ExportRequest, error: ResponseError) -> ExportRequest:
        gone = [name for name in request.fields if name != ID and name in error.reason]
        if not gone:
            raise error
        for name in gone:
            self.logger.warning(
                "Leads have no field %s, so the objects that it links are not read.", name
            )
        kept = tuple(name for name in request.fields if name not in gone)
        return dataclasses.replace(request, fields=kept)

    @property
    def keeps_bookmark(self) -> bool:  # type: ignore[override]
        """Whether only leads changed since the bookmark are read."""
        return self.replication_method == "INCREMENTAL" and not self.left_out

    def writer(self, members: Sequence[BulkStream]) -> _LinkWriter:
        """The writer for the files of the group."""
        return _LinkWriter(self, [m for m in members if isinstance(m, LeadLinkStream)])

    def _warn_unfit(self, name: str) -> None:
        if name not in self._unfit:
            self._unfit.add(name)
            self.logger.warning(
                "%s: a value of %s does not match its type and is written as null.", self.name, name
            )


class _LinkWriter:
    """Writes the objects linked to exported leads, for all streams of the group."""

    def __init__(self, leader: LeadLinkStream, members: Sequence[LeadLinkStream]) -> None:
        self._leader = leader
        self._members = members
        cache = LookupCache(leader.tap.client)
        for member in members:
            member.begin(cache)

    def write(
        self,
        file: BinaryIO,
        fields: Sequence[str],
        expected: int | None = None,  # noqa: ARG002
        job: str = "",  # noqa: ARG002
    ) -> Iterator[Record]:
        leader = self._leader
        header, chunks = read_rows(file, anomalies=leader.anomalies)
        if not header:
            return
        columns = [Column(name, name, Kind.TEXT, required=True) for name in fields]
        places = header_positions(header, columns)
        for chunk in leader.tap.plan.watched(chunks):
            for row in chunk:
                cells = (None if place is None else row[place] for place in places)
                lead = {
                    name: None if cell == "null" else cell
                    for name, cell in zip(fields, cells, strict=True)
                }
                for member in self._members:
                    yield from self._written(member, member.add(lead))
        for member in self._members:
            yield from self._written(member, member.flush())

    def _written(
        self, member: LeadLinkStream, objects: Iterator[dict[str, Any]]
    ) -> Iterator[Record]:
        if member.left_out:
            return
        try:
            for row in objects:
                if member is self._leader:
                    yield member.record(row)
                    continue
                write_record(member, member.record(row))
                member.get_record_counter().increment()
        except SKIPPABLE as error:
            member.skip(error)
