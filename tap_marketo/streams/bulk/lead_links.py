"""Objects that Marketo gives out by value alone are found by an export of the leads' own ids."""

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
from tap_marketo.streams.lists.lookups import Answers, Lookup
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
    """Objects that Marketo gives out by value alone; the values come from an export of leads.

    The export holds ids only and serves all streams of this kind. It spans the time since the
    start date in each run, because an object can change without its leads. A catalog may set the
    replication method INCREMENTAL: then only leads changed since the bookmark are followed.
    """

    group_name = "lead_links"
    selected_by_default = False
    path: ClassVar[str]
    describe_path: ClassVar[str]
    calls: ClassVar[str]
    api_keys: ClassVar[tuple[str, ...]]
    api_schema: ClassVar[Schema]
    """JSON Schema of what every instance has."""
    lead_field: ClassVar[str]
    """The lead field that holds the values."""
    filter_type: ClassVar[str]
    """The field of the object that has these values."""

    def __init__(self, tap: TapMarketo) -> None:
        """Ask the instance for the fields of the object.

        Args:
            tap: With its settings and client.

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

    def begin(self, answers: Answers) -> None:
        """Prepare to take the leads of all files, so that what they share is written once.

        Args:
            answers: Who asks, for all streams of the group.
        """
        self._lookup = Lookup(answers, self.path, self.filter_type, self.fields)

    def of(self, lead: Lead) -> Iterator[dict[str, Any]]:
        """Take a lead; yields objects whenever a call is full.

        Args:
            lead: Ids by field.
        """
        yield from self._lookup.of([lead.get(self.lead_field)])

    def rest(self) -> Iterator[dict[str, Any]]:
        """Objects of the leads that are still waiting."""
        yield from self._lookup.rest()
        if unaskable := self._lookup.take_unaskable():
            self.logger.warning(
                "%s: %d values of the lead field %s hold a comma. Marketo's filter cannot tell it"
                " from the next value, so that their records are left out.",
                self.name,
                unaskable,
                self.lead_field,
            )

    def record(self, row: dict[str, Any]) -> Record:
        """Keep the columns of the schema, under their names and of their types.

        Args:
            row: As Marketo gives it.
        """
        typed = fit(trimmed(row), self._described, self._warn_unfit)
        return {self._names[name]: value for name, value in typed.items()}

    def skip(self, error: ResponseError) -> None:
        """Read nothing more.

        Args:
            error: What Marketo answered.
        """
        self.left_out = True
        self.tap.outcome.skip_stream(self.name, self.permissions, error)

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:
        """Ask for the ids that the streams of the group need."""
        links = {one.lead_field for one in members if isinstance(one, LeadLinkStream)}
        return ExportRequest(self.group_name, LEADS, (ID, *sorted(links - {ID})), CHANGED)

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:  # noqa: ARG002
        """Without a field, the stream that needs it is empty; without the filter, all is read."""
        series.amend = self._amended
        series.alternative = Alternative(
            lambda usual: dataclasses.replace(usual, window_filter=CREATED),
            lambda _, error: self.logger.warning("%s Following leads by createdAt instead.", error),
            whole_period=True,
        )

    def _amended(self, piece: Piece, error: ResponseError) -> Amended:
        return Amended(self._without_field(piece.series.request, error))

    def _without_field(self, request: ExportRequest, error: ResponseError) -> ExportRequest:
        gone = [name for name in request.fields if name != ID and name in error.reason]
        if not gone:
            raise error
        for name in gone:
            self.logger.warning("Leads have no field %s, by which objects are found.", name)
        kept = tuple(name for name in request.fields if name not in gone)
        return dataclasses.replace(request, fields=kept)

    @property
    def keeps_bookmark(self) -> bool:  # type: ignore[override]
        """Whether only changed leads are followed, so that it matters which were."""
        return self.replication_method == "INCREMENTAL" and not self.left_out

    def writer(self, members: Sequence[BulkStream]) -> _LinkWriter:
        """Who writes the files of the group."""
        return _LinkWriter(self, [one for one in members if isinstance(one, LeadLinkStream)])

    def _warn_unfit(self, name: str) -> None:
        if name not in self._unfit:
            self._unfit.add(name)
            self.logger.warning("%s: a value of %s does not fit its type: null.", self.name, name)


class _LinkWriter:
    """Writes what is linked to the leads of files, for all streams of the group."""

    def __init__(self, leader: LeadLinkStream, members: Sequence[LeadLinkStream]) -> None:
        self._leader = leader
        self._members = members
        answers = Answers(leader.tap.client)
        for member in members:
            member.begin(answers)

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
                    yield from self._written(member, member.of(lead))
        for member in self._members:
            yield from self._written(member, member.rest())

    def _written(
        self, member: LeadLinkStream, objects: Iterator[dict[str, Any]]
    ) -> Iterator[Record]:
        if member.left_out:
            return
        try:
            for one in objects:
                if member is self._leader:
                    yield member.record(one)
                    continue
                write_record(member, member.record(one))
                member.get_record_counter().increment()
        except SKIPPABLE as error:
            member.skip(error)
