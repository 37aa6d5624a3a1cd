"""Checks each permission that a selected stream needs with one cheap call."""

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
# Discovery checks these if one of their streams is selected.
DISCOVERED = {LEAD: ("leads",), ACTIVITY: ("activities", "activity_*")}
# Permissions that a single call can check; others are only checked together.
SEPARATE = {*DISCOVERED, "Read-Only Asset"}
DENIED_STATUS = frozenset({"401", "403"})
NAMED = 3
REMEDY = (
    "In Admin > Users & Roles > Roles, tick it under Access API for the role of the API user. If it"
    " is ticked, add this machine's IP address under Admin > IP Restrictions > API."
)


def check_discovered(tap: CheckedTap) -> Iterator[Finding]:
    """Check the permissions that discovery needs too.

    Args:
        tap: Tap after discovery.

    Yields:
        A finding for each permission that a selected stream needs.

    Raises:
        MarketoError: The instance is no longer reachable.
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
        elif streams:  # not checked by discovery, for example for deletions without activities
            yield _try(tap, permission, streams)


def check_others(tap: CheckedTap, calls: int) -> Iterator[Finding]:
    """Check the permissions of list streams, those of most streams first.

    Args:
        tap: Tap after discovery.
        calls: Maximum calls to make.

    Yields:
        A finding for each permission that a selected stream needs.

    Raises:
        MarketoError: The instance is no longer reachable.
    """
    needs = {name: streams for name, streams in _needs(tap).items() if name not in DISCOVERED}
    for permission, streams in sorted(needs.items(), key=lambda need: -len(need[1])):
        if calls <= 0:
            yield skipped(
                _check(permission),
                f"Not checked, to save calls; --all-permissions checks it. {_listed(streams)}.",
            )
            continue
        calls -= 1
        yield _try(tap, permission, streams)


def _needs(tap: CheckedTap) -> dict[str, list[str]]:
    needs: dict[str, list[str]] = defaultdict(list)
    selected = [stream for stream in tap.streams.values() if stream.selected]
    for stream in sorted(selected, key=lambda stream: not isinstance(stream, BulkStream)):
        for permission in _needed_by(stream):
            needs[permission].append(stream.name)
    return needs


def _needed_by(stream: Stream) -> list[str]:
    if not isinstance(stream, BulkStream | MarketoStream) or not stream.permissions:
        return []
    # A linked object needs its own permission in addition to that of leads.
    own = [permission for permission in stream.permissions if permission not in SEPARATE]
    shared = [permission for permission in stream.permissions if permission in SEPARATE]
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
        return skipped(check, f"Could not check {stream.name}: {error.summary}.")
    return passed(check, f"Granted. {_listed(streams)}.", streams=streams)


def _untried(check: str, streams: list[str]) -> Finding:
    if DESCRIBED.issuperset(streams):  # discovery has read their fields
        return passed(check, f"Granted. {_listed(streams)}.", streams=streams)
    return skipped(check, f"No cheap call can check it. {_listed(streams)}.")


def _cheapest(tap: CheckedTap, permission: str, streams: list[str]) -> MarketoStream | None:
    preferred = [tap.streams[name] for name in streams]
    others = [stream for stream in tap.streams.values() if stream not in preferred]
    for stream in [*preferred, *others]:
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
        message += " A sync skips them with a warning."
    remedy = f"{REMEDY} Or deselect the streams."
    return Finding(check, status, message, remedy, {"streams": streams})


def _check(permission: str) -> str:
    return f"Permission {permission}"


def _listed(streams: list[str]) -> str:
    more = f" and {len(streams) - NAMED} more" if len(streams) > NAMED else ""
    return f"Needed by {', '.join(streams[:NAMED])}{more}"
