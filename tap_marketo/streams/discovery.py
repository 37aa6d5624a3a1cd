"""What is on offer: each stream as the instance describes it, or as it is known without that."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tap_marketo.client.errors import SKIPPABLE, AccessDeniedError
from tap_marketo.outcome import CONCERNS_ALL, deny
from tap_marketo.streams.bulk import activities, custom_objects, leads, program_members
from tap_marketo.streams.lists.admin import WorkspacesStream
from tap_marketo.streams.lists.catalog import DESCRIBED, STREAMS, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk import Stream

    from tap_marketo.tap import TapMarketo

DEFAULT_WORKSPACE = 1
# What every instance has; offered where the API user may not read the descriptions.
KNOWN_FIELDS = {
    "id": "integer",
    "email": "email",
    "firstName": "string",
    "lastName": "string",
    "company": "string",
    "createdAt": "datetime",
    "updatedAt": "datetime",
}
KNOWN_TYPES = {
    1: "Visit Webpage",
    2: "Fill Out Form",
    3: "Click Link",
    6: "Send Email",
    7: "Email Delivered",
    8: "Email Bounced",
    9: "Unsubscribe Email",
    10: "Open Email",
    11: "Click Email",
    12: "New Lead",
    13: "Change Data Value",
    25: "Remove from List",
    27: "Email Bounced Soft",
    32: "Merge Leads",
    100: "Change Lead Partition",
    104: "Change Status in Progression",
    113: "Add to Nurture",
}


def discover(tap: TapMarketo) -> list[Stream]:
    """The streams that the instance offers.

    Lead fields and activity types are asked for only when the catalog needs them. Without the
    permission to read them, the streams stay on offer: to read them then fails the run.

    Args:
        tap: With its client and catalog.

    Raises:
        MarketoError: The instance cannot be asked.
    """
    streams = [
        *_leads(tap),
        *_activities(tap),
        *_optional(tap, program_members.ProgramMembersStream.name, program_members.discover(tap)),
        *_optional(tap, custom_objects.ANY, custom_objects.discover(tap)),
        *_lists(tap),
    ]
    if tap.input_catalog is None:  # otherwise the lists that are read say more
        tap.outcome.report_denied()
    return streams


def _leads(tap: TapMarketo) -> Iterator[Stream]:
    name = leads.LeadsStream.name
    if not tap.wants(name):
        return
    try:
        fields = leads.describe(tap.client, remember=True)
    except Exception as error:  # noqa: BLE001 - see `_main`
        _main(tap, (name,), "Read-Only Lead", error)
        fields = {name: {"name": name, "dataType": kind} for name, kind in KNOWN_FIELDS.items()}
    yield leads.LeadsStream(tap, fields)


def _activities(tap: TapMarketo) -> Iterator[Stream]:
    if not tap.wants("activity_*", "activities"):
        return
    error: Exception | None = None
    try:
        types = activities.describe(tap.client)
    except Exception as raised:  # noqa: BLE001 - see `_main`
        error = raised
        types = [{"id": number, "name": name} for number, name in KNOWN_TYPES.items()]
    names = activities.stream_names(types)
    if error:
        _main(tap, ("activities", *names.values()), "Read-Only Activity", error)
    yield activities.ActivitiesStream(tap)
    for one in types:
        yield activities.ActivityTypeStream(tap, names[int(one["id"])], one)


def _main(tap: TapMarketo, names: Iterable[str], permission: str, error: Exception) -> None:
    """Keep a main stream on offer although it cannot be described: reading it fails the run.

    Raises:
        MarketoError: It is no lack of a permission, and discovery was asked for alone.
    """
    is_denied = isinstance(error, AccessDeniedError)
    if isinstance(error, CONCERNS_ALL) or (not is_denied and tap.input_catalog is None):
        raise error
    first, *others = names
    if isinstance(error, AccessDeniedError):
        deny(error, (permission,), first)
        if tap.input_catalog is None:
            tap.outcome.denied(
                f"{first} stays on offer{' with the other activity streams' if others else ''},"
                f" but cannot be read: {error}"
            )
    tap.unreadable.update(dict.fromkeys((first, *others), error))


def _lists(tap: TapMarketo) -> Iterator[Stream]:
    for stream in STREAMS:
        name = name_of(stream)
        if name in DESCRIBED and not tap.may_be_wanted(name):
            continue  # its description would cost a call
        yield from _optional(tap, name, (stream(tap) for _ in range(1)), stream.permissions)


def _optional(
    tap: TapMarketo, name: str, streams: Iterator[Stream], permissions: Iterable[str] = ()
) -> Iterator[Stream]:
    """Offer streams; whatever one of them meets, the others stay on offer."""
    try:
        yield from streams
    except CONCERNS_ALL:
        raise
    except Exception as error:  # noqa: BLE001 - an odd answer costs one stream
        tap.outcome.not_offered(name, permissions, error)


def fail_unreadable(tap: TapMarketo) -> None:
    """Fail the main streams that are selected and cannot be read, before anything is exported.

    Args:
        tap: After discovery.
    """
    for name, error in tap.unreadable.items():
        if tap.streams[name].selected:
            tap.streams[name].selected = False
            tap.outcome.stream_failed(name, error)


def wanted(tap: TapMarketo) -> set[str]:
    """The streams that somebody selected, offered or not.

    Args:
        tap: After discovery.
    """
    offered = {name for name, stream in tap.streams.items() if stream.selected}
    return offered | tap.selected_in_catalog()


def check_catalog(tap: TapMarketo) -> None:
    """Warn of selected streams and columns that are gone or renamed since the catalog was made.

    Args:
        tap: After discovery.
    """
    catalog, outcome = tap.input_catalog, tap.outcome
    if catalog is None:
        return
    for name in sorted(tap.selected_in_catalog()):
        stream = tap.streams.get(name)
        if stream is None:
            known = name in outcome.skipped or name in outcome.failed
            if not known:
                outcome.gone_from_instance(name)
                tap.logger.warning(
                    "Stream %s is selected, but not in Marketo any more, or renamed there. Refresh"
                    " the catalog (meltano run --refresh-catalog, or tap-marketo --discover).",
                    name,
                )
            continue
        if name in tap.unreadable:
            continue
        entry = catalog[name]
        mask = entry.metadata.resolve_selection()
        known_columns = set(stream.schema["properties"])
        gone = [
            column
            for column in entry.schema.properties or {}
            if column not in known_columns
            and not column.startswith("_sdc_")
            and mask["properties", column]
        ]
        for column in gone:
            outcome.gone_from_instance(f"{name}.{column}")
        if gone:
            tap.logger.warning(
                "Stream %s: columns of the catalog that are not in Marketo any more, or renamed"
                " there: %s. Refresh the catalog (meltano run --refresh-catalog, or tap-marketo"
                " --discover).",
                name,
                ", ".join(gone),
            )


def workspace_ids(tap: TapMarketo) -> list[int]:
    """The workspaces of the instance, or the first one where the API user may not list them.

    Args:
        tap: After discovery.
    """
    workspaces = cast("WorkspacesStream", tap.streams[WorkspacesStream.name])
    try:
        return [int(one["id"]) for one in workspaces.all_items()]
    except SKIPPABLE as error:
        tap.logger.warning(
            "%s Without the permission %s the workspaces are unknown: assets of the new designer"
            " are read from workspace %d (Default) alone.",
            error,
            WorkspacesStream.permissions[0],
            DEFAULT_WORKSPACE,
        )
        return [DEFAULT_WORKSPACE]
