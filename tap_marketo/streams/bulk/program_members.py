"""Program members: exported for ten programs at a time, as Marketo has no export of all of them."""

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
        client: Of the instance.

    Raises:
        ResponseError: The API user may not read them, or the call failed.

    Source: program-members.md
    """
    return by_name(client.get(DESCRIBE).result)


def discover(tap: TapMarketo) -> Iterator[ProgramMembersStream]:
    """The stream, unless nobody wants it or the API user may not read its fields.

    Args:
        tap: With its client and catalog.
    """
    stream = ProgramMembersStream
    if not tap.may_be_wanted(stream.name):
        return  # its description would cost a call
    try:
        yield stream(tap, describe(tap.client))
    except REFUSED as error:
        tap.outcome.skip_stream(stream.name, stream.permissions, error)


class ProgramMembersStream(FieldsStream):
    """Members of all programs.

    The bookmark remembers which programs it covers: one that is new to the API user, although older
    than the bookmark, is exported from its creation on. The first run asks for all windows: what a
    program's `createdAt` says of its members is documented nowhere.

    Source: bulk-program-member-extract.md
    """

    name = "program_members"
    permissions = ("Read-Only Lead", "Read-Only Asset")
    key_kinds: ClassVar[dict[str, Kind]] = {"programId": Kind.INTEGER, "leadId": Kind.INTEGER}
    pins_header = True
    jobs_for_each = "ten programs"

    def __init__(self, tap: TapMarketo, fields: Fields) -> None:
        """Make a typed column of every field.

        Args:
            tap: With its settings.
            fields: As `describe` gives them.
        """
        super().__init__(tap, self.name, PROGRAM_MEMBERS, fields)

    def described(self) -> Fields:
        """The fields that members have now."""
        return describe(self.tap.client)

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:
        """Ten programs a job; without the date filter all members are exported."""
        super().configure(series, bookmark, ask=ask)
        series.alternative = Alternative(lambda usual: usual.undated(), self._explain)
        if not ask:
            return
        created = self._created()
        series.part_filter, series.per_job = FILTER, PROGRAMS_PER_JOB
        series.keys = tuple(sorted(created))
        # Those that are new to the API user, although older than the bookmark.
        series.late = late_keys(created, bookmark)
        series.known = {number for number in created if number not in series.late}

    def _explain(self, series: Series, error: ResponseError) -> None:
        self.logger.warning(
            "%s Exporting all members of %d programs instead, in this run and in each one until"
            " Marketo has the filter: %d export jobs.",
            error,
            len(series.keys),
            len(series.pieces),
        )

    def amended(self, piece: Piece, error: ResponseError) -> Amended:
        """Leave out programs that are gone, or fields."""
        if names_fields(error):
            return super().amended(piece, error)
        there = self._created()
        gone = frozenset(number for number in piece.keys if number not in there)
        if not gone:
            raise error
        spelled = ", ".join(str(number) for number in sorted(gone, key=str))
        self.logger.warning("Programs that are gone are left out of the exports: %s.", spelled)
        return Amended(gone=gone)

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield the members of window after window; all of them where Marketo has no filter."""
        try:
            yield from super().get_records(context)
        except REFUSED as error:
            self.give_up(error)

    def _created(self) -> dict[Key, datetime | None]:
        """When each program was created."""
        return {
            int(one["id"]): _timestamp(one.get("createdAt"))
            for one in offset_pages(self.tap.client, PROGRAMS)
        }


def _timestamp(text: Any) -> datetime | None:
    try:
        return parse_timestamp(text)
    except ValueError:
        return None
