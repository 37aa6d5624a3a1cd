"""The table of all REST streams for the documentation, from their declarations.

`python -m tap_marketo.streams.table > docs/streams.md`
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_marketo.streams.catalog import GROUPS, name_of
from tap_marketo.streams.changes import DateTokenStream
from tap_marketo.streams.lead_links import LeadLinkStream
from tap_marketo.streams.rest import MarketoStream

if TYPE_CHECKING:
    from tap_marketo.streams.catalog import ListedStream

_INTRODUCTION = """\
# Streams of the REST API

Generated from the code; one call is one of the instance's daily API calls. "Off" streams are
selected only on request. A stream that the API user may not read is left out with a warning.
"""
_NOTES = {
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
_COLUMNS = ("Stream", "Endpoint", "Key", "Incremental by", "Permission", "Calls", "By default")


def document() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for name, streams in GROUPS.items():
        rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(_row(stream) for stream in streams)]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        parts.append(f"## {name}\n\n{table}\n")
        if name in _NOTES:
            parts.append(_NOTES[name])
    return "\n".join(parts)


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
