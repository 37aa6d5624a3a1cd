"""Discovery: the streams that an instance offers, described by the instance where possible."""

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
# What every instance has, for API users who may not read the descriptions.
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
    """Discover the streams that the instance offers.

    Lead fields and activity types are read only if the catalog needs them. Without the permission
    to read them, the streams are still offered, and reading them fails the run.

    Args:
        tap: Tap with its client and catalog.

    Raises:
        MarketoError: The instance cannot be reached.
    """
    streams = [
        *_leads(tap),
        *_activities(tap),
        *_optional(tap, program_members.ProgramMembersStream.name, program_members.discover(tap)),
        *_optional(tap, custom_objects.ANY, custom_objects.discover(tap)),
        *_lists(tap),
    ]
    if tap.input_catalog is None:  # with a catalog, reading the lists reports more
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
    for type_ in types:
        yield activities.ActivityTypeStream(tap, names[int(type_["id"])], type_)


def _main(tap: TapMarketo, names: Iterable[str], permission: str, error: Exception) -> None:
    """Still offer a main stream that cannot be described; reading it fails the run.

    Raises:
        MarketoError: No permission is missing, and only discovery runs.
    """
    is_denied = isinstance(error, AccessDeniedError)
    if isinstance(error, CONCERNS_ALL) or (not is_denied and tap.input_catalog is None):
        raise error
    first, *others = names
    if isinstance(error, AccessDeniedError):
        deny(error, (permission,), first)
        if tap.input_catalog is None:
            tap.outcome.denied(
                f"{first}{' and the other activity streams are' if others else ' is'} in the"
                f" catalog, but cannot be read: {error}"
            )
    tap.unreadable.update(dict.fromkeys((first, *others), error))


def _lists(tap: TapMarketo) -> Iterator[Stream]:
    for stream in STREAMS:
        name = name_of(stream)
        if name in DESCRIBED and not tap.may_be_wanted(name):
            continue  # describing it would cost a call
        yield from _optional(tap, name, (stream(tap) for _ in range(1)), stream.permissions)


def _optional(
    tap: TapMarketo, name: str, streams: Iterator[Stream], permissions: Iterable[str] = ()
) -> Iterator[Stream]:
    """Offer streams; a failure leaves the other streams on offer."""
    try:
        yield from streams
    except CONCERNS_ALL:
        raise
    except Exception as error:  # noqa: BLE001 - an unexpected answer costs one stream
        tap.outcome.not_offered(name, permissions, error)


def fail_unreadable(tap: TapMarketo) -> None:
    """Fail selected main streams that cannot be read, before anything is exported.

    Args:
        tap: Tap after discovery.
    """
    for name, error in tap.unreadable.items():
        if tap.streams[name].selected:
            tap.streams[name].selected = False
            tap.outcome.stream_failed(name, error)


def wanted(tap: TapMarketo) -> set[str]:
    """The selected streams, including those that the instance does not offer.

    Args:
        tap: Tap after discovery.
    """
    offered = {name for name, stream in tap.streams.items() if stream.selected}
    return offered | tap.selected_in_catalog()


def check_catalog(tap: TapMarketo) -> None:
    """Warn of selected streams and columns deleted or renamed since the catalog was created.

    Args:
        tap: Tap after discovery.
    """
    catalog, outcome = tap.input_catalog, tap.outcome
    if catalog is None:
        return
    for name in sorted(tap.selected_in_catalog()):
        stream = tap.streams.get(name)
        if stream is None:
            is_reported = name in outcome.skipped or name in outcome.failed
            if not is_reported:
                outcome.gone_from_instance(name)
                tap.logger.warning(
                    "Stream %s is selected, but was deleted or renamed in Marketo. Refresh the"
                    " catalog (meltano run --refresh-catalog, or tap-marketo --discover).",
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
                "Stream %s: the catalog selects columns that were deleted or renamed in Marketo:"
                " %s. Refresh the catalog (meltano run --refresh-catalog, or tap-marketo"
                " --discover).",
                name,
                ", ".join(gone),
            )


def workspace_ids(tap: TapMarketo) -> list[int]:
    """Ids of the workspaces, or of the default one if the API user may not list them.

    Args:
        tap: Tap after discovery.
    """
    workspaces = cast("WorkspacesStream", tap.streams[WorkspacesStream.name])
    try:
        return [int(workspace["id"]) for workspace in workspaces.all_items()]
    except SKIPPABLE as error:
        tap.logger.warning(
            "%s Without the permission %s the workspaces are unknown: assets of the new designer"
            " are read only from workspace %d (Default).",
            error,
            WorkspacesStream.permissions[0],
            DEFAULT_WORKSPACE,
        )
        return [DEFAULT_WORKSPACE]
