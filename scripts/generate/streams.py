"""Tables of all streams, from their declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo.exports.job import ACTIVITIES, LEADS, PROGRAM_MEMBERS
from tap_marketo.streams.bulk import activities, custom_objects, fields, leads, program_members
from tap_marketo.streams.bulk.lead_links import LeadLinkStream
from tap_marketo.streams.lists.base import MarketoStream, in_words
from tap_marketo.streams.lists.catalog import GROUPS, name_of
from tap_marketo.streams.lists.changes import DateTokenStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_marketo.streams.bulk.base import BulkStream
    from tap_marketo.streams.lists.catalog import ListedStream

_EVERY_TYPE = ", for all activity types together"
_BULK: tuple[tuple[type[BulkStream], str, str, Iterable[str], str, str], ...] = (
    (leads.LeadsStream, "leads", LEADS, (leads.KEY,), fields.CHANGED, ""),
    (
        activities.ActivityTypeStream,
        "activity_<type>",
        ACTIVITIES,
        (activities.KEY,),
        activities.DATE,
        _EVERY_TYPE,
    ),
    (
        activities.ActivitiesStream,
        "activities",
        ACTIVITIES,
        (activities.KEY,),
        activities.DATE,
        _EVERY_TYPE,
    ),
    (
        program_members.ProgramMembersStream,
        program_members.ProgramMembersStream.name,
        PROGRAM_MEMBERS,
        program_members.ProgramMembersStream.key_kinds,
        fields.CHANGED,
        " and ten programs, and 1 per 200 programs",
    ),
    (
        custom_objects.CustomObjectStream,
        f"{custom_objects.PREFIX}<type>",
        custom_objects.EXPORT,
        custom_objects.CustomObjectStream.key_kinds,
        fields.CHANGED,
        "",
    ),
)
# How long Marketo keeps activities. Source: Adobe's knowledge base, "Activity retention".
_RETENTION: dict[str, tuple[str, ...]] = {
    "14 days": ("Delete Lead",),
    "90 days": (
        "Add to List",
        "Change Score",
        "Change Data Value",
        "Visit Webpage",
        "Click Link",
        "Send Email",
        "Email Delivered",
        "Request Campaign",
        "Update Opportunity",
        "the types of a CRM sync",
    ),
    "25 months": ("all others",),
}
_COLUMNS = ("Stream", "Endpoint", "Key", "Incremental by", "Permission", "Calls", "By default")


def bulk() -> str:
    """The table of the bulk streams."""
    return _table(_bulk_row(*row) for row in _BULK)


def lists(group: str) -> str:
    """The table of a group of list streams.

    Args:
        group: Name of the group in the catalog of list streams.
    """
    return _table(_row(stream) for stream in GROUPS[group])


def retention() -> str:
    """How long Marketo keeps activities of each type."""
    lines = ["| Kept for | Activity types |", "| --- | --- |"]
    lines += [f"| {time} | {', '.join(types)} |" for time, types in _RETENTION.items()]
    return "\n".join(lines)


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(
        f"| {' | '.join(row)} |" for row in (_COLUMNS, ("---",) * len(_COLUMNS), *rows)
    )


def _bulk_row(
    stream: type[BulkStream], name: str, base: str, keys: Iterable[str], changed: str, calls: str
) -> tuple[str, ...]:
    return (
        f"`{name}`",
        f"`{base}`",
        ", ".join(f"`{key}`" for key in keys),
        f"window end, `{changed}`",
        in_words(stream.permissions),
        f"3 per window{calls}",
        "on" if stream.selected_by_default else "off",
    )


def _row(stream: ListedStream) -> tuple[str, ...]:
    path = next(
        vars(class_)["path"]
        for class_ in stream.__mro__
        if isinstance(vars(class_).get("path"), str)
    )
    return (
        f"`{name_of(stream)}`",
        f"`{path}`",
        ", ".join(f"`{key}`" for key in stream.api_keys),
        _incremental(stream),
        in_words(stream.permissions),
        stream.calls or _calls(stream),
        "on" if stream.selected_by_default else "off",
    )


def _incremental(stream: ListedStream) -> str:
    if issubclass(stream, LeadLinkStream):
        return "full, or by lead"
    if issubclass(stream, DateTokenStream):
        return "`activityDate`, asked for"
    if stream.cursor:
        return f"`{stream.cursor.column}`, {'asked for' if stream.cursor.since else 'filtered'}"
    parent = stream.parent_stream_type
    if parent and issubclass(parent, MarketoStream) and parent.cursor:
        return f"its `{name_of(parent)}`" if not stream.ignore_parent_replication_key else "full"
    return "full"


def _calls(stream: ListedStream) -> str:
    size = stream.paging.size if issubclass(stream, MarketoStream) else 0
    return f"1 per {size} records" if size else "1"
