"""Export files: the records of a filter, and their format."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from marketo_sandbox.fields import NEVER_EXPORTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from marketo_sandbox.world import World

LEADS, ACTIVITIES = "leads", "activities"
DELETE_LEAD = 37
ECIDS = "ecids"
ACTIVITY_FIELDS = (
    "marketoGUID",
    "leadId",
    "activityDate",
    "activityTypeId",
    "campaignId",
    "primaryAttributeValueId",
    "primaryAttributeValue",
    "attributes",
    "actionResult",
)
DEFAULT_ACTIVITY_FIELDS = ACTIVITY_FIELDS[:-1]
DELIMITERS = {"CSV": ",", "TSV": "\t", "SSV": ";"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")
LIST_FILTER = re.compile("(static|smart)List(Id|Name)")
# Types with a filter by primary attribute: Change Data Value, Change Score, Change Status in
# Progression, Add to List, Remove from List, Fill Out Form; see bulk-activity-extract.md.
_BY_PRIMARY = {13, 22, 104, 24, 25, 2}
_PRIMARY = ("primaryAttributeValueIds", "primaryAttributeValues")
_MOST_VALUES = 50
_FILTERS = {
    LEADS: {"createdAt", "updatedAt", "staticListId", "staticListName", "smartListId",
            "smartListName"},
    ACTIVITIES: {"createdAt", "activityTypeIds", "primaryAttributeValueIds",
                 "primaryAttributeValues"},
}  # fmt: skip


class Refused(Exception):  # noqa: N818 - it is an answer, not a failure
    """An error that the API returns."""

    def __init__(self, code: str, message: str) -> None:
        """Store code and message."""
        super().__init__(message)
        self.code = code
        self.message = message


class Source(Protocol):
    """An export source other than leads and activities."""

    permission: str

    def check(self, fields: Sequence[str], filters: dict[str, Any]) -> None:
        """Check the body of a create call."""

    def header(self, fields: Sequence[str], filters: dict[str, Any]) -> list[str]:
        """The header; unrequested columns come first."""

    def rows(self, fields: Sequence[str], filters: dict[str, Any]) -> Iterator[list[str]]:
        """The rows."""


@dataclass(frozen=True)
class ExportFile:
    """A finished export file on disk."""

    file: BinaryIO
    size: int
    checksum: str
    records: int


def check(world: World, kind: str, body: dict[str, Any]) -> None:
    """Check the body of a create call.

    Args:
        world: The data.
        kind: `leads`, `activities`, or one of the world's sources.
        body: Body of the call.

    Raises:
        Refused: The call is invalid. Source: bulk-extract.md
    """
    if body.get("format", "CSV") not in DELIMITERS:
        raise Refused("1003", "Invalid value for format")
    if kind == ACTIVITIES and not body.get("fields"):
        body["fields"] = list(DEFAULT_ACTIVITY_FIELDS)
    fields = body.get("fields")
    if not isinstance(fields, list) or not fields or not all(isinstance(f, str) for f in fields):
        raise Refused("1002", "Missing value for required parameter 'fields'")
    if not isinstance(body.get("columnHeaderNames") or {}, dict):
        raise Refused("1003", "columnHeaderNames must be an object")
    source = world.sources.get(kind)
    if source:
        filters = body.get("filter")
        if not isinstance(filters, dict) or not filters:
            raise Refused("1002", "Missing value for required parameter 'filter'")
        source.check(fields, filters)
        return
    _check_fields(world, kind, fields)
    _check_filters(world, kind, body.get("filter"))


def _check_fields(world: World, kind: str, fields: list[str]) -> None:
    existing = world.fields if kind == LEADS else ACTIVITY_FIELDS
    hidden = [name for name in fields if name in world.options.hidden_fields and kind == LEADS]
    if hidden:
        raise Refused("1003", f"Invalid fields [{', '.join(hidden)}]")
    for name in fields:
        # No describe call lists the field of Audience Sharing.
        if name not in existing and not (name == ECIDS and kind == LEADS):
            raise Refused("1006", f"Field '{name}' not found")


def _check_filters(world: World, kind: str, filters: object) -> None:
    if not isinstance(filters, dict) or not filters:
        raise Refused("1002", "Missing value for required parameter 'filter'")
    for name in filters:
        if name not in _FILTERS[kind]:
            raise Refused("1003", f"Invalid filter: {name}")
    if kind == LEADS and len(filters) != 1:
        raise Refused("1003", "Exactly one filter is allowed")
    if "updatedAt" in filters and kind in world.options.without_updated_at:
        raise Refused("1035", "Unsupported filter type for target subscription: updatedAt")
    for name, value in filters.items():
        if name in ("createdAt", "updatedAt"):
            date_range(value)
        if LIST_FILTER.fullmatch(name):
            list_members(world, name, value)
    if kind == ACTIVITIES:
        _check_activities(filters)


def _check_activities(filters: dict[str, Any]) -> None:
    if "createdAt" not in filters:
        raise Refused("1002", "Missing value for required parameter 'createdAt'")
    types = filters.get("activityTypeIds") or []
    if not isinstance(types, list) or not all(str(type_).isdigit() for type_ in types):
        raise Refused("1001", "Invalid value for activityTypeIds")
    by = [name for name in _PRIMARY if name in filters]
    if not by:
        return
    if len(by) > 1 or not types or not {int(type_) for type_ in types} <= _BY_PRIMARY:
        raise Refused("1003", f"{by[0]} does not go with these filters")
    values = filters[by[0]]
    if not isinstance(values, list) or not 0 < len(values) <= _MOST_VALUES:
        raise Refused("1003", f"Between 1 and {_MOST_VALUES} {by[0]} are allowed")


def list_members(world: World, name: str, value: Any) -> list[int]:
    """Ids of the leads in the list that a filter names.

    Args:
        world: World with its lists.
        name: Name of the filter.
        value: Value of the filter.

    Raises:
        Refused: 1013 or 1035.
    """
    kind, by = LIST_FILTER.fullmatch(name).groups()  # type: ignore[union-attr]
    if kind == "smart" and world.options.without_smart_lists:
        raise Refused("1035", f"Unsupported filter type for target subscription: {name}")
    for number, title in world.lists[kind].items():
        if str(value) == str(number if by == "Id" else title):
            return world.list_members(kind, number)
    raise Refused("1013", f"{kind.title()} list '{value}' not found")


def date_range(value: Any) -> tuple[datetime, datetime]:
    """Both ends of a date filter.

    Args:
        value: Value of the filter.

    Raises:
        Refused: It is not a range of at most 31 days.
    """
    ends = []
    for name in ("startAt", "endAt"):
        text = str(value.get(name, "")) if isinstance(value, dict) else ""
        if not _MOMENT.fullmatch(text):
            raise Refused("1003", f"Invalid date format for {name}")
        text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.replace("Z", "+00:00"))
        try:
            # Filters use whole seconds.
            text = re.sub(r"\.\d+", "", text)
            ends.append(datetime.fromisoformat(text).astimezone(timezone.utc))
        except ValueError:
            raise Refused("1003", f"Invalid date format for {name}") from None
    if ends[1] < ends[0]:
        raise Refused("1003", "endAt must not be before startAt")
    if ends[1] - ends[0] > timedelta(days=31):
        raise Refused("1003", "The date range must not exceed 31 days")
    return ends[0], ends[1]


def days(body: dict[str, Any]) -> float:
    """Number of days of an export; 0 without a date filter.

    Args:
        body: Body of its create call.
    """
    for name in ("createdAt", "updatedAt"):
        if name in body["filter"]:
            start, end = date_range(body["filter"][name])
            return (end - start).total_seconds() / 86_400
    return 0


def write(world: World, kind: str, body: dict[str, Any]) -> ExportFile:
    """Write the file of an export from the current data.

    Args:
        world: The data.
        kind: `leads`, `activities`, or one of the world's sources.
        body: Body of the create call.
    """
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    delimiter = DELIMITERS[body.get("format", "CSV")]
    fields: list[str] = body["fields"]
    renamed = {} if world.options.ignore_header_names else body.get("columnHeaderNames") or {}
    source = world.sources.get(kind)
    shown = source.header(fields, body["filter"]) if source else list(fields)
    own = shown[: len(shown) - len(fields)]
    named = zip(fields, shown[len(own) :], strict=True)
    header = [*own, *(renamed.get(name, word) for name, word in named)]
    text.write(_line(header, delimiter))
    records = 0
    with world.lock:
        if source:
            rows = source.rows(fields, body["filter"])
        else:
            rows = (_leads if kind == LEADS else _activities)(world, body["filter"], fields)
        for row in rows:
            text.write(_line(row, delimiter))
            records += 1
    text.flush()
    text.detach()
    file.seek(0)
    digest = hashlib.sha256()
    size = 0
    while chunk := file.read(1 << 20):
        digest.update(chunk)
        size += len(chunk)
    return ExportFile(file, size, digest.hexdigest(), records)


def _line(cells: list[str], delimiter: str) -> str:
    # Python's csv module cannot write NUL in 3.10, and its quoting differs between versions.
    special = re.compile(f'[{delimiter}"\r\n]')
    quoted = (
        '"' + cell.replace('"', '""') + '"' if special.search(cell) else cell for cell in cells
    )
    return delimiter.join(quoted) + "\n"


def _leads(world: World, filters: dict[str, Any], fields: Sequence[str]) -> Iterator[list[str]]:
    ((name, value),) = filters.items()
    if LIST_FILTER.fullmatch(name):
        ids: Iterable[int] = list_members(world, name, value)
    else:
        ids = world.leads.changed_between(name, *date_range(value))
    for lead_id in ids:
        lead = world.leads[lead_id]
        yield [
            ecids(lead_id)
            if name == ECIDS
            else "null"
            if world.fields.get(name) in NEVER_EXPORTED
            else lead.cells[name]
            if name in lead.cells
            else cell(lead.values.get(name))
            for name in fields
        ]


def ecids(lead_id: int) -> str:
    """The Experience Cloud id of a lead: 38 digits, for every third lead.

    Args:
        lead_id: Id of the lead.
    """
    return "" if lead_id % 3 else f"{lead_id:038d}"


def _activities(
    world: World, filters: dict[str, Any], fields: Sequence[str]
) -> Iterator[list[str]]:
    start, end = date_range(filters["createdAt"])
    wanted = {int(type_id) for type_id in filters.get("activityTypeIds") or ()}
    numbers = {int(number) for number in filters.get("primaryAttributeValueIds", ())}
    names = set(filters.get("primaryAttributeValues", ()))
    for activity in world.activities.between(start, end, wanted):
        if activity.type_id == DELETE_LEAD:
            continue
        if (numbers and activity.primary_id not in numbers) or (
            names and activity.primary not in names
        ):
            continue
        row = activity.as_row()
        row["attributes"] = _attributes(world, activity.attributes)
        yield [cell(row[name]) for name in fields]


def _attributes(world: World, attributes: dict[str, Any]) -> str:
    if world.options.attributes_as_list:
        listed = [{"name": name, "value": value} for name, value in attributes.items()]
        return json.dumps(listed, ensure_ascii=False)
    return json.dumps(attributes, ensure_ascii=False)


def cell(value: Any) -> str:
    """A value as a cell of a file.

    Args:
        value: Typed value; None becomes the word null.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
