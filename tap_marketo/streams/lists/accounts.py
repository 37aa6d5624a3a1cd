"""Named accounts of account-based marketing, by way of the lists that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.streams.lists.base import MarketoStream
from tap_marketo.streams.lists.described import describe, known, trimmed
from tap_marketo.streams.lists.lookups import VALUES_A_CALL
from tap_marketo.streams.lists.paging import TOKEN
from tap_marketo.values.schema import BOOLEAN, MOMENT, TEXT, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests
    from singer_sdk.helpers.types import Context

    from tap_marketo.tap import TapMarketo

_MEMBERS = "/rest/v1/namedAccountList/{marketoGUID}/namedAccounts.json"


class NamedAccountStream(MarketoStream):
    """Named accounts or lists of them, known by a GUID."""

    paging = TOKEN
    selected_by_default = False
    permission = "Read-Only Named Account"

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """Trim the GUIDs."""
        return (trimmed(one) for one in super().parse_response(response))


class NamedAccountListsStream(NamedAccountStream):
    """The lists that the setting `named_account_lists` names. Source: named-account-lists.md."""

    name = "named_account_lists"
    path = "/rest/v1/namedAccountLists.json"
    permission = "Read-Only Named Account List"
    calls = "1 per 300 configured lists"
    asks_alone = False
    api_keys = ("marketoGUID",)
    api_schema = record(
        marketoGUID=TEXT,
        name=TEXT,
        type=TEXT,
        updateable=BOOLEAN,
        createdAt=MOMENT,
        updatedAt=MOMENT,
    )
    child_fields = ("marketoGUID",)

    def __init__(self, tap: TapMarketo) -> None:
        """See `MarketoStream`."""
        super().__init__(tap)
        self.state_partitioning_keys = []

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """Marketo lists none of them by itself: the names to ask for, as many as fit a call."""
        names = self.tap.settings.named_account_lists
        starts = range(0, len(names), VALUES_A_CALL)
        return [{"names": ",".join(names[at : at + VALUES_A_CALL])} for at in starts]

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """The lists; none where none is configured."""
        if context is None:
            self.logger.warning(
                "%s and what hangs on it stay empty: Marketo gives out lists of named accounts by"
                " name alone. Name them in the setting named_account_lists.",
                self.name,
            )
            return
        yield from super().get_records(context)

    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        """By name."""
        query = super().get_url_params(context, next_page_token)
        return {
            **query,
            "filterType": "dedupeFields",
            "filterValues": (context or {}).get("names"),
        }


class NamedAccountListMembersStream(NamedAccountStream):
    """Which named accounts are in which list. Source: named-account-lists.md."""

    name = "named_account_list_members"
    parent_stream_type = NamedAccountListsStream
    path = _MEMBERS
    parameters = (("fields", "marketoGUID"),)
    calls = "1 per list and 300 members"
    from_parent = (("namedAccountListId", "marketoGUID"),)
    api_keys = ("namedAccountListId", "marketoGUID")
    api_schema = record(namedAccountListId=TEXT, marketoGUID=TEXT)


class NamedAccountsStream(NamedAccountStream):
    """The named accounts in the configured lists, with all fields. Source: named-accounts.md."""

    name = "named_accounts"
    parent_stream_type = NamedAccountListsStream
    path = _MEMBERS
    describe_path = "/rest/v1/namedaccounts/describe.json"
    calls = "1 per list and 300 members"
    api_keys = ("marketoGUID",)
    api_schema = known(marketoGUID=TEXT, name=TEXT)

    def __init__(self, tap: TapMarketo) -> None:
        """Ask the instance for the fields.

        Args:
            tap: With its settings and client.

        Raises:
            ResponseError: The API user may not read named accounts, or the call failed.
        """
        self.api_schema = describe(tap.client, self.describe_path, self.api_schema)
        super().__init__(tap)

    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        """With the selected fields."""
        query = super().get_url_params(context, next_page_token)
        names = [name for name, column in self._names.items() if self._is_asked(name, column)]
        return {**query, "fields": ",".join(names)}

    def _is_asked(self, name: str, column: str) -> bool:
        return name in self.api_keys or bool(self.mask["properties", column])
