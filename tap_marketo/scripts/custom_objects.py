"""Records of custom objects: write and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tap_marketo.scripts.chunks import ItemStatus, plain, write_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_marketo.client import MarketoClient


def upsert_custom_objects(
    client: MarketoClient,
    api_name: str,
    records: Iterable[Mapping[str, Any]],
    *,
    action: str = "createOrUpdate",
    dedupe_by: str = "dedupeFields",
) -> list[ItemStatus]:
    """Create or update records of a custom object, 300 per call.

    Args:
        client: Client for the instance.
        api_name: API name of the custom object, for example `car_c`.
        records: Records as API field names and values; Python dates and date-times are accepted.
        action: `createOrUpdate`, `updateOnly` or `createOnly`.
        dedupe_by: `dedupeFields`, or `idField` to update by `marketoGUID`.

    Returns:
        Outcome of each record, in the given order.

    Raises:
        ResponseError: The first call was refused; nothing was written.

    Source: custom-objects.md
    """
    body = {"action": action, "dedupeBy": dedupe_by}
    return write_chunks(
        records,
        plain,
        lambda chunk: client.post(
            f"{_path(api_name)}.json",
            {**body, "input": chunk},
            repeatable=action != "createOnly",
        ),
    )


def delete_custom_objects(
    client: MarketoClient,
    api_name: str,
    records: Iterable[Mapping[str, Any]],
    *,
    delete_by: str = "dedupeFields",
) -> list[ItemStatus]:
    """Delete records of a custom object, 300 per call.

    Args:
        client: Client for the instance.
        api_name: API name of the custom object.
        records: Dedupe fields of each record, or its `marketoGUID`.
        delete_by: `dedupeFields` or `idField`.

    Returns:
        Outcome of each record, in the given order.

    Raises:
        ResponseError: The first call was refused; nothing was deleted.

    Source: custom-objects.md
    """
    return write_chunks(
        records,
        plain,
        lambda chunk: client.post(
            f"{_path(api_name)}/delete.json", {"deleteBy": delete_by, "input": chunk}
        ),
    )


def _path(api_name: str) -> str:
    return f"/rest/v1/customobjects/{quote(api_name, safe='')}"
