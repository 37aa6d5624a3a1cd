"""Converts another connector's bookmarks to the tap's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo.exports.window import SECOND
from tap_marketo.migration.activity_names import is_activity
from tap_marketo.migration.foreign import Origin
from tap_marketo.streams.lists.catalog import STREAMS, name_of
from tap_marketo.values.names import field_columns
from tap_marketo.values.times import parse_timestamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from tap_marketo.migration.activity_names import ActivityNames
    from tap_marketo.migration.foreign import Bookmark

REST = {
    "activity_types": "activity_types",
    "campaigns": "campaigns",
    "companies": "companies",
    "emails": "emails",
    "lists": "static_lists",
    "named_Account_Lists": "named_account_lists",
    "named_Accounts": "named_accounts",
    "program_tokens": "tokens",
    "programs": "programs",
    "segmentations": "segmentations",
}
"""The tap's list stream by other connectors' name."""
_INCREMENTAL = {name_of(stream): bool(getattr(stream, "cursor", None)) for stream in STREAMS}

_LEADS_BY_CREATION = {
    Origin.AIRBYTE: (
        "Airbyte reads leads by createdAt, so your warehouse may lack changes of older leads. To"
        " repair it, export all leads once more: --anew leads."
    ),
    Origin.STITCH: (
        "If Stitch's log says that the account lacks Corona support, your warehouse lacks changes"
        " of older leads. To repair it, export all leads once more: --anew leads."
    ),
}


class _NotTakenError(Exception):
    """A bookmark is not converted; the message is the reason."""


@dataclass
class Converted:
    """Result of a conversion.

    Attributes:
        state: New state.
        taken: A line for each converted bookmark.
        left: A line for each other bookmark, with the reason.
        warnings: Warnings to read before the first run.
    """

    state: dict[str, Any] = field(default_factory=lambda: {"bookmarks": {}})
    taken: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def convert(
    bookmarks: Iterable[Bookmark],
    origin: Origin,
    names: ActivityNames,
    *,
    anew: Collection[str] = (),
    renamed: bool = False,
) -> Converted:
    """Convert bookmarks.

    Args:
        bookmarks: Bookmarks of the other connector.
        origin: Other connector.
        names: Names of the activity streams.
        anew: The tap's streams that start over at the start date.
        renamed: Whether the tap's columns are in snake_case.
    """
    result = Converted()
    for bookmark in bookmarks:
        try:
            stream, cursor = _stream_and_cursor(bookmark, origin, names)
            if stream in anew:
                raise _NotTakenError("starts over at the start date, because of --anew")
            begin = _begin(bookmark, origin)
        except _NotTakenError as reason:
            result.left.append(f"{bookmark.stream}: {reason}.")
            continue
        bulk = cursor == "activityDate" or stream == "leads"
        value = rfc3339(begin - SECOND if bulk else begin)
        known = result.state["bookmarks"].get(stream)
        if known:
            result.warnings.append(f"{stream}: several bookmarks match; the earliest is used.")
            value = min(value, known["replication_key_value"])
        result.state["bookmarks"][stream] = {
            "replication_key": field_columns([cursor], renamed=renamed)[cursor],
            "replication_key_value": value,
        }
        result.taken.append(f"{bookmark.stream} → {stream}: from {rfc3339(begin)} on.")
        if bookmark.export_id:
            result.warnings.append(
                f"{stream}: {origin}'s export job {bookmark.export_id} cannot be resumed, because"
                " only the API user that created it can read it and its fields differ. Its window"
                " is exported again."
            )
        if stream == "leads" and origin in _LEADS_BY_CREATION:
            result.warnings.append(f"leads: {_LEADS_BY_CREATION[origin]}")
    return result


def _stream_and_cursor(bookmark: Bookmark, origin: Origin, names: ActivityNames) -> tuple[str, str]:
    """Return the tap's stream, and the API name of its replication key."""
    foreign_name = bookmark.stream
    if foreign_name == "leads":
        return foreign_name, "updatedAt"
    if is_activity(foreign_name):
        return _activity(foreign_name, names), "activityDate"
    stream = REST.get(foreign_name)
    if stream not in _INCREMENTAL:
        raise _NotTakenError("this tap has no such stream")
    if not _INCREMENTAL[stream]:
        raise _NotTakenError(
            f"{stream} has no replication key in this tap, so it needs no bookmark"
        )
    if bookmark.cursor == "createdAt":
        # Lists are short, so a bookmark that misses changes is not worth keeping.
        raise _NotTakenError(
            f"{stream} is read completely once, because {origin}'s bookmark by createdAt misses"
            " changes"
        )
    return stream, "updatedAt"


def _activity(foreign_name: str, names: ActivityNames) -> str:
    streams = names.streams_for(foreign_name)
    if len(streams) == 1:
        return streams[0]
    if streams:
        raise _NotTakenError(f"it may be {' or '.join(streams)}; use the right name in the state")
    if names.from_instance:
        raise _NotTakenError("the instance has no such activity type")
    raise _NotTakenError("this tap names custom activity types by API name; pass --config")


def _begin(bookmark: Bookmark, origin: Origin) -> datetime:
    """Return the time from which to read, inclusive, so that nothing is missed."""
    if not bookmark.value:
        raise _NotTakenError("has no bookmark yet")
    try:
        value = parse_timestamp(bookmark.value)
    except ValueError:
        raise _NotTakenError("its bookmark is not a date with a time") from None
    if bookmark.stream != "leads" and not is_activity(bookmark.stream):
        return value  # inclusive in both connectors
    if origin is Origin.STITCH:
        # The start of the last window for activities. For leads the end, and Stitch itself starts
        # each run a day earlier.
        return value if is_activity(bookmark.stream) else value - timedelta(days=1)
    # The latest date of any record; others of that time may have appeared after the export. With
    # whole days most activity types start at the same time and share their exports.
    return (value - timedelta(days=1)).replace(hour=0, minute=0, second=0)
