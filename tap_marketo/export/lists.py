"""A hint when a list of leads cannot be exported because it does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo.client import offset_pages
from tap_marketo.client.errors import MarketoError
from tap_marketo.export.columns import did_you_mean, suggestions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_marketo.client import MarketoClient

STATIC = "/rest/asset/v1/staticLists.json"
SMART = "/rest/asset/v1/smartLists.json"


def list_hint(client: MarketoClient, leads_filter: Mapping[str, int | str]) -> str:
    """A sentence if the requested list does not exist; otherwise empty."""
    ((setting, wanted),) = leads_filter.items()
    kind, _, by = setting.partition("_list_")
    try:
        rows = offset_pages(client, STATIC if kind == "static" else SMART)
        lists = {str(row.get("name")): str(row.get("id")) for row in rows}
    except MarketoError:
        return ""  # the original error says more
    if str(wanted) in (lists if by == "name" else lists.values()):
        return ""
    near = did_you_mean(suggestions(str(wanted), lists)) if by == "name" else ""
    return f"There is no {kind} list with the {by} {wanted!r}.{near}"
