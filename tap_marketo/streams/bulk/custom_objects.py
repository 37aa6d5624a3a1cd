"""Custom objects: one stream for each type whose records are linked to leads."""

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
# A list of types, which is a stream of its own.
TAKEN = "custom_object_types"
ANY = f"{PREFIX}*"
KEY, LEAD, LEAD_ID = "marketoGUID", "lead", "id"

Type = dict[str, Any]


def types(client: MarketoClient) -> dict[str, Type]:
    """The custom object types of the instance, by the names of their streams.

    Args:
        client: Of the instance.

    Raises:
        ResponseError: The API user may not read them, or the subscription has none.

    Source: custom-objects.md
    """
    found = client.get(TYPES, remember=True).result
    return {custom_object_stream(api_name(one)): one for one in found}


def api_name(one: Type) -> str:
    """The API name of a type; the examples call it `name`, the specification `apiName`.

    Args:
        one: As the list of types has it.
    """
    return str(one.get("apiName") or one.get("name"))


def describe(client: MarketoClient, name: str) -> Type:
    """A type with its fields.

    Args:
        client: Of the instance.
        name: API name.

    Raises:
        ResponseError: There is no such type any more, or the call failed.

    Source: custom-objects.md
    """
    return dict(client.get(DESCRIBE.format(name=name)).result[0])


def why_not(one: Type) -> str:
    """Why bulk extract does not have a type, as far as its description tells; empty if it has.

    Args:
        one: As the list of types or `describe` has it.

    Source: bulk-custom-object-extract.md
    """
    if "draft" in {str(one.get("state")).lower(), str(one.get("version")).lower()}:
        return "not approved"
    links = [_related(link) for link in one.get("relationships") or ()]
    if links and not any(name == LEAD for name, _ in links):
        return "not linked to leads"
    own = [field for field in one.get("fields") or () if field.get("name") not in SYSTEM]
    if own and all(field.get("crmManaged") is True for field in own):
        return "managed by the CRM"
    return ""


SYSTEM = frozenset({KEY, "createdAt", "updatedAt"})


def _related(link: dict[str, Any]) -> tuple[str, str]:
    to = link.get("relatedTo") or {}
    return str(to.get("name")).lower(), str(to.get("field")).lower()


def discover(tap: TapMarketo) -> Iterator[CustomObjectStream]:
    """A stream for each type that can be exported; each description costs a call.

    With a catalog only what it selects is described. What it selects in vain is left out, and told.

    Args:
        tap: With its client and catalog.
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
    for name, one in offered.items():
        if not tap.may_be_wanted(name):
            continue
        why = why_not(one)
        try:
            known = one if why else describe(tap.client, api_name(one))
        except CONCERNS_ALL:
            raise
        except Exception as error:  # noqa: BLE001 - an odd answer costs one stream
            tap.outcome.not_offered(name, (PERMISSION,), error)
            continue
        why = why or why_not(known)
        if why:
            refused[name] = why
        else:
            yield CustomObjectStream(tap, name, known)
    _warn_missing(tap, named, set(offered), refused)


def _warn_missing(
    tap: TapMarketo, named: set[str], offered: set[str], refused: dict[str, str]
) -> None:
    for name in sorted(named & set(refused)):
        tap.outcome.skip_stream(
            name, (), ResponseError(f"Bulk extract does not have it: {refused[name]}.")
        )
    for name in sorted(named - offered):
        tap.outcome.skip_stream(name, (), NotFoundError("This custom object type is gone."))
    if refused and not named:
        told = ", ".join(f"{name} ({why})" for name, why in refused.items())
        tap.logger.info("Custom objects that bulk extract does not have: %s.", told)


class CustomObjectStream(FieldsStream):
    """The records of one type. Source: bulk-custom-object-extract.md."""

    permissions = (PERMISSION,)
    key_kinds: ClassVar[dict[str, Kind]] = {KEY: Kind.TEXT}

    def __init__(self, tap: TapMarketo, name: str, one: Type) -> None:
        """Make a typed column of every field.

        Args:
            tap: With its settings.
            name: Of the stream.
            one: As `describe` gives it.
        """
        self.api_name = api_name(one)
        self._lead_ids = {
            str(link.get("field"))
            for link in one.get("relationships") or ()
            if _related(link) == (LEAD, LEAD_ID)
        }
        super().__init__(tap, name, EXPORT.format(name=self.api_name), by_name([one]))

    def described(self) -> Fields:
        """The fields that the type has now."""
        return by_name([describe(self.tap.client, self.api_name)])

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:
        """Without the date filter the records of the leads of a static list are exported."""
        super().configure(series, bookmark, ask=ask)
        number = self.tap.settings.custom_object_static_list_id
        if number is not None:
            series.alternative = Alternative(
                lambda usual: usual.undated((("staticListId", number),)), self._explain
            )

    def _explain(self, _series: Series, error: ResponseError) -> None:
        self.logger.warning(
            "%s Exporting all records of the leads in static list %s instead, in this run and in"
            " each one until Marketo has the filter.",
            error,
            self.tap.settings.custom_object_static_list_id,
        )

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield the records of window after window, or those of a list where it is set."""
        try:
            yield from super().get_records(context)
        except FilterUnavailableError as error:
            if self.tap.settings.custom_object_static_list_id is None:
                error.hint += (
                    " Or set custom_object_static_list_id, to export the records of the leads of"
                    " one static list."
                )
            self.give_up(error)
        except REFUSED as error:
            self.give_up(error)
        except ResponseError as error:
            # What bulk extract does not have is called invalid; nothing else refuses at once.
            group = self.tap.plan.group_of(self)
            if type(error) is not ResponseError or (group and group.windows) or not error.code:
                raise
            self.give_up(error)

    def _kind(self, name: str, one: dict[str, Any]) -> Kind:
        return Kind.INTEGER if name in self._lead_ids else super()._kind(name, one)
