"""Custom objects: one stream for each type that is linked to leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.errors import FilterUnavailableError, NotFoundError, ResponseError
from tap_marketo.exports.machine.series import Alternative
from tap_marketo.outcome import CONCERNS_ALL
from tap_marketo.streams.bulk.base import REFUSED
from tap_marketo.streams.bulk.fields import FieldsStream, by_name
from tap_marketo.values.kinds import Kind
from tap_marketo.values.names import custom_object_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.machine.series import Series
    from tap_marketo.state import Bookmark
    from tap_marketo.streams.bulk.fields import Fields
    from tap_marketo.tap import TapMarketo

TYPES = "/rest/v1/customobjects.json"
DESCRIBE = "/rest/v1/customobjects/{name}/describe.json"
EXPORT = "/bulk/v1/customobjects/{name}/export"
PERMISSION = "Read-Only Custom Object"
PREFIX = "custom_object_"
# Name of a list stream, so no type may use it.
TAKEN = "custom_object_types"
ANY = f"{PREFIX}*"
KEY, LEAD, LEAD_ID = "marketoGUID", "lead", "id"

Type = dict[str, Any]


def types(client: MarketoClient) -> dict[str, Type]:
    """The custom object types of the instance, by stream name.

    Args:
        client: Client for the instance.

    Raises:
        ResponseError: The API user may not read them, or the subscription has none.

    Source: custom-objects.md
    """
    result = client.get(TYPES, remember=True).result
    return {custom_object_stream(api_name(type_)): type_ for type_ in result}


def api_name(type_: Type) -> str:
    """The API name of a type: `name` in Adobe's examples, `apiName` in the specification.

    Args:
        type_: Type as the list of types returns it.
    """
    return str(type_.get("apiName") or type_.get("name"))


def describe(client: MarketoClient, name: str) -> Type:
    """A type with its fields.

    Args:
        client: Client for the instance.
        name: API name.

    Raises:
        ResponseError: The type no longer exists, or the call failed.

    Source: custom-objects.md
    """
    return dict(client.get(DESCRIBE.format(name=name)).result[0])


def why_not(type_: Type) -> str:
    """Why bulk extract cannot export a type, judging by its description; empty if it can.

    Args:
        type_: Type as the list of types or `describe` returns it.

    Source: bulk-custom-object-extract.md
    """
    if "draft" in {str(type_.get("state")).lower(), str(type_.get("version")).lower()}:
        return "not approved"
    links = [_related(link) for link in type_.get("relationships") or ()]
    if links and not any(name == LEAD for name, _ in links):
        return "not linked to leads"
    own = [field for field in type_.get("fields") or () if field.get("name") not in SYSTEM]
    if own and all(field.get("crmManaged") is True for field in own):
        return "managed by the CRM"
    return ""


SYSTEM = frozenset({KEY, "createdAt", "updatedAt"})


def _related(link: dict[str, Any]) -> tuple[str, str]:
    to = link.get("relatedTo") or {}
    return str(to.get("name")).lower(), str(to.get("field")).lower()


def discover(tap: TapMarketo) -> Iterator[CustomObjectStream]:
    """A stream for each type that can be exported.

    Each description costs a call, so with a catalog only selected types are described. Selected
    types that cannot be exported are skipped with a warning.

    Args:
        tap: Tap with its client and catalog.
    """
    named = {name for name in tap.selected_in_catalog() - {TAKEN} if name.startswith(PREFIX)}
    if not named and not tap.may_be_wanted(ANY):
        return
    try:
        offered = types(tap.client)
    except REFUSED as error:
        for name in sorted(named) or [ANY]:
            tap.outcome.not_offered(name, (PERMISSION,), error)
        return
    refused: dict[str, str] = {}
    for name, type_ in offered.items():
        if not tap.may_be_wanted(name):
            continue
        reason = why_not(type_)
        try:
            described = type_ if reason else describe(tap.client, api_name(type_))
        except CONCERNS_ALL:
            raise
        except Exception as error:  # noqa: BLE001 - an unexpected answer costs one stream
            tap.outcome.not_offered(name, (PERMISSION,), error)
            continue
        reason = reason or why_not(described)
        if reason:
            refused[name] = reason
        else:
            yield CustomObjectStream(tap, name, described)
    _warn_missing(tap, named, set(offered), refused)


def _warn_missing(
    tap: TapMarketo, named: set[str], offered: set[str], refused: dict[str, str]
) -> None:
    for name in sorted(named & set(refused)):
        tap.outcome.skip_stream(
            name, (), ResponseError(f"Bulk extract cannot export it: {refused[name]}.")
        )
    for name in sorted(named - offered):
        error = NotFoundError("This custom object type is no longer in Marketo.")
        tap.outcome.skip_stream(name, (), error)
    if refused and not named:
        listed = ", ".join(f"{name} ({reason})" for name, reason in refused.items())
        tap.logger.info("Custom objects that bulk extract cannot export: %s.", listed)


class CustomObjectStream(FieldsStream):
    """Records of one custom object type. Source: bulk-custom-object-extract.md."""

    permissions = (PERMISSION,)
    key_kinds: ClassVar[dict[str, Kind]] = {KEY: Kind.TEXT}

    def __init__(self, tap: TapMarketo, name: str, type_: Type) -> None:
        """Create a typed column for every field.

        Args:
            tap: Tap with its settings.
            name: Stream name.
            type_: Type as `describe` returns it.
        """
        self.api_name = api_name(type_)
        self._lead_ids = {
            str(link.get("field"))
            for link in type_.get("relationships") or ()
            if _related(link) == (LEAD, LEAD_ID)
        }
        super().__init__(tap, name, EXPORT.format(name=self.api_name), by_name([type_]))

    def described(self) -> Fields:
        """The current fields of the type."""
        return by_name([describe(self.tap.client, self.api_name)])

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:
        """Without the date filter, export the records of a static list's leads if one is set."""
        super().configure(series, bookmark, ask=ask)
        number = self.tap.settings.custom_object_static_list_id
        if number is not None:
            series.alternative = Alternative(
                lambda usual: usual.undated((("staticListId", number),)), self._explain
            )

    def _explain(self, _series: Series, error: ResponseError) -> None:
        self.logger.warning(
            "%s Exporting all records of the leads in static list %s instead, in every run until"
            " Marketo enables the filter.",
            error,
            self.tap.settings.custom_object_static_list_id,
        )

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Read the records window by window; skip the stream if Marketo refuses it."""
        try:
            yield from super().get_records(context)
        except FilterUnavailableError as error:
            if self.tap.settings.custom_object_static_list_id is None:
                error.hint += (
                    " Or set custom_object_static_list_id to export the records of one static"
                    " list's leads."
                )
            self.skip_rest(error)
        except REFUSED as error:
            self.skip_rest(error)
        except ResponseError as error:
            # A type without bulk extract is refused at once, as an invalid request.
            group = self.tap.plan.group_of(self)
            if type(error) is not ResponseError or (group and group.windows) or not error.code:
                raise
            self.skip_rest(error)

    def _kind(self, name: str, field: dict[str, Any]) -> Kind:
        return Kind.INTEGER if name in self._lead_ids else super()._kind(name, field)
