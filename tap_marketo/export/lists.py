"""Why a list of leads could not be exported: perhaps there is none of this name."""

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
    """A sentence about the list that an export asked for; empty when it seems to exist."""
    ((setting, wanted),) = leads_filter.items()
    kind, _, by = setting.partition("_list_")
    try:
        found = offset_pages(client, STATIC if kind == "static" else SMART)
        lists = {str(one.get("name")): str(one.get("id")) for one in found}
    except MarketoError:
        return ""  # the error that led here says more
    if str(wanted) in (lists if by == "name" else lists.values()):
        return ""
    near = did_you_mean(suggestions(str(wanted), lists)) if by == "name" else ""
    return f"There is no {kind} list with the {by} {wanted!r}.{near}"
