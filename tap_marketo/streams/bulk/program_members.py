"""Program members, exported for ten programs at a time: Marketo cannot export all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.paging import offset_pages
from tap_marketo.exports.job import PROGRAM_MEMBERS
from tap_marketo.exports.machine.series import Alternative, Amended
from tap_marketo.state import late_keys
from tap_marketo.streams.bulk.base import REFUSED
from tap_marketo.streams.bulk.fields import FieldsStream, by_name, names_fields
from tap_marketo.values.kinds import Kind
from tap_marketo.values.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.client import MarketoClient
    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.machine.series import Piece, Series
    from tap_marketo.exports.saved import Key
    from tap_marketo.state import Bookmark
    from tap_marketo.streams.bulk.fields import Fields
    from tap_marketo.tap import TapMarketo

DESCRIBE = "/rest/v1/programs/members/describe.json"
PROGRAMS = "/rest/asset/v1/programs.json"
PROGRAMS_PER_JOB = 10
FILTER = "programIds"


def describe(client: MarketoClient) -> Fields:
    """The fields of program members, by API name.

    Args:
        client: Client for the instance.

    Raises:
        ResponseError: The API user may not read them, or the call failed.

    Source: program-members.md
    """
    return by_name(client.get(DESCRIBE).result)


def discover(tap: TapMarketo) -> Iterator[ProgramMembersStream]:
    """The stream, unless it is not selected or the API user may not read its fields.

    Args:
        tap: Tap with its client and catalog.
    """
    stream = ProgramMembersStream
    if not tap.may_be_wanted(stream.name):
        return  # describing it would cost a call
    try:
        yield stream(tap, describe(tap.client))
    except REFUSED as error:
        tap.outcome.skip_stream(stream.name, stream.permissions, error)


class ProgramMembersStream(FieldsStream):
    """Members of all programs.

    The bookmark covers the programs exported so far. A program that is older than the bookmark but
    new to the API user is exported from its creation on. The first run exports all windows: Adobe
    does not document whether a program can have members from before its `createdAt`.

    Source: bulk-program-member-extract.md
    """

    name = "program_members"
    permissions = ("Read-Only Lead", "Read-Only Asset")
    key_kinds: ClassVar[dict[str, Kind]] = {"programId": Kind.INTEGER, "leadId": Kind.INTEGER}
    pins_header = True
    jobs_for_each = "ten programs"

    def __init__(self, tap: TapMarketo, fields: Fields) -> None:
        """Create a typed column for every field.

        Args:
            tap: Tap with its settings.
            fields: Fields as `describe` returns them.
        """
        super().__init__(tap, self.name, PROGRAM_MEMBERS, fields)

    def described(self) -> Fields:
        """The current fields of members."""
        return describe(self.tap.client)

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:
        """Export ten programs per job, and all members if Marketo lacks the date filter."""
        super().configure(series, bookmark, ask=ask)
        series.alternative = Alternative(lambda usual: usual.undated(), self._explain)
        if not ask:
            return
        created = self._created()
        series.part_filter, series.per_job = FILTER, PROGRAMS_PER_JOB
        series.keys = tuple(sorted(created))
        # Programs older than the bookmark, but new to the API user.
        series.late = late_keys(created, bookmark)
        series.known = {number for number in created if number not in series.late}

    def _explain(self, series: Series, error: ResponseError) -> None:
        self.logger.warning(
            "%s Exporting all members of %d programs instead, in every run until Marketo enables"
            " the filter: %d export jobs.",
            error,
            len(series.keys),
            len(series.pieces),
        )

    def amended(self, piece: Piece, error: ResponseError) -> Amended:
        """Leave out programs or fields that no longer exist."""
        if names_fields(error):
            return super().amended(piece, error)
        created = self._created()
        gone = frozenset(number for number in piece.keys if number not in created)
        if not gone:
            raise error
        ids = ", ".join(str(number) for number in sorted(gone, key=str))
        self.logger.warning(
            "program_members: Programs no longer in Marketo are left out of the exports: %s.", ids
        )
        return Amended(gone=gone)

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Read the members window by window; skip the stream if Marketo refuses it."""
        try:
            yield from super().get_records(context)
        except REFUSED as error:
            self.skip_rest(error)

    def _created(self) -> dict[Key, datetime | None]:
        """Creation time of each program."""
        return {
            int(program["id"]): _timestamp(program.get("createdAt"))
            for program in offset_pages(self.tap.client, PROGRAMS)
        }


def _timestamp(value: Any) -> datetime | None:
    try:
        return parse_timestamp(value)
    except ValueError:
        return None
