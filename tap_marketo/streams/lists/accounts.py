"""Named accounts of account-based marketing, read through their lists."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from tap_marketo.client.paging import Paging
from tap_marketo.streams.lists.base import MarketoStream
from tap_marketo.streams.lists.described import describe, known, trimmed
from tap_marketo.streams.lists.lookups import REMEMBERED, VALUES_PER_CALL
from tap_marketo.values.schema import BOOLEAN, TEXT, TIMESTAMP, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.tap import TapMarketo

_MEMBERS = "/rest/v1/namedAccountList/{marketoGUID}/namedAccounts.json"


class NamedAccountStream(MarketoStream):
    """Named accounts or lists of them, identified by a GUID."""

    paging = Paging.TOKEN
    selected_by_default = False
    permissions = ("Read-Only Named Account",)

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """Trim the GUIDs."""
        del context
        return trimmed(row)


class NamedAccountListsStream(NamedAccountStream):
    """The lists that the setting `named_account_lists` names. Source: named-account-lists.md."""

    name = "named_account_lists"
    path = "/rest/v1/namedAccountLists.json"
    permissions = ("Read-Only Named Account List",)
    calls = "1 per 300 configured lists"
    needs_no_context = False
    api_keys = ("marketoGUID",)
    api_schema = record(
        marketoGUID=TEXT,
        name=TEXT,
        type=TEXT,
        updateable=BOOLEAN,
        createdAt=TIMESTAMP,
        updatedAt=TIMESTAMP,
    )
    child_fields = ("marketoGUID",)

    def __init__(self, tap: TapMarketo) -> None:
        """See `MarketoStream`."""
        super().__init__(tap)
        self.state_partitioning_keys = []

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """Names to request, as many as fit into one call: Marketo does not list all."""
        names = self.tap.settings.named_account_lists
        starts = range(0, len(names), VALUES_PER_CALL)
        return [{"names": ",".join(names[at : at + VALUES_PER_CALL])} for at in starts]

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """The configured lists."""
        if context is None:
            self.logger.warning(
                "%s and its child streams are empty: Marketo returns only lists requested by name."
                " Set named_account_lists.",
                self.name,
            )
            return
        yield from super().get_records(context)

    def query(self, context: Context | None) -> dict[str, Any]:
        """Query the lists by name."""
        return {"filterType": "dedupeFields", "filterValues": (context or {}).get("names")}


class NamedAccountListMembersStream(NamedAccountStream):
    """Members of the named account lists. Source: named-account-lists.md."""

    name = "named_account_list_members"
    parent_stream_type = NamedAccountListsStream
    path = _MEMBERS
    parameters = (("fields", "marketoGUID"),)
    calls = "1 per list and 300 members"
    parent_columns = (("namedAccountListId", "marketoGUID"),)
    api_keys = ("namedAccountListId", "marketoGUID")
    api_schema = record(namedAccountListId=TEXT, marketoGUID=TEXT)


class NamedAccountsStream(NamedAccountStream):
    """Named accounts in the configured lists, with all fields. Source: named-accounts.md."""

    name = "named_accounts"
    parent_stream_type = NamedAccountListsStream
    path = _MEMBERS
    describe_path = "/rest/v1/namedaccounts/describe.json"
    calls = "1 per list and 300 members"
    api_keys = ("marketoGUID",)
    api_schema = known(marketoGUID=TEXT, name=TEXT)

    def __init__(self, tap: TapMarketo) -> None:
        """Read the fields from the instance.

        Args:
            tap: Tap with its settings and client.

        Raises:
            ResponseError: The API user may not read named accounts, or the call failed.
        """
        self.api_schema = describe(tap.client, self.describe_path, self.api_schema)
        super().__init__(tap)
        self._written: OrderedDict[str, None] = OrderedDict()

    def query(self, context: Context | None) -> dict[str, Any]:
        """Query the selected fields."""
        names = [name for name, column in self._names.items() if self._is_requested(name, column)]
        return {**super().query(context), "fields": ",".join(names)}

    def record(self, row: dict[str, Any], context: Context | None) -> Record | None:
        """Write an account once, even if several lists contain it."""
        guid = str(row.get("marketoGUID")).strip()
        if guid in self._written:
            return None
        self._written[guid] = None
        if len(self._written) > REMEMBERED:
            self._written.popitem(last=False)
        return super().record(row, context)

    def _is_requested(self, name: str, column: str) -> bool:
        return name in self.api_keys or bool(self.mask["properties", column])
