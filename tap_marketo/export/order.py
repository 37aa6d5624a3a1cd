"""What the user asks for, as the tap's settings and catalog."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pendulum
from pendulum.parsing.exceptions import ParserError

from tap_marketo.export.columns import did_you_mean, suggestions
from tap_marketo.export.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk import Stream

LEADS, ACTIVITIES = "leads", "activities"
_AGO = re.compile(r"(\d+)\s*([hdwmy])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks", "m": "months", "y": "years"}


@dataclass(frozen=True)
class Order:
    """One stream, some of its fields, and which of its records.

    Attributes:
        stream: As the tap names it.
        fields: In the order of the file; empty for all.
        activity_type: Its display name, API name or id; for the stream `activities`.
        since: Where to begin: a date, or how long ago, for example 90d.
        until: Where to end, inclusive; as `since`.
        leads_filter: The tap's setting of this name: one list.
        append: Whether an earlier file goes on.
    """

    stream: str
    fields: tuple[str, ...] = ()
    activity_type: str | None = None
    since: str | None = None
    until: str | None = None
    leads_filter: Mapping[str, int | str] = field(default_factory=dict)
    append: bool = False

    def check(self) -> None:
        """Refuse what has no meaning together.

        Raises:
            ExportError: Names the options.
        """
        if self.activity_type is not None and self.stream != ACTIVITIES:
            raise ExportError("--type is for activities: tap-marketo export activities --type NAME")
        if not self.leads_filter:
            return
        if self.stream != LEADS:
            raise ExportError("A list is for leads: tap-marketo export leads --smart-list NAME")
        if len(self.leads_filter) > 1:
            raise ExportError("Name one list: static or smart, by name or by id.")
        if self.since or self.until or self.append:
            raise ExportError(
                "--since, --until and --append cannot be combined with a list: all its members are"
                " exported each time."
            )

    def settings(self, now: pendulum.DateTime) -> dict[str, Any]:
        """The tap's settings that this order needs."""
        dates = {"start_date": self.since, "end_date": self.until}
        found: dict[str, Any] = {
            name: to_rfc3339(text, now) for name, text in dates.items() if text is not None
        }
        if self.leads_filter:
            found["leads_filter"] = dict(self.leads_filter)
        return found


def to_rfc3339(text: str, now: pendulum.DateTime) -> str:
    """A date, or how long ago, as the tap's settings take it.

    Raises:
        ExportError: It is neither.
    """
    ago = _AGO.fullmatch(text.strip().lower())
    try:
        if ago:
            moment = now.subtract(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            parsed = pendulum.parse(text.strip(), tz="UTC")
            if not isinstance(parsed, pendulum.DateTime):
                raise ValueError
            moment = parsed.in_timezone("UTC")
    except (ParserError, ValueError, OverflowError):
        raise ExportError(
            f"{text!r} is no date: write 2026-01-31, 2026-01-31T08:00:00Z,"
            " or how long ago: 12h, 90d, 6w, 3m, 2y."
        ) from None
    return moment.start_of("second").strftime("%Y-%m-%dT%H:%M:%SZ")


def find_stream(streams: Mapping[str, Stream], name: str) -> Stream:
    """The stream of this name.

    Raises:
        ExportError: There is none.
    """
    if name in streams:
        return streams[name]
    near = did_you_mean(suggestions(name, streams))
    raise ExportError(
        f"There is no stream {name!r}.{near or ' tap-marketo export --list shows them all.'}"
    )


def find_activity_stream(
    streams: Mapping[str, Stream], types: Iterable[Mapping[str, Any]], wanted: str
) -> Stream:
    """The stream of an activity type, by the type's display name, API name or id.

    Raises:
        ExportError: There is no such type, or it cannot be exported.
    """
    by_name: dict[str, int] = {}
    for one in types:
        for name in (one.get("name"), one.get("apiName"), one.get("id")):
            by_name.setdefault(str(name or ""), int(one["id"]))
    folded = {name.casefold(): number for name, number in by_name.items() if name}
    number = folded.get(wanted.strip().casefold())
    if number is None:
        near = did_you_mean(suggestions(wanted, (name for name in by_name if not name.isdigit())))
        raise ExportError(f"There is no activity type {wanted!r}.{near}")
    for stream in streams.values():
        if tuple(getattr(stream, "type_ids", ())) == (number,):
            return stream
    raise ExportError(f"Activity type {wanted!r} ({number}) cannot be exported by Marketo.")


def selecting(catalog: Mapping[str, Any], stream: str, fields: Iterable[str]) -> dict[str, Any]:
    """A catalog that selects one stream and these fields of it."""
    selection, wanted = deepcopy(dict(catalog)), set(fields)
    for entry in selection["streams"]:
        is_wanted = entry["tap_stream_id"] == stream
        for one in entry["metadata"]:
            if not one["breadcrumb"]:
                one["metadata"]["selected"] = is_wanted
            elif is_wanted:
                one["metadata"]["selected"] = one["breadcrumb"][-1] in wanted
    return selection
