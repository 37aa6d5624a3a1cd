"""Program members: exported for ten programs at a time, as Marketo has no export of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pendulum

from tap_marketo.client.errors import FilterUnavailableError
from tap_marketo.client.paging import offset_pages
from tap_marketo.exports.job import PROGRAM_MEMBERS
from tap_marketo.exports.window import Window, moment
from tap_marketo.streams.bulk.base import REFUSED
from tap_marketo.streams.bulk.fields import FieldsStream, by_name
from tap_marketo.values.kinds import Kind
from tap_marketo.values.times import to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.client import MarketoClient
    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.job import Filters
    from tap_marketo.exports.series import Series
    from tap_marketo.exports.window import Coverage
    from tap_marketo.streams.bulk.fields import Fields
    from tap_marketo.tap import TapMarketo

DESCRIBE = "/rest/v1/programs/members/describe.json"
PROGRAMS = "/rest/asset/v1/programs.json"
PROGRAMS_PER_JOB = 10
# What a part of the stream is made of, and what the bookmark remembers beside the window's end.
FILTER, KNOWN = "programIds", "programs"
# The creation of a program and the joining of its first members are told by two servers.
MARGIN = pendulum.duration(days=1)


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
        self._series: Series | None = None
        self._programs: set[int] = set()
        self._late: set[int] = set()

    def described(self) -> Fields:
        """The fields that members have now."""
        return describe(self.tap.client)

    def configure(self, series: Series) -> None:
        """Programs that are gone are left out; without the date filter all members are exported."""
        super().configure(series)
        self._series = series
        series.undated = series.request.undated()
        series.without_gone = self._without_gone

    def parts(self, ranges: list[Window]) -> list[tuple[Filters, list[Window]]]:
        """Ten programs each; those that are new to the API user from their creation on."""
        created = self._created()
        self._programs = set(created)
        known = self.stream_state.get(KNOWN)
        bookmark = self.stream_state.get("replication_key_value")
        if bookmark and known is not None and ranges:
            until = moment(str(bookmark))
            self._late = {
                number
                for number in self._programs - set(known)
                if (since := created[number]) is None or since <= until
            }
        usual = _tens(created, self._programs - self._late)
        parts = [(numbers, ranges) for numbers, _ in usual]
        for numbers, since in _tens(created, self._late):
            beginning = Window(self.tap.plan.start, ranges[-1].end)
            parts.append((numbers, _clipped(beginning, since)))
        return parts

    def keep_bookmark(self, coverage: Coverage) -> None:
        """Note which programs the bookmark covers, too."""
        super().keep_bookmark(coverage)
        left = {
            number
            for export in (self._series.exports if self._series else ())
            for number in _numbers(export.filters)
        }
        self.stream_state[KNOWN] = sorted(self._programs - (self._late & left))

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield the members of window after window; all of them where Marketo has no filter."""
        try:
            yield from self._windows(context)
        except REFUSED as error:
            self.give_up(error)

    def _windows(self, context: Context | None) -> Iterable[Record]:
        try:
            yield from super().get_records(context)
        except FilterUnavailableError as error:
            group = self.tap.plan.group_led_by(self)
            if group is None or group.series.is_undated:
                raise
            self.logger.warning(
                "%s Exporting all members of %d programs instead, in this run and in each one"
                " until Marketo has the filter: %d export jobs.",
                error,
                len(self._programs),
                len(group.series.parts),
            )
            self.tap.plan.replan_undated(group)
            yield from super().get_records(context)

    def _created(self) -> dict[int, pendulum.DateTime | None]:
        """When each program was created."""
        return {
            int(one["id"]): _moment(one.get("createdAt"))
            for one in offset_pages(self.tap.client, PROGRAMS)
        }

    def _without_gone(self, filters: Filters, error: ResponseError) -> Filters:
        numbers, there = _numbers(filters), self._created()
        left = tuple(number for number in numbers if number in there)
        if left == numbers:
            raise error
        gone = ", ".join(str(number) for number in numbers if number not in there)
        self.logger.warning("Programs that are gone are left out of the exports: %s.", gone)
        return ((FILTER, left),) if left else ()


def _tens(
    created: dict[int, pendulum.DateTime | None], chosen: set[int]
) -> Iterable[tuple[Filters, pendulum.DateTime | None]]:
    """Ten programs at a time, with the creation of the oldest where all are known."""
    numbers = sorted(chosen)
    for at in range(0, len(numbers), PROGRAMS_PER_JOB):
        ten = tuple(numbers[at : at + PROGRAMS_PER_JOB])
        times = [since for number in ten if (since := created[number])]
        yield ((FILTER, ten),), min(times) if len(times) == len(ten) else None


def _clipped(whole: Window, since: pendulum.DateTime | None) -> list[Window]:
    if since is None:
        return [whole]
    since = since - MARGIN
    return [Window(max(whole.start, since), whole.end)] if whole.end >= since else []


def _numbers(filters: Filters) -> tuple[int, ...]:
    return next((value for _, value in filters if isinstance(value, tuple)), ())


def _moment(text: Any) -> pendulum.DateTime | None:
    try:
        spelled = to_datetime(text)
    except ValueError:
        return None
    return moment(spelled) if spelled else None
