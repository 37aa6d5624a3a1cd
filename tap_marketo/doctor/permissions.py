"""Permissions: each that a selected stream needs, tried with one cheap call."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tap_marketo.client.errors import (
    AccessDeniedError,
    FeatureUnavailableError,
    NotFoundError,
    ResponseError,
)
from tap_marketo.client.paging import first_page
from tap_marketo.doctor.finding import Finding, Status, failed, passed, skipped, warned
from tap_marketo.streams.bulk.base import BulkStream
from tap_marketo.streams.lists.base import MarketoStream, in_words
from tap_marketo.streams.lists.catalog import DESCRIBED
from tap_marketo.streams.lists.changes import DateTokenStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Stream

    from tap_marketo.doctor.checked_tap import CheckedTap

LEAD, ACTIVITY = "Read-Only Lead", "Read-Only Activity"
# Discovery has tried these where one of their streams is wanted.
DISCOVERED = {LEAD: ("leads",), ACTIVITY: ("activities", "activity_*")}
# One call tells whether one of these is there; others show only together.
SEPARATE = {*DISCOVERED, "Read-Only Asset"}
DENIED_STATUS = frozenset({"401", "403"})
NAMED = 3
REMEDY = (
    "Admin > Users & Roles > Roles: tick it under Access API for the role of the API user. If it"
    " is ticked, add this machine's address under Admin > IP Restrictions > API."
)


def check_discovered(tap: CheckedTap) -> Iterator[Finding]:
    """The permissions that discovery needs anyway, or a selected stream besides.

    Args:
        tap: After discovery.

    Yields:
        A finding for each that a selected stream needs.

    Raises:
        MarketoError: The instance cannot be asked any more.
    """
    needs = _needs(tap)
    for permission, names in DISCOVERED.items():
        streams = needs.get(permission, [])
        check = _check(permission)
        if permission in tap.denied:
            if tap.wants(*names):
                message = f"Missing. {_listed(list(dict.fromkeys([names[0], *streams])))}."
                yield failed(check, message, REMEDY, streams=streams)
            elif streams:
                yield _missing(tap, check, streams)
        elif streams and tap.wants(*names):
            yield passed(check, f"Granted. {_listed(streams)}.", streams=streams)
        elif streams:  # discovery had no reason to try it: deletions, say, without activities
            yield _try(tap, permission, streams)


def check_others(tap: CheckedTap, calls: int) -> Iterator[Finding]:
    """The permissions of streams of the REST API, those of most streams first.

    Args:
        tap: After discovery.
        calls: How many may be made.

    Yields:
        A finding for each that a selected stream needs.

    Raises:
        MarketoError: The instance cannot be asked any more.
    """
    needs = {one: names for one, names in _needs(tap).items() if one not in DISCOVERED}
    for permission, streams in sorted(needs.items(), key=lambda need: -len(need[1])):
        if calls <= 0:
            yield skipped(
                _check(permission),
                f"Not tried, to make few calls: --all-permissions does. {_listed(streams)}.",
            )
            continue
        calls -= 1
        yield _try(tap, permission, streams)


def _needs(tap: CheckedTap) -> dict[str, list[str]]:
    needs: dict[str, list[str]] = defaultdict(list)
    selected = [stream for stream in tap.streams.values() if stream.selected]
    for stream in sorted(selected, key=lambda one: not isinstance(one, BulkStream)):
        for permission in _needed_by(stream):
            needs[permission].append(stream.name)
    return needs


def _needed_by(stream: Stream) -> list[str]:
    if not isinstance(stream, BulkStream | MarketoStream) or not stream.permissions:
        return []
    # A linked object needs its own permission beside that of leads.
    own = [one for one in stream.permissions if one not in SEPARATE]
    shared = [one for one in stream.permissions if one in SEPARATE]
    return [*shared, *([in_words(own)] if own else [])]


def _try(tap: CheckedTap, permission: str, streams: list[str]) -> Finding:
    check = _check(permission)
    stream = _cheapest(tap, permission, streams)
    if stream is None:
        return _untried(check, streams)
    try:
        _call(tap, stream)
    except AccessDeniedError:
        return _missing(tap, check, streams)
    except (FeatureUnavailableError, NotFoundError) as error:
        return warned(
            check,
            f"The subscription seems to lack {stream.name}: {error.summary}.",
            "Deselect its streams, or ask Adobe.",
            streams=streams,
        )
    except ResponseError as error:
        if error.code in DENIED_STATUS:
            return _missing(tap, check, streams)
        if type(error) is not ResponseError:
            raise
        return skipped(check, f"{stream.name} did not tell: {error.summary}.")
    return passed(check, f"Granted. {_listed(streams)}.", streams=streams)


def _untried(check: str, streams: list[str]) -> Finding:
    if DESCRIBED.issuperset(streams):  # discovery has read their fields
        return passed(check, f"Granted. {_listed(streams)}.", streams=streams)
    return skipped(check, f"No cheap call tells. {_listed(streams)}.")


def _cheapest(tap: CheckedTap, permission: str, streams: list[str]) -> MarketoStream | None:
    named = [tap.streams[name] for name in streams]
    others = [one for one in tap.streams.values() if one not in named]
    for stream in [*named, *others]:
        if (
            isinstance(stream, MarketoStream)
            and in_words(stream.permissions) == permission
            and stream.parent_stream_type is None
            and stream.needs_no_context
            and "{" not in stream.path
            and not isinstance(stream, DateTokenStream)
        ):
            return stream
    return None


def _call(tap: CheckedTap, stream: MarketoStream) -> None:
    size = stream.paging.size_parameter
    query = {**dict(stream.parameters), **({size: 1} if size else {})}
    first_page(
        tap.client,
        stream.path,
        query,
        paging=stream.paging,
        headers=stream.headers,
        is_array=stream.is_array,
    )


def _missing(tap: CheckedTap, check: str, streams: list[str]) -> Finding:
    status = Status.FAILED if tap.is_explicit else Status.WARNING
    message = f"Missing. {_listed(streams)}."
    if not tap.is_explicit:
        message += " A sync leaves them out with a warning."
    remedy = f"{REMEDY} Or deselect the streams."
    return Finding(check, status, message, remedy, {"streams": streams})


def _check(permission: str) -> str:
    return f"Permission {permission}"


def _listed(streams: list[str]) -> str:
    more = f" and {len(streams) - NAMED} more" if len(streams) > NAMED else ""
    return f"Needed by {', '.join(streams[:NAMED])}{more}"
