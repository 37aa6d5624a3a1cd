"""The table of all streams for the documentation, from their declarations.

`python -m tap_marketo.streams.lists.table > docs/streams.md`
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_marketo.exports.job import ACTIVITIES, LEADS, PROGRAM_MEMBERS
from tap_marketo.streams.bulk import activities, custom_objects, fields, leads, program_members
from tap_marketo.streams.bulk.lead_links import LeadLinkStream
from tap_marketo.streams.lists.base import MarketoStream
from tap_marketo.streams.lists.catalog import GROUPS, name_of
from tap_marketo.streams.lists.changes import DateTokenStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_marketo.streams.bulk.base import BulkStream
    from tap_marketo.streams.lists.catalog import ListedStream

_INTRODUCTION = """\
# Streams

Generated from the code; one call is one of the instance's daily API calls. "Off" streams are
selected only on request. A stream that the API user may not read is left out with a warning; only
without `leads` or activities, where a catalog selects them, there is no sync.
"""
_NOTES = {
    "Bulk extract": """\
A window is at most `export_window_days` (31). Beside these calls each kind of object takes one a
minute while its jobs run, and each custom object type is a kind of its own. Discovery takes a call
for each type that a catalog selects, and without a catalog for each type there is. The bookmark is
the end of the last window whose records are all written.

Marketo has no export of all program members, so that the tap lists the programs and asks for ten of
them at a time: export jobs = windows x programs / 10, each in Marketo's one queue, where two run at
once. A program that the API user sees for the first time in a later run is exported from its
creation on. Where the subscription lacks the `updatedAt` filter (error 1035), the stream exports
all members in each run, and no bookmark moves.

Bulk extract has custom objects that are linked to leads and not managed by the CRM; discovery names
the others. Where the subscription lacks the `updatedAt` filter for them, the setting
`custom_object_static_list_id` names a list whose leads' records are exported in each run; without
it they are left out with a warning.
""",
    "Lead database": """\
Marketo lists companies, sales persons, opportunities and their roles by value alone. The tap finds
them by the leads: one export of lead ids and external ids serves all four streams, from
`start_date` until now, and each further call asks for 300 values. What no lead names is not found.
They are read whole in each run, because an opportunity can change without its leads; with the
replication method INCREMENTAL in the catalog only what belongs to leads changed since the last run
is read. Named accounts are read by way of the lists that the setting `named_account_lists` names.
""",
    "Assets": """\
Approved and draft version of an asset share one id, and Marketo gives out one of them; the column
`status` tells which. Emails, templates and fragments made in the new designer are whole only in the
streams that end in `_v2`, which are read workspace by workspace. A part of an asset is read again
when the asset has changed.
""",
}
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
_COLUMNS = ("Stream", "Endpoint", "Key", "Incremental by", "Permission", "Calls", "By default")


def document() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    tables = {
        "Bulk extract": [_bulk_row(*one) for one in _BULK],
        **{name: [_row(stream) for stream in streams] for name, streams in GROUPS.items()},
    }
    for name, found in tables.items():
        rows = [_COLUMNS, ("---",) * len(_COLUMNS), *found]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        parts.append(f"## {name}\n\n{table}\n")
        if name in _NOTES:
            parts.append(_NOTES[name])
    return "\n".join(parts)


def _bulk_row(
    stream: type[BulkStream], name: str, base: str, keys: Iterable[str], changed: str, calls: str
) -> tuple[str, ...]:
    return (
        f"`{name}`",
        f"`{base}`",
        ", ".join(f"`{key}`" for key in keys),
        f"window end, `{changed}`",
        stream.permission,
        f"3 per window{calls}",
        "on" if stream.selected_by_default else "off",
    )


def _row(stream: ListedStream) -> tuple[str, ...]:
    path = next(
        vars(one)["path"] for one in stream.__mro__ if isinstance(vars(one).get("path"), str)
    )
    return (
        f"`{name_of(stream)}`",
        f"{vars(stream).get('http_method', 'GET')} `{path}`",
        ", ".join(f"`{key}`" for key in stream.api_keys),
        _incremental(stream),
        stream.permission,
        stream.calls or _calls(stream),
        "on" if stream.selected_by_default else "off",
    )


def _incremental(stream: ListedStream) -> str:
    if issubclass(stream, LeadLinkStream):
        return "full, or by lead"
    if issubclass(stream, DateTokenStream):
        return "`activityDate`, asked for"
    if stream.changes:
        return (
            f"`{stream.changed.column}`, "
            + {"server": "asked for", "client": "filtered"}[stream.changes]
        )
    parent = stream.parent_stream_type
    if parent and issubclass(parent, MarketoStream) and parent.changes:
        return f"its `{name_of(parent)}`" if not stream.ignore_parent_replication_key else "full"
    return "full"


def _calls(stream: ListedStream) -> str:
    size = stream.paging.size if issubclass(stream, MarketoStream) else 0
    return f"1 per {size} records" if size else "1"


if __name__ == "__main__":
    sys.stdout.write(document())
