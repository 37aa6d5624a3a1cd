"""The table of all REST streams for the documentation, from their declarations.

`python -m tap_marketo.streams.table > docs/streams.md`
"""

from __future__ import annotations

import sys

from tap_marketo.streams.catalog import GROUPS, name_of
from tap_marketo.streams.changes import DateTokenStream
from tap_marketo.streams.rest import MarketoStream

_INTRODUCTION = """\
# Streams of the REST API

Generated from the code; one call is one of the instance's daily API calls. "Off" streams are
selected only on request. A stream that the API user may not read is left out with a warning.
"""
_COLUMNS = ("Stream", "Endpoint", "Key", "Incremental by", "Permission", "Calls", "By default")


def document() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for name, streams in GROUPS.items():
        rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(_row(stream) for stream in streams)]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        parts.append(f"## {name}\n\n{table}\n")
    return "\n".join(parts)


def _row(stream: type[MarketoStream]) -> tuple[str, ...]:
    return (
        f"`{name_of(stream)}`",
        f"{vars(stream).get('http_method', 'GET')} `{vars(stream)['path']}`",
        ", ".join(f"`{key}`" for key in stream.api_keys),
        _incremental(stream),
        stream.permission,
        stream.calls or _calls(stream),
        "on" if stream.selected_by_default else "off",
    )


def _incremental(stream: type[MarketoStream]) -> str:
    if issubclass(stream, DateTokenStream):
        return "`activityDate`, asked for"
    if stream.changes:
        return "`updatedAt`, " + {"server": "asked for", "client": "filtered"}[stream.changes]
    parent = stream.parent_stream_type
    if parent and issubclass(parent, MarketoStream) and parent.changes:
        return f"its `{name_of(parent)}`" if not stream.ignore_parent_replication_key else "full"
    return "full"


def _calls(stream: type[MarketoStream]) -> str:
    return f"1 per {stream.paging.size} records" if stream.paging.size else "1"


if __name__ == "__main__":
    sys.stdout.write(document())
