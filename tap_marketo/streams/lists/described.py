"""Objects whose fields the instance describes, from companies to named accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.values.kinds import json_schema, kind_of
from tap_marketo.values.schema import TIMESTAMP, record

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient
    from tap_marketo.values.schema import Schema


def describe(client: MarketoClient, path: str, kept: Schema) -> Schema:
    """The schema of an object, from its describe call.

    Args:
        client: Client for the instance.
        path: Path of the describe call.
        kept: Schema of the columns that every instance has; their types stay as they are.

    Raises:
        ResponseError: The API user may not read the object, or the call failed.

    Source: lead-database.md
    """
    fields = [field for item in client.get(path).result for field in item.get("fields") or ()]
    properties: dict[str, Any] = dict(kept["properties"])
    for field in fields:
        name = field.get("name")
        if not name or name in properties:
            continue
        properties[name] = json_schema(kind_of(str(field.get("dataType"))))
        if field.get("displayName"):
            properties[name]["title"] = str(field["displayName"])
    return {**kept, "properties": properties}


def known(**columns: Any) -> Schema:
    """The schema of the columns that every record has.

    Args:
        columns: Columns in addition to the dates of creation and of the last change.
    """
    return record(**columns, createdAt=TIMESTAMP, updatedAt=TIMESTAMP)


def trimmed(row: dict[str, Any]) -> dict[str, Any]:
    """The row without the trailing space that some of Adobe's examples show in GUIDs.

    Args:
        row: Row as Marketo returns it.
    """
    guid = row.get("marketoGUID")
    return {**row, "marketoGUID": guid.strip()} if isinstance(guid, str) else row
