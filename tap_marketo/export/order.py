"""The user's options, converted to the tap's settings and catalog."""

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
    """The stream, fields and records to export.

    Attributes:
        stream: Name of the stream.
        fields: Fields in the order of the file; empty for all.
        activity_type: Display name, API name or id of a type; for the stream `activities`.
        since: Start: a date, or how long ago, for example 90d.
        until: End, inclusive, in the same forms.
        leads_filter: The tap's setting of this name, with one list.
        append: Whether to add to an existing file.
    """

    stream: str
    fields: tuple[str, ...] = ()
    activity_type: str | None = None
    since: str | None = None
    until: str | None = None
    leads_filter: Mapping[str, int | str] = field(default_factory=dict)
    append: bool = False

    def check(self) -> None:
        """Check that the options can be combined.

        Raises:
            ExportError: They cannot.
        """
        if self.activity_type is not None and self.stream != ACTIVITIES:
            raise ExportError("--type is for activities: tap-marketo export activities --type NAME")
        if not self.leads_filter:
            return
        if self.stream != LEADS:
            raise ExportError("Lists are for leads: tap-marketo export leads --smart-list NAME")
        if len(self.leads_filter) > 1:
            raise ExportError("Only one list can be exported: static or smart, by name or by id.")
        if self.since or self.until or self.append:
            raise ExportError(
                "--since, --until and --append cannot be combined with a list: every export"
                " contains all its members."
            )

    def settings(self, now: pendulum.DateTime) -> dict[str, Any]:
        """The tap's settings for this order."""
        dates = {"start_date": self.since, "end_date": self.until}
        settings: dict[str, Any] = {
            name: to_rfc3339(text, now) for name, text in dates.items() if text is not None
        }
        if self.leads_filter:
            settings["leads_filter"] = dict(self.leads_filter)
        return settings


def to_rfc3339(text: str, now: pendulum.DateTime) -> str:
    """Convert a date, or how long ago, to the format of the tap's settings.

    Raises:
        ExportError: The text is neither.
    """
    ago = _AGO.fullmatch(text.strip().lower())
    try:
        if ago:
            date = now.subtract(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            parsed = pendulum.parse(text.strip(), tz="UTC")
            if not isinstance(parsed, pendulum.DateTime):
                raise ValueError
            date = parsed.in_timezone("UTC")
    except (ParserError, ValueError, OverflowError):
        raise ExportError(
            f"{text!r} is not a date. Use 2026-01-31, 2026-01-31T08:00:00Z,"
            " or how long ago: 12h, 90d, 6w, 3m, 2y."
        ) from None
    return date.start_of("second").strftime("%Y-%m-%dT%H:%M:%SZ")


def find_stream(streams: Mapping[str, Stream], name: str) -> Stream:
    """The stream with this name.

    Raises:
        ExportError: There is none.
    """
    if name in streams:
        return streams[name]
    near = did_you_mean(suggestions(name, streams))
    raise ExportError(
        f"There is no stream {name!r}.{near or ' tap-marketo export --list shows all streams.'}"
    )


def find_activity_stream(
    streams: Mapping[str, Stream], types: Iterable[Mapping[str, Any]], wanted: str
) -> Stream:
    """The stream of an activity type, by display name, API name or id.

    Raises:
        ExportError: There is no such type, or it cannot be exported.
    """
    by_name: dict[str, int] = {}
    for type_ in types:
        for name in (type_.get("name"), type_.get("apiName"), type_.get("id")):
            by_name.setdefault(str(name or ""), int(type_["id"]))
    folded = {name.casefold(): number for name, number in by_name.items() if name}
    number = folded.get(wanted.strip().casefold())
    if number is None:
        near = did_you_mean(suggestions(wanted, (name for name in by_name if not name.isdigit())))
        raise ExportError(f"There is no activity type {wanted!r}.{near}")
    for stream in streams.values():
        if tuple(getattr(stream, "type_ids", ())) == (number,):
            return stream
    raise ExportError(f"Marketo cannot export activity type {wanted!r} ({number}).")


def selecting(catalog: Mapping[str, Any], stream: str, fields: Iterable[str]) -> dict[str, Any]:
    """A catalog that selects one stream and these of its fields."""
    selection, wanted = deepcopy(dict(catalog)), set(fields)
    for entry in selection["streams"]:
        is_wanted = entry["tap_stream_id"] == stream
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = is_wanted
            elif is_wanted:
                item["metadata"]["selected"] = item["breadcrumb"][-1] in wanted
    return selection
