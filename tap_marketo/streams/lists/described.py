"""Objects whose fields the instance itself describes, from companies to named accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.values.kinds import json_schema, kind_of
from tap_marketo.values.schema import MOMENT, record

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient
    from tap_marketo.values.schema import Schema


def describe(client: MarketoClient, path: str, kept: Schema) -> Schema:
    """The schema of an object, as its describe call tells.

    Args:
        client: Of the instance.
        path: Of the describe call.
        kept: Schema of columns that every instance has; the description does not change their
            types.

    Raises:
        ResponseError: The API user may not read the object, or the call failed.

    Source: lead-database.md
    """
    fields = [one for item in client.get(path).result for one in item.get("fields") or ()]
    properties: dict[str, Any] = dict(kept["properties"])
    for one in fields:
        name = one.get("name")
        if not name or name in properties:
            continue
        properties[name] = json_schema(kind_of(str(one.get("dataType"))))
        if one.get("displayName"):
            properties[name]["title"] = str(one["displayName"])
    return {**kept, "properties": properties}


def known(**columns: Any) -> Schema:
    """What every record has.

    Args:
        columns: Beside the dates of creation and of the last change.
    """
    return record(**columns, createdAt=MOMENT, updatedAt=MOMENT)


def trimmed(row: dict[str, Any]) -> dict[str, Any]:
    """A record whose GUID has no trailing space, as some of Adobe's examples show it.

    Args:
        row: As Marketo gives it.
    """
    guid = row.get("marketoGUID")
    return {**row, "marketoGUID": guid.strip()} if isinstance(guid, str) else row
