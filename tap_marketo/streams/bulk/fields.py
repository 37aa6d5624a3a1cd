"""Bulk streams whose columns are the fields that a describe call lists."""

from __future__ import annotations

import dataclasses
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.errors import FieldNotFoundError
from tap_marketo.exports.job import ExportRequest
from tap_marketo.exports.machine.series import Amended
from tap_marketo.streams.bulk.base import BulkStream
from tap_marketo.values.kinds import Column, Kind, json_schema, kind_of
from tap_marketo.values.names import field_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.machine.series import Piece, Series
    from tap_marketo.state import Bookmark
    from tap_marketo.tap import TapMarketo

Fields = dict[str, dict[str, Any]]
CHANGED = "updatedAt"
QUOTED = re.compile(r"[\w.$-]+")


class FieldsStream(BulkStream):
    """Exports the selected fields of one object, by windows over the time of the last change."""

    key_kinds: ClassVar[dict[str, Kind]]
    """API names of the keys, with their kinds."""
    selected_by_default = False
    undescribed: ClassVar[frozenset[str]] = frozenset()
    """Fields that can be exported although no describe call lists them."""
    pins_header = False
    """Whether files would else show other names than those of the API."""

    def __init__(
        self,
        tap: TapMarketo,
        name: str,
        base: str,
        fields: Fields,
        constants: Mapping[Column, str] = MappingProxyType({}),
    ) -> None:
        """Make a typed column of every field.

        Args:
            tap: With its settings.
            name: Of the stream.
            base: Path of the object's export endpoints.
            fields: As `described` gives them.
            constants: Columns that no file has, which are null in each record of one, with their
                descriptions.
        """
        self.base = base
        self.group_name = name
        known: Fields = {key: {} for key in (*self.key_kinds, CHANGED)} | fields
        names = field_columns(known, renamed=tap.settings.snake_case)
        self._fields = fields
        self._columns = {
            one: Column(
                one,
                names[one],
                self._kind(one, known[one]),
                required=one in self.key_kinds,
                key=one in self.key_kinds,
            )
            for one in known
        }
        properties = {
            column.name: json_schema(column.kind)
            | ({"title": str(title)} if (title := known[one].get("displayName")) else {})
            for one, column in self._columns.items()
        }
        self._constants = tuple(constants)
        for column, text in constants.items():
            properties[column.name] = json_schema(column.kind) | {"description": text}
        super().__init__(tap, name, {"type": "object", "properties": properties})
        self.primary_keys = [names[key] for key in self.key_kinds]
        self.replication_key = names[CHANGED]

    def described(self) -> Fields:
        """The fields that the object has now, by API name.

        Raises:
            ResponseError: The API user may not read them, or the call failed.
        """
        raise NotImplementedError

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:  # noqa: ARG002
        """Ask for the keys and the selected fields alone."""
        self.warn_of_gone_columns()
        wanted = [
            name
            for name, column in self._columns.items()
            if name in self.key_kinds or (name in self._fields and self.is_written(column.name))
        ]
        return ExportRequest(
            self.name, self.base, tuple(wanted), CHANGED, pins_header=self.pins_header
        )

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:  # noqa: ARG002
        """A field deleted between discovery and export is left out with a warning."""
        series.amend = self.amended

    def amended(self, piece: Piece, error: ResponseError) -> Amended:
        """What is left to ask for without the fields that a refusal names.

        Args:
            piece: Whose job was refused.
            error: What Marketo answered.

        Raises:
            ResponseError: The same, where no field is the reason.
        """
        if not names_fields(error):
            raise error
        return Amended(self._without_field(piece.series.request, error))

    def columns(self, fields: Sequence[str]) -> list[Column]:
        """The fields asked for, and those of no file."""
        return [*(self._columns[name] for name in fields), *self._constants]

    def _kind(self, name: str, one: dict[str, Any]) -> Kind:
        if name in self.key_kinds:
            return self.key_kinds[name]
        return Kind.DATETIME if name == CHANGED else kind_of(str(one.get("dataType")))

    def _without_field(self, request: ExportRequest, error: ResponseError) -> ExportRequest:
        fields = self.described()
        named = set(QUOTED.findall(error.reason))
        gone = [
            name
            for name in request.fields
            if name not in self.key_kinds and (name not in fields or name in named)
        ]
        # A refusal that names no known field is most likely about one that no describe call lists.
        gone = gone or [name for name in request.fields if name in self.undescribed]
        if not gone:
            raise error
        for name in gone:
            reason = (
                "cannot be exported from this instance"
                if name in self.undescribed
                else "was deleted in Marketo since discovery"
            )
            self.logger.warning("Field %s %s and stays empty. (%s)", name, reason, error)
        kept = tuple(name for name in request.fields if name not in gone)
        return dataclasses.replace(request, fields=kept)


def names_fields(error: ResponseError) -> bool:
    """Whether a refusal is about fields: 1006, or 1003 in the words of some instances.

    Args:
        error: What Marketo answered to a request.
    """
    return isinstance(error, FieldNotFoundError) or (
        error.code == "1003" and "field" in error.reason.lower()
    )


def by_name(items: Sequence[dict[str, Any]]) -> Fields:
    """The fields of a describe reply, by API name; formula fields are never exported.

    Args:
        items: `result` of the reply.

    Source: field-types.md
    """
    return {
        one["name"]: one
        for item in items
        for one in item.get("fields") or ()
        if one.get("name") and str(one.get("dataType")).lower() != "formula"
    }
