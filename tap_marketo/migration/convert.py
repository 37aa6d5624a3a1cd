"""Another connector's bookmarks turned into ours: from when on each stream is to be read."""

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
"""Their lists to ours, where they exist here."""
_INCREMENTAL = {name_of(one): bool(getattr(one, "cursor", None)) for one in STREAMS}

_LEADS_BY_CREATION = {
    Origin.AIRBYTE: (
        "Airbyte asks for leads by createdAt: changes of older leads may never have reached your"
        " warehouse, and from this bookmark on only new changes will. To repair it, export all"
        " leads once more: --anew leads."
    ),
    Origin.STITCH: (
        "If Stitch's log says that the account lacks Corona support, changes of older leads never"
        " reached your warehouse. To repair it, export all leads once more: --anew leads."
    ),
}


class _NotTakenError(Exception):
    """Why a bookmark is not taken over."""


@dataclass
class Converted:
    """What became of a state.

    Attributes:
        state: Ours.
        taken: A line for each bookmark that was taken over.
        left: A line for each that was not, with the reason.
        warnings: What to know before the first run.
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
    """Turn bookmarks into ours.

    Args:
        bookmarks: Theirs.
        origin: Whose they are.
        names: The activity streams.
        anew: Our streams that shall begin at the start date all the same.
        renamed: Whether our columns are in snake_case.
    """
    done = Converted()
    for bookmark in bookmarks:
        try:
            ours, cursor = _ours(bookmark, origin, names)
            if ours in anew:
                raise _NotTakenError("begins anew at the start date, as asked")
            begin = _begin(bookmark, origin)
        except _NotTakenError as reason:
            done.left.append(f"{bookmark.stream}: {reason}.")
            continue
        bulk = cursor == "activityDate" or ours == "leads"
        value = rfc3339(begin - SECOND if bulk else begin)
        known = done.state["bookmarks"].get(ours)
        if known:
            done.warnings.append(f"{ours}: two bookmarks fit; the earlier one counts.")
            value = min(value, known["replication_key_value"])
        done.state["bookmarks"][ours] = {
            "replication_key": field_columns([cursor], renamed=renamed)[cursor],
            "replication_key_value": value,
        }
        done.taken.append(f"{bookmark.stream} → {ours}: from {rfc3339(begin)} on.")
        if bookmark.export_id:
            done.warnings.append(
                f"{ours}: {origin}'s export job {bookmark.export_id} is not taken over: only the"
                " API user that made a job can read it, and it holds other fields. Its window is"
                " exported again."
            )
        if ours == "leads" and origin in _LEADS_BY_CREATION:
            done.warnings.append(f"leads: {_LEADS_BY_CREATION[origin]}")
    return done


def _ours(bookmark: Bookmark, origin: Origin, names: ActivityNames) -> tuple[str, str]:
    """Our stream, and the API name of its replication key."""
    theirs = bookmark.stream
    if theirs == "leads":
        return theirs, "updatedAt"
    if is_activity(theirs):
        return _activity(theirs, names), "activityDate"
    ours = REST.get(theirs)
    if ours not in _INCREMENTAL:
        raise _NotTakenError("this tap has no such stream")
    if not _INCREMENTAL[ours]:
        raise _NotTakenError(f"{ours} goes by no date here and needs no bookmark")
    if bookmark.cursor == "createdAt":
        # Lists are short; a bookmark that passes over changes is not worth keeping.
        raise _NotTakenError(
            f"{ours} is read whole once: {origin}'s bookmark is a createdAt, which passes over"
            " changes"
        )
    return ours, "updatedAt"


def _activity(theirs: str, names: ActivityNames) -> str:
    found = names.streams_for(theirs)
    if len(found) == 1:
        return found[0]
    if found:
        raise _NotTakenError(f"it may be {' or '.join(found)}; name the right one in the state")
    if names.from_instance:
        raise _NotTakenError("the instance has no such activity type (any more)")
    raise _NotTakenError("a custom activity type has its API name here; give --config")


def _begin(bookmark: Bookmark, origin: Origin) -> datetime:
    """From when on to read, inclusive, so that nothing is missed."""
    if not bookmark.value:
        raise _NotTakenError("has no bookmark yet")
    try:
        value = parse_timestamp(bookmark.value)
    except ValueError:
        raise _NotTakenError("its bookmark is not a date with a time") from None
    if bookmark.stream != "leads" and not is_activity(bookmark.stream):
        return value  # inclusive here as there, over the field itself
    if origin is Origin.STITCH:
        # Of activities it is the start of the last window. Of leads it is the end, and Stitch
        # itself goes a day back in each run.
        return value if is_activity(bookmark.stream) else value - timedelta(days=1)
    # The latest date of any record: others of that time may have appeared after the export. Whole
    # days make most activity types begin at the same moment, and so share their exports.
    return (value - timedelta(days=1)).replace(hour=0, minute=0, second=0)
